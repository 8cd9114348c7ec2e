"""Names that settings of a render accept: models, platforms, baselines, levels, axes."""
