"""What happens to the sound after the network: strips, sends, the bus and its limits."""
