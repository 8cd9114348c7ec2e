"""What the shipped model is judged on."""
