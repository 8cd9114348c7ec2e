"""A batch of songs with one process a GPU, by the command that users run."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gpu.memory import gpu_memory
from benchmarks.gpu.places import Places, Sizes


@dataclass(frozen=True)
class BatchSpeed:
    """Start of Python and of the workers included.

    Attributes:
        bundle, devices: that ran.
        songs, song_s: how many, and of which length.
        seconds: of wall clock, a second of song.
        peak_gpu_gb: most GPU memory in use; None without a GPU.
    """

    bundle: str
    devices: str
    songs: int
    song_s: float
    seconds: float
    peak_gpu_gb: float | None


def batch_speed(bundle: Path | str, places: Places, sizes: Sizes, scratch: Path) -> BatchSpeed:
    """Mix several songs at once.

    Raises:
        CalledProcessError: the batch failed; what it said is in its `stderr`.
    """
    from benchmarks.songs import write_song

    rows = ["song,model"]
    for index in range(sizes.batch_songs):
        folder = scratch / f"song {index}"
        folder.mkdir()
        write_song(folder, sizes.batch_song_s)
        rows.append(f"{folder.name},{Path(bundle).absolute() if Path(bundle).is_dir() else bundle}")
    manifest = scratch / "manifest.csv"
    manifest.write_text("\n".join(rows) + "\n")
    command = [sys.executable, "-m", "mixer", "batch", str(manifest), "-o", str(scratch / "out")]
    with gpu_memory() as peak:
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--devices", places.batch, "--quiet"],
            check=False,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    music_s = sizes.batch_songs * sizes.batch_song_s
    return BatchSpeed(
        Path(bundle).name,
        places.batch,
        sizes.batch_songs,
        sizes.batch_song_s,
        seconds / music_s,
        peak.gb,
    )
