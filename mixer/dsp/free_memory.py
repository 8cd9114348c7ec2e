"""The memory that the machine has left, and the share of it that a song's arrays may take."""

from __future__ import annotations

import os
from pathlib import Path

# A song's arrays together: four stems of three minutes and what goes into their room and width, or
# their mix and two variations of it that are made at once. The rest is mapped from files, of which
# about this much is in memory at a time.
MOST_IN_MEMORY, MOST_MAPPED_BYTES = 384 << 20, 64 << 20


def available_memory_bytes() -> int:
    """Bytes of memory available without swapping; 4 GiB if the system does not report it."""
    try:
        with Path("/proc/meminfo").open() as meminfo:
            for line in meminfo:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 4 << 30
