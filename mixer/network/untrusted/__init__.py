"""Graphs of bundles that did not come with this package: costed before they run, and run apart."""
