"""Writers of the pages that come from the program, a page a module."""
