"""The one place that holds the version; setup.cfg and every recipe read it."""

__version__ = "0.2.0"
