"""Speed, memory and quality, measured: programs for a checkout; nothing here is installed."""
