"""Is it a good mix? Measures of a mix against a reference, of systems, and their statistics."""
