"""Takes of a mix: revised by keys or wishes in plain words, with a record of the changes."""
