"""Batches in figures: throughput with one and two workers, and all that the other files measure.

    python -m benchmarks.batch                   # a table in Markdown
    python -m benchmarks.batch --songs 200       # with more songs for each turn

Songs of 30 s are made on the fly; workers of several kinds take turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.batch_songs import (
    HOUR_S,
    Row,
    between_s,
    children_cpu_s,
    mixer_command,
    write_songs,
)
from benchmarks.batch_stand_in import long_song_last, overhead, simulated
from benchmarks.batch_start import plan, resume, start_up
from benchmarks.machine import print_lines
from benchmarks.tree_memory import TreeMemory
from mixer.batch.ledgers.ledger import Ledger
from mixer.batch.requests.outputs import STATE_FOLDER

N_SONGS, N_TURNS = 144, 2
SONG_S = 30.0


def table(n_songs: int = N_SONGS) -> Iterator[str]:
    """A row a figure, in Markdown."""
    yield "| `mixer batch` | |"
    yield "| --- | --- |"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (
            throughput(folder, n_songs), overhead(folder), simulated(folder),
            long_song_last(folder), start_up(folder), plan(folder), resume(folder),
        ):  # fmt: skip
            for title, figure in rows:
                yield f"| {title} | {figure} |"


@dataclass(frozen=True)
class Workers:
    """So many workers of so many threads, on some cores; None for all of them."""

    n: int
    n_threads: int = 1
    n_cores: int | None = None

    @property
    def title(self) -> str:
        workers = f"{self.n} worker{'s' if self.n > 1 else ''} of "
        workers += "one thread" if self.n_threads == 1 else f"{self.n_threads} threads"
        return workers if self.n_cores is None else f"{workers} on {self.n_cores} core"


ONE_CORE, ONE, ONE_OF_TWO, TWO = Workers(1, 1, 1), Workers(1), Workers(1, 2), Workers(2)


@dataclass(frozen=True)
class Turn:
    """One batch: seconds by the clock and of processors, peak memory of all its processes in GB.

    `between_s` is the time between finished songs, from the first quarter of them to the last:
    without the start of the workers, and without the last song, beside which others have no work.
    """

    clock_s: float
    cpu_s: float
    peak_gb: float
    between_s: float


def throughput(folder: Path, n_songs: int) -> Iterator[Row]:
    """Songs an hour with each kind of workers, in turns."""
    manifest = write_songs(folder / "songs", n_songs, SONG_S)
    turns: dict[Workers, list[Turn]] = {ONE_CORE: [], ONE: [], ONE_OF_TWO: [], TWO: []}
    loops = []
    for number in range(N_TURNS):
        loops.append(_loops_at_once())
        for place, (workers, done) in enumerate(turns.items()):
            out = folder / f"out {number} {place}"
            done.append(_batch(manifest, out, workers))
            shutil.rmtree(out)
    for workers, done in turns.items():
        turn = min(done, key=lambda turn: turn.clock_s)
        yield (
            f"{n_songs} songs of {SONG_S:.0f} s, {workers.title}, better of {N_TURNS}",
            f"{turn.clock_s:.0f} s, {n_songs * HOUR_S / turn.clock_s:.0f} songs an hour, "
            f"{n_songs * SONG_S / turn.clock_s:.0f}x real time; {turn.cpu_s:.0f} s of processors, "
            f"{turn.cpu_s / turn.clock_s:.2f} cores busy; {turn.peak_gb / workers.n:.2f} GB a "
            "worker",
        )
    yield "2 workers against 1 on one core, by turns", _faster(turns[ONE_CORE], turns[TWO])
    # Its files are read and written by threads of their own.
    yield "2 workers against 1 on all cores, by turns", _faster(turns[ONE], turns[TWO])
    yield "2 workers against 1 of 2 threads, by turns", _faster(turns[ONE_OF_TWO], turns[TWO])
    yield (
        "two of the calibrating loop at once against one, without us, by turns",
        f"{max(loops):.2f} times (each turn: " + ", ".join(f"{n:.2f}" for n in loops) + ")",
    )


def _faster(slow: Sequence[Turn], fast: Sequence[Turn]) -> str:
    """How many times as fast: the best turn, each turn, and between the songs alone."""
    pairs = list(zip(slow, fast, strict=True))
    whole = [one.clock_s / two.clock_s for one, two in pairs]
    between = [one.between_s / two.between_s for one, two in pairs]
    return (
        f"**{max(whole):.2f}** times as fast (each turn: "
        + ", ".join(f"{ratio:.2f}" for ratio in whole)
        + "; without start and end: "
        + ", ".join(f"{ratio:.2f}" for ratio in between)
        + ")"
    )


# Runs in place of a command: the same, on so many of this process's cores.
_ON_CORES = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
os.execv(sys.argv[2], sys.argv[2:])
"""


def _batch(manifest: Path, out: Path, workers: Workers) -> Turn:
    command = mixer_command(
        manifest, out, "-j", str(workers.n), "--threads", str(workers.n_threads)
    )
    if workers.n_cores is not None and hasattr(os, "sched_setaffinity"):
        command = [sys.executable, "-c", _ON_CORES, str(workers.n_cores), *command]
    began_s, cpu_before_s = time.perf_counter(), children_cpu_s()
    process = subprocess.Popen(command)
    peak = TreeMemory(process.pid)
    if process.wait() != 0:
        raise RuntimeError("the batch failed")
    clock_s = time.perf_counter() - began_s
    with Ledger(out / STATE_FOLDER) as ledger:
        ends = [datetime.fromisoformat(record.finished).timestamp() for record in ledger]
    cpu_s = children_cpu_s() - cpu_before_s
    return Turn(clock_s, cpu_s, peak.stop_gb(), between_s(sorted(ends)))


def _loops_at_once() -> float:
    """How much more two cores do than one, without us: the most that two workers could reach."""
    command = [sys.executable, "-c", "from benchmarks.calibration import calibrate; calibrate()"]
    taken_s = []
    for n in (1, 2):
        began_s = time.perf_counter()
        for process in [subprocess.Popen(command) for _ in range(n)]:
            process.wait()
        taken_s.append(time.perf_counter() - began_s)
    return 2.0 * taken_s[0] / taken_s[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Batch rendering in figures.")
    parser.add_argument("--songs", type=int, default=N_SONGS, help="number of songs in each turn")
    print_lines(table(parser.parse_args().songs))


if __name__ == "__main__":
    main()
