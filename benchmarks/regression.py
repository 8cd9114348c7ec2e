"""Cost of a render, so that a change that makes it a third more expensive is noticed.

    python -m benchmarks.regression               # exit 1 from 1.3 times what is written on
    python -m benchmarks.regression --write       # write down what it costs now
    python -m benchmarks.regression --against DIR # beside another checkout, in the same run

Seconds mean nothing on a machine that others share. Each case is counted in CPU seconds of its own
process, as a ratio to a loop of the same kinds of work (transforms, recursive filters, products of
matrices, Python) that runs beside it, or to the same case of another checkout; of several turns the
cheapest of each counts, and what seems dearer is measured once more before it is believed. The
ratio to the loop differs from machine to machine; the one to another checkout does not.

Instructions would be counted more exactly, but not the same ones: under valgrind the libraries take
other kernels than on the processor, and a render takes minutes; hardware counters are out of reach
on most machines that build.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from benchmarks.songs import write_song, write_tracks

ROOT = Path(__file__).resolve().parents[1]
BASELINE = Path(__file__).with_suffix(".json")
BOUND = 1.3
N_TURNS = 5
SONG_S, SHORT_S = 60.0, 20.0
N_TRACKS = 12


def cases(folder: Path) -> dict[str, list[str]]:
    """Name of a case to the arguments of `mixer`."""
    song = write_song(folder / "song", SONG_S)
    short = write_song(folder / "short", SHORT_S)
    tracks = write_tracks(folder / "tracks", SHORT_S, N_TRACKS)
    out = ["-o", str(folder / "out"), "--overwrite", "--quiet"]
    return {
        "render, default, 60 s": ["render", str(song), "--model", "default", *out],
        "render, none, 20 s": ["render", str(short), "--model", "none", *out],
        "render, 12 tracks, 20 s": ["render", str(tracks), "--model", "tracks", *out],
        "check, 12 tracks, 20 s": ["check", str(tracks), "--json"],
        "start": ["--version"],
    }


def calibrate() -> None:
    """The loop that everything is measured against: about half a second."""
    rng = np.random.default_rng(1)
    audio = rng.standard_normal((64, 16_384)).astype(np.float32)
    sections = scipy.signal.butter(4, 0.1, output="sos")
    matrix = rng.standard_normal((512, 512)).astype(np.float32)
    for _ in range(12):
        scipy.fft.irfft(scipy.fft.rfft(audio, axis=-1), axis=-1)
        scipy.signal.sosfilt(sections, audio[:8].astype(np.float64), axis=-1)
        for _ in range(4):
            matrix @ matrix
        sum(i * i for i in range(100_000))


def _cpu_s(run: Callable[[], object]) -> float:
    """CPU seconds of this process and its children while something runs."""

    def spent_s() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    began_s = spent_s()
    run()
    return spent_s() - began_s


def ratios_to_loop(only: Collection[str] = ()) -> dict[str, float]:
    """Each case's cost, as a ratio to the loop's.

    Args:
        only: names of cases; none for all of them.
    """
    costs_s, loop_s = _in_turns(only, [ROOT])
    return {case: min(costs[0]) / min(loop_s) for case, costs in costs_s.items()}


def ratios_to_checkout(other: Path, only: Collection[str] = ()) -> dict[str, float]:
    """Each case's cost here, as a ratio to its cost in another checkout; `only` as above."""
    costs_s, _ = _in_turns(only, [ROOT, other])
    return {case: min(own) / min(others) for case, (own, others) in costs_s.items()}


def _in_turns(
    only: Collection[str], checkouts: Sequence[Path]
) -> tuple[dict[str, list[list[float]]], list[float]]:
    """CPU seconds of every turn: by case and checkout, and of the loop."""
    with tempfile.TemporaryDirectory() as name:
        commands = {
            case: words for case, words in cases(Path(name)).items() if not only or case in only
        }
        loop_s: list[float] = []
        costs_s: dict[str, list[list[float]]] = {case: [[] for _ in checkouts] for case in commands}
        for _ in range(N_TURNS):
            loop_s.append(_cpu_s(calibrate))
            for case, arguments in commands.items():
                for place, checkout in enumerate(checkouts):
                    run = functools.partial(_mixer, arguments, checkout)
                    costs_s[case][place].append(_cpu_s(run))
        return costs_s, loop_s


def _mixer(arguments: list[str], checkout: Path) -> None:
    # From the checkout's own folder: Python looks there first.
    command = [sys.executable, "-m", "mixer", *arguments]
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=checkout, env=env)


def dearer(
    measure: Callable[[Collection[str]], Mapping[str, float]], known: Mapping[str, float]
) -> tuple[dict[str, float], list[str]]:
    """Each case's ratio over what is known, and the cases that are dearer, measured twice.

    Args:
        measure: ratios of some cases, or of all.
        known: ratios that are right.
    """
    found = {case: ratio / known[case] for case, ratio in measure(()).items()}
    seem = [case for case, ratio in found.items() if ratio > BOUND]
    for case, ratio in (measure(seem) if seem else {}).items():
        found[case] = min(found[case], ratio / known[case])
    return found, [case for case, ratio in found.items() if ratio > BOUND]


def main() -> int:
    parser = argparse.ArgumentParser(description="Has a render become dearer?")
    parser.add_argument("--write", action="store_true", help="write down what it costs now")
    parser.add_argument("--against", type=Path, help="a checkout to compare with")
    asked = parser.parse_args()
    if asked.write:
        rounded = {case: round(ratio, 2) for case, ratio in ratios_to_loop().items()}
        BASELINE.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
        return 0
    if asked.against is not None:
        other = asked.against.resolve()
        known = dict.fromkeys(json.loads(BASELINE.read_text(encoding="utf-8")), 1.0)
        found, too_dear = dearer(functools.partial(ratios_to_checkout, other), known)
    else:
        known = json.loads(BASELINE.read_text(encoding="utf-8"))
        found, too_dear = dearer(ratios_to_loop, known)
    for case, ratio in found.items():
        mark = "  dearer" if case in too_dear else ""
        sys.stdout.write(f"{case:<26} {ratio:.2f} times what is known{mark}\n")
    return 1 if too_dear else 0


if __name__ == "__main__":
    sys.exit(main())
