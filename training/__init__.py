"""Training of the mixing networks: torch lives here and in `export`, never in `mixer`."""
