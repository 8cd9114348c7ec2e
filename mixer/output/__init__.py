"""Output beside a mix: names, files, the recipe, sessions for workstations."""
