"""Cost of some renders in a checkout: instructions, or CPU seconds.

Instructions are counted by valgrind, since hardware counters are out of reach on most machines that
build: they are the same to less than a thousandth however busy the machine is. Under valgrind the
libraries take kernels that every processor has, so a count says what a change did to the work, and
not how many seconds it takes.

A short render mostly starts and loads, which would hide what its work costs. So each command runs
in a fork of a process that has loaded everything (`benchmarks/forked.py`), and the loading has a
row of its own. Where instructions are counted, so has each stage of a render, since a single stage
may be a small part of its case, and each of some pieces of work (`benchmarks/pieces.py`) that are a
small part of their stage: to decode, to resample, to write, to hash, to measure, to limit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.forked import WORK
from benchmarks.songs import SAMPLE_RATE_HZ, song_of, write_song, write_tracks
from mixer import audio as audio_io

LOADING = "start, and first short renders"
_FORKED = Path(__file__).with_name("forked.py")
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
_FIRST_S, _FIRST_TRACKS = 1.0, 2
_OTHER_RATE_HZ = 48_000
# Formats that pieces decode and write, with their depths.
_FORMATS = (("wav", "16"), ("wav", "24"), ("flac", "24"), ("mp3", ""), ("ogg", ""), ("m4a", ""))
# How far beyond full scale the mix of the pieces is, so that there is something to limit.
_LOUD = 2.0

_OF = ": "
# The first part of a render, before any of its stages.
BEGIN = "begin"

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
    pieces_s: float


# Valgrind takes a hundred times as long; processors' clocks need some tenths of a second. They do
# not tell what a single piece costs.
COUNTED, TIMED = Size(20.0, 6.0, 6.0, 8.0, 6, 6.0), Size(60.0, 20.0, 10.0, 20.0, 12, 0.0)


@dataclass(frozen=True)
class Commands:
    """Commands, as `benchmarks.forked` has them: what loads everything, and the cases by name."""

    first: list[list[str]]
    then: dict[str, list[str]]


def commands(folder: Path, size: Size) -> Commands:
    """Write the songs into a folder; the commands that mix them, each with a stage that it shows.

    `default` shows reading and the network, `none` normalisation, a loudness target the master, and
    single tracks their strips and all that is found out about files.
    """
    out = ["-o", str(folder / "out"), "--overwrite", "--quiet"]

    def render(song: Path, model: str, *more: str) -> list[str]:
        return ["mixer", "render", str(song), "--model", model, *more, *out]

    short = write_song(folder / "first", _FIRST_S)
    few = write_tracks(folder / "first tracks", _FIRST_S, _FIRST_TRACKS)
    default = write_song(folder / "default", size.default_s)
    none = write_song(folder / "none", size.none_s)
    loud = write_song(folder / "loud", size.loud_s)
    tracks = write_tracks(folder / "tracks", size.tracks_s, size.n_tracks)
    target = ("--loudness", "-14")
    first = [render(short, "default", *target), render(short, "none"), render(few, "tracks")]
    if size.pieces_s:
        first += _pieces(folder / "first pieces", _FIRST_S).values()
    return Commands(
        first,
        {
            f"default, {size.default_s:g} s": render(default, "default"),
            f"none, {size.none_s:g} s": render(none, "none"),
            f"default to -14 LUFS, {size.loud_s:g} s": render(loud, "default", *target),
            f"{size.n_tracks} tracks, {size.tracks_s:g} s": render(tracks, "tracks"),
            **(_pieces(folder / "pieces", size.pieces_s) if size.pieces_s else {}),
        },
    )


def _pieces(folder: Path, duration_s: float) -> dict[str, list[str]]:
    """Write the files of all pieces of work into a folder; the commands that run them, by name."""
    own, other, out = str(SAMPLE_RATE_HZ), str(_OTHER_RATE_HZ), str(folder / "out")
    song = write_song(folder / "song", duration_s)
    mix = np.sum(list(song_of(duration_s).values()), axis=0)
    mix *= np.float32(_LOUD / np.max(np.abs(mix)))
    samples = folder / "mix.npy"
    np.save(samples, mix)
    found = {
        "load a song": ["load", str(song)],
        "read its stems": ["read-stems", str(song), own],
        "read its stems, resampled": ["read-stems", str(song), other],
    }
    for file_format, depth in _FORMATS:
        of_format, name = depth or "24", f"{file_format} {depth}".strip()
        file = folder / f"{name}.{file_format}"
        audio_io.write_audio(
            file, mix / _LOUD, SAMPLE_RATE_HZ, file_format=file_format, bit_depth=of_format
        )
        found[f"read {name}"] = ["read", str(file)]
        found[f"write {name}"] = ["write", str(samples), own, file_format, of_format, out]
    found |= {
        "resample": ["resample", str(samples), own, other],
        "hash a file": ["hash-file", str(folder / "wav 24.wav")],
        "hash samples": ["hash-samples", str(samples)],
        "loudness": ["loudness", str(samples), own],
        "true peak": ["true-peak", str(samples), own],
        "peaks": ["peaks", str(samples), own],
        "limiter": ["limit", str(samples), own],
    }
    return {f"{name}, {duration_s:g} s": ["piece", *words] for name, words in found.items()}


def can_count() -> bool:
    """Whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def cpu_s(asked: Commands, checkout: Path) -> Costs:
    """CPU seconds of each case."""
    forks, loaded_s = _run(asked, checkout, [])
    costs: Costs = {LOADING: loaded_s}
    return costs | {case: fork and fork.cpu_s for case, fork in forks.items() if case}


