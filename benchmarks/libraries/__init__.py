"""Libraries that the console's passes could run on, each beside what they run on here."""
