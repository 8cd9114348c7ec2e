"""A training run from its configuration to its best checkpoint."""
