"""Preparation of multitracks as training examples, and reading them."""
