"""The time that a command has taken, counted from when it was given."""

from __future__ import annotations

import os
import time
from pathlib import Path

_START_AT = 19  # of the fields after the program's name in /proc/self/stat, counted from 0


class _Watch:
    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def start(self, before_s: float = 0.0) -> None:
        """Start the clock now, or `before_s` seconds ago."""
        self._began_s = time.monotonic() - before_s

    def seconds(self) -> float:
        """Since the command began."""
        return time.monotonic() - self._began_s


WATCH = _Watch()


def process_age_s() -> float:
    """Seconds since this process was started; 0 if the system does not report it."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        since_boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        started_s = int(fields[_START_AT]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return 0.0
    return max(0.0, since_boot_s - started_s)
