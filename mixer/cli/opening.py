"""`--open`: what was written, in the program that the system opens it with."""

from __future__ import annotations

import os
import sys

import click

from mixer.cli.console import talk
from mixer.output.delivery import REPORT, delivered_paths
from mixer.output.destination import Destination


def open_written(destination: Destination) -> None:
    """Open the report if there is one, else the mix; if nothing can open it, say so."""
    delivered = delivered_paths(destination.wanted, destination.path)
    path = delivered.get(REPORT, destination.path)
    if not _has_screen() or click.launch(str(path.resolve())) != 0:
        talk(f"note: no program was found to open {path}")


def _has_screen() -> bool:
    """Whether the system's program to open files has somewhere to show them.

    Without a screen it says what it lacks, in its own words, after mixer has ended.
    """
    if sys.platform in ("win32", "darwin"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    return any(os.environ.get(name) for name in names)
