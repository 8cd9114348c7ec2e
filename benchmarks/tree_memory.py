"""Peak memory of a process with all its children."""

from __future__ import annotations

import threading
from pathlib import Path


class TreeMemory:
    """The largest proportional memory of a process with all its children, watched in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak_bytes, self._over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop_gb(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak_bytes / 1e9

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self._peak_bytes = max(self._peak_bytes, sum(map(_pss_bytes, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    try:
        own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in own for one in _tree(int(child)))]


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