def instructions(asked: Commands, checkout: Path) -> Costs:
    """Instructions of each case, and of each of its stages under the name of `stage_of`.

    The checkout has run before, so that nothing is compiled.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Caches are not simulated, which is what takes valgrind long.
        under = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
        under += [f"--log-file={folder}/%p", f"--cachegrind-out-file={folder}/out.%p"]
        forks, _ = _run(asked, checkout, under)
        nothing = forks.pop("")
        if nothing is None:
            return dict.fromkeys([LOADING, *forks])
        before = _counted(folder / str(nothing.pid))
        costs: Costs = {LOADING: before}
        for case, fork in forks.items():
            if fork is None:
                costs[case] = None
                continue
            until = [(stage, _counted(folder / str(pid)) - before) for stage, pid in fork.marks]
            whole = _counted(folder / str(fork.pid)) - before
            stages = _by_stage(until, whole)
            if WORK in stages:  # a piece, without its preparation
                costs[case] = stages[WORK]
                continue
            costs |= {case: whole} | {stage_of(case, stage): own for stage, own in stages.items()}
        return costs


def stage_of(case: str, stage: str) -> str:
    """The name under which the cost of a case's stage is reported."""
    return f"{case}{_OF}{stage}"


def case_of(name: str) -> str:
    """The case that a cost is of, or of a stage of."""
    return name.partition(_OF)[0]


def _by_stage(until: Sequence[tuple[str, float]], whole: float) -> dict[str, float]:
    """Cost of each stage, by what had been spent when it began and in the end."""
    found: dict[str, float] = {}
    begun = [(BEGIN, 0.0), *until]
    ends = [cost for _, cost in until] + [whole]
    for (stage, began), end in zip(begun, ends, strict=True):
        found[stage] = found.get(stage, 0.0) + end - began
    return found


def _counted(log: Path) -> float:
    found = _COUNTED.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("valgrind did not report the number of instructions")
    return float(found[1].replace(",", ""))


@dataclass(frozen=True)
class _Fork:
    """A command's process, CPU seconds, and the stages that it began, each with its mark's process.

    `benchmarks.forked` makes them.
    """

    pid: int
    cpu_s: float
    marks: list[tuple[str, int]]


def _run(
    asked: Commands, checkout: Path, under: Sequence[str]
) -> tuple[dict[str, _Fork | None], float]:
    """Each command's fork by its case, None if it failed, and CPU seconds of loading.

    The case "" has done nothing.
    """
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
    forks = {case: None if fork is None else _Fork(*fork) for case, fork in told["forks"].items()}
    return forks, float(told["loaded_s"])
