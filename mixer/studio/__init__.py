"""The studio: a page to mix a song on, and the server behind it.

`messages` is what both say to each other.
"""
