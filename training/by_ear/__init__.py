"""Training of the classifier of recordings by sound: material, training, figures."""
