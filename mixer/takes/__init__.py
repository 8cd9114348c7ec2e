"""Takes of a mix: revised by keys or requests in plain words, with a record of the changes."""
