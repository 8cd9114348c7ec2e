"""The most memory of a GPU that was in use, whoever used it, while something ran."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

_EVERY_S = 0.02


@dataclass
class Peak:
    """Peak memory; None without a GPU."""

    gb: float | None = None


@contextmanager
def gpu_memory() -> Iterator[Peak]:
    """Look at the first GPU every 20 ms; above what was in use before, which is not ours."""
    peak = Peak()
    if not torch.cuda.is_available():
        yield peak
        return
    before, stop = _used_bytes(), threading.Event()
    seen = [before]

    def watch() -> None:
        while not stop.wait(_EVERY_S):
            seen.append(_used_bytes())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        peak.gb = (max([*seen, _used_bytes()]) - before) / 1e9


def _used_bytes() -> int:
    free, total = torch.cuda.mem_get_info(0)
    return total - free
