"""What the work of some renders costs in a checkout: instructions, or CPU seconds.

Instructions are counted by valgrind, since hardware counters are out of reach on most machines that
build: they are the same to less than a thousandth however busy the machine is. Under valgrind the
libraries take kernels that every processor has, so a count says what a change did to the work, and
not how many seconds it takes.

A short render mostly starts and loads, which would hide what its work costs. So each command runs
in a fork of a process that has loaded everything (`benchmarks/forked.py`), and the loading has a
row of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.songs import write_song, write_tracks

LOADING = "start, and first short renders"
_FORKED = Path(__file__).with_name("forked.py")
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
_FIRST_S, _FIRST_TRACKS = 1.0, 2

# A cost of each case, by its name; None if a checkout cannot run it.
Costs = dict[str, float | None]


@dataclass(frozen=True)
class Size:
    """Seconds of the songs of each case, and how many tracks."""

    default_s: float
    none_s: float
    loud_s: float
    tracks_s: float
    n_tracks: int


# Valgrind takes a hundred times as long; processors' clocks need some tenths of a second.
COUNTED, TIMED = Size(20.0, 6.0, 6.0, 8.0, 6), Size(60.0, 20.0, 10.0, 20.0, 12)


@dataclass(frozen=True)
class Commands:
    """Arguments of `mixer`: of what loads everything, and of the cases by name."""

    first: list[list[str]]
    then: dict[str, list[str]]


def commands(folder: Path, size: Size) -> Commands:
    """Write the songs into a folder; the commands that mix them, each with a stage that it shows.

    `default` shows reading and the network, `none` normalisation, a loudness target the master, and
    single tracks their strips and all that is found out about files.
    """
    out = ["-o", str(folder / "out"), "--overwrite", "--quiet"]

    def render(song: Path, model: str, *more: str) -> list[str]:
        return ["render", str(song), "--model", model, *more, *out]

    short = write_song(folder / "first", _FIRST_S)
    few = write_tracks(folder / "first tracks", _FIRST_S, _FIRST_TRACKS)
    default = write_song(folder / "default", size.default_s)
    none = write_song(folder / "none", size.none_s)
    loud = write_song(folder / "loud", size.loud_s)
    tracks = write_tracks(folder / "tracks", size.tracks_s, size.n_tracks)
    target = ("--loudness", "-14")
    return Commands(
        [render(short, "default", *target), render(short, "none"), render(few, "tracks")],
        {
            f"default, {size.default_s:g} s": render(default, "default"),
            f"none, {size.none_s:g} s": render(none, "none"),
            f"default to -14 LUFS, {size.loud_s:g} s": render(loud, "default", *target),
            f"{size.n_tracks} tracks, {size.tracks_s:g} s": render(tracks, "tracks"),
        },
    )


def can_count() -> bool:
    """Whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def cpu_s(asked: Commands, checkout: Path) -> Costs:
    """CPU seconds of each case."""
    return _run(asked, checkout, [], lambda pid, taken_s: taken_s)


def instructions(asked: Commands, checkout: Path) -> Costs:
    """Instructions of each case; the checkout has run before, so that nothing is compiled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Caches are not simulated, which is what takes valgrind long.
        under = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
        under += [f"--log-file={folder}/%p", f"--cachegrind-out-file={folder}/out.%p"]
        counts = _run(asked, checkout, under, lambda pid, taken_s: _counted(folder / str(pid)))
    before = counts[LOADING]
    return {
        case: count if case == LOADING or count is None or before is None else count - before
        for case, count in counts.items()
    }


def _counted(log: Path) -> float:
    found = _COUNTED.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("valgrind did not report the number of instructions")
    return float(found[1].replace(",", ""))


def _run(
    asked: Commands, checkout: Path, under: Sequence[str], cost: Callable[[int, float], float]
) -> Costs:
    """Cost of each fork, by its process and CPU seconds; that of loading is the first fork's."""
    words = json.dumps({"first": asked.first, "then": asked.then})
    command = [*under, sys.executable, "-P", str(_FORKED), words]
    # Threads and the order of sets would change the count from run to run.
    env = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=checkout, env=env)
    told = json.loads(done.stdout)
    if told["mixer"] is not None and not Path(told["mixer"]).is_relative_to(checkout):
        raise ValueError(f"{told['mixer']} was measured in place of what is in {checkout}")
    forks = dict(told["forks"])
    nothing = forks.pop("")
    costs: Costs = {LOADING: None if nothing is None else cost(nothing[0], told["loaded_s"])}
    return costs | {case: None if fork is None else cost(*fork) for case, fork in forks.items()}
