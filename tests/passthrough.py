"""A bundle of the paper's kind whose mix is the sum of its stems; made by `export.construct`."""

from pathlib import Path

PASSTHROUGH = Path(__file__).resolve().parent / "network" / "passthrough"
