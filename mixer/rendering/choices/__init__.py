"""What a setting of a render may name: models, platforms, baselines, levels, axes of variation."""
