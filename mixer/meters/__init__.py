"""Everything that is measured on a signal, one measure a file."""
