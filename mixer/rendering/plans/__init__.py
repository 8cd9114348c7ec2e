"""What a render will do, decided before its audio is read."""
