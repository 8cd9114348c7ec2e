"""Compare the cost of a render with the recorded cost: a third more fails.

    python -m benchmarks.regression               # exit 1 from 1.3 times what is written on
    python -m benchmarks.regression --write       # write down what it costs now
    python -m benchmarks.regression --against DIR # beside another checkout, in the same run

Seconds mean nothing on a machine that others share. Beside another checkout, instructions are
counted (`benchmarks.instructions`): they are the same to a thousandth however busy the machine
is, so each case runs once, and a tenth more is told. Hardware counters are out of reach on most
machines that build, so it is valgrind that counts.

Without valgrind, and against what is written down, each case is counted in CPU seconds of its own
process, as a ratio to a loop of the same kinds of work (transforms, recursive filters, products of
matrices, Python) that runs beside it, or to the same case of another checkout; of several turns the
cheapest of each counts, and what seems dearer is measured once more before it is believed. The
ratio to the loop differs from machine to machine.
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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal
from threadpoolctl import threadpool_limits

from benchmarks.instructions import instructions_of, is_available
from benchmarks.songs import write_song, write_tracks

ROOT = Path(__file__).resolve().parents[1]
BASELINE = Path(__file__).with_suffix(".json")
BOUND = 1.3
# Instructions do not vary, and half of a short render is its start: what makes the rest dearer by a
# third makes the whole dearer by a sixth.
COUNTED_BOUND = 1.1
N_TURNS = 5


@dataclass(frozen=True)
class Size:
    """Seconds of the songs by `default` and by others, and how many tracks."""

    song_s: float
    short_s: float
    n_tracks: int


TIMED, COUNTED = Size(60.0, 20.0, 12), Size(20.0, 10.0, 6)


def cases(folder: Path, size: Size) -> dict[str, list[str]]:
    """Name of a case to the arguments of `mixer`."""
    song = write_song(folder / "song", size.song_s)
    short = write_song(folder / "short", size.short_s)
    tracks = write_tracks(folder / "tracks", size.short_s, size.n_tracks)
    out = ["-o", str(folder / "out"), "--overwrite", "--quiet"]
    of_tracks = f"{size.n_tracks} tracks, {size.short_s:g} s"
    return {
        f"render, default, {size.song_s:g} s": ["render", str(song), "--model", "default", *out],
        f"render, none, {size.short_s:g} s": ["render", str(short), "--model", "none", *out],
        f"render, {of_tracks}": ["render", str(tracks), "--model", "tracks", *out],
        f"check, {of_tracks}": ["check", str(tracks), "--json"],
        "start": ["--version"],
    }


@threadpool_limits.wrap(limits=1, user_api="blas")
def calibrate() -> None:
    """The loop that everything is measured against: about half a second of one core.

    The threads of BLAS would take every core for the products, and wait for each other by spinning.
    """
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


def counts_beside(other: Path) -> Iterator[tuple[str, float]]:
    """Each case's instructions here, as a ratio to those of another checkout."""
    with tempfile.TemporaryDirectory() as name:
        for case, arguments in cases(Path(name), COUNTED).items():
            counts = []
            for checkout in (ROOT, other):
                _mixer(arguments, checkout)  # compiles what is not
                counts.append(instructions_of(arguments, checkout))
            yield case, counts[0] / counts[1]


def _in_turns(
    only: Collection[str], checkouts: Sequence[Path]
) -> tuple[dict[str, list[list[float]]], list[float]]:
    """CPU seconds of every turn: by case and checkout, and of the loop."""
    with tempfile.TemporaryDirectory() as name:
        commands = {
            case: words
            for case, words in cases(Path(name), TIMED).items()
            if not only or case in only
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
) -> dict[str, float]:
    """Ratio of each case's cost to its recorded cost; apparent regressions are measured twice.

    Args:
        measure: ratios of some cases, or of all.
        known: ratios that are right.
    """
    found = {case: ratio / known[case] for case, ratio in measure(()).items()}
    seem = [case for case, ratio in found.items() if ratio > BOUND]
    for case, ratio in (measure(seem) if seem else {}).items():
        found[case] = min(found[case], ratio / known[case])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Compare the cost of renders with the recorded costs."
    )
    parser.add_argument("--write", action="store_true", help="record the present costs")
    parser.add_argument("--against", type=Path, help="checkout to compare with")
    asked = parser.parse_args()
    if asked.write:
        rounded = {case: round(ratio, 2) for case, ratio in ratios_to_loop().items()}
        BASELINE.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
        return 0
    if asked.against is not None and is_available():
        return _told(counts_beside(asked.against.resolve()), COUNTED_BOUND)
    known = json.loads(BASELINE.read_text(encoding="utf-8"))
    if asked.against is not None:
        known = dict.fromkeys(known, 1.0)
        found = dearer(functools.partial(ratios_to_checkout, asked.against.resolve()), known)
    else:
        found = dearer(ratios_to_loop, known)
    return _told(found.items(), BOUND)


def _told(found: Iterable[tuple[str, float]], bound: float) -> int:
    """Print the ratio of each case; return 1 if one exceeds the bound, else 0."""
    status = 0
    for case, ratio in found:
        mark = "  too expensive" if ratio > bound else ""
        status = max(status, int(ratio > bound))
        sys.stdout.write(f"{case:<26} {ratio:.3f} times the recorded cost{mark}\n")
        sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
