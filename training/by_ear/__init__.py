"""The classifier that sorts recordings in by their sound: material, training, figures."""
