"""`--open`: what was written, in the program that the system opens it with."""

from __future__ import annotations

import click

from mixer.cli.console import talk
from mixer.output.delivery import REPORT, delivered_paths
from mixer.output.destination import Destination


def open_written(destination: Destination) -> None:
    """Open the report if there is one, else the mix; if nothing can open it, say so."""
    delivered = delivered_paths(destination.wanted, destination.path)
    path = delivered.get(REPORT, destination.path)
    if click.launch(str(path.resolve())) != 0:
        talk(f"note: no program was found to open {path}")
