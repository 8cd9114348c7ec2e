"""Checks of the installation: which parts are there, which work, and how to fix the others."""
