"""State of a batch: its ledger, its lock, and files moved to their places."""
