"""Processing after the network: strips, sends, the bus and its limits."""
