"""The studio: a page to mix a song on, and the server behind it.

`messages` defines the protocol between them.
"""
