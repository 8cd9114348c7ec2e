"""Manifests of many songs to measure with, the commands that render them, and their times."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.songs import write_song

# Title and figure, in a table.
Row = tuple[str, str]
HOUR_S = 3_600.0


def write_songs(folder: Path, n_songs: int, duration_s: float) -> Path:
    """Copies of one song under many names, and their manifest."""
    original = write_song(folder / "s0", duration_s)
    for n in range(1, n_songs):
        shutil.copytree(original, folder / f"s{n}", copy_function=_link)
    manifest = folder / "manifest.csv"
    manifest.write_text("song\n" + "".join(f"s{n}\n" for n in range(n_songs)))
    return manifest


def mixer_command(manifest: Path, out: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "mixer", "batch", str(manifest), "-o", str(out)]
    return [*command, "--quiet", "--devices", "cpu", *options]


def between_s(ends: Sequence[float]) -> float:
    """Time between finished songs, on average between the first and the last quarter of them."""
    first, last = len(ends) // 4, 3 * len(ends) // 4
    return (ends[last] - ends[first]) / (last - first)


def children_cpu_s() -> float:
    """CPU time of all processes that were waited for, and theirs: less of it than of wall-clock
    time means that other programs took the cores."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
