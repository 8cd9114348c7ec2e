"""What happens to the sound after the network: the bus and its limits."""
