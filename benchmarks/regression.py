"""What a render costs, so that a change that makes it dearer by a third is seen.

    python -m benchmarks.regression            # exit 1 where a case costs 1.3 times what is written
    python -m benchmarks.regression --write    # write down what it costs now

Seconds mean nothing on a machine that others share. Each case is counted in CPU seconds of its own
process, as a ratio to a loop of the same kinds of work (transforms, recursive filters, products of
matrices, Python) that runs beside it; of several turns the cheapest of each counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.signal

from benchmarks.songs import write_song, write_tracks

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


def measure() -> Iterator[tuple[str, float]]:
    """Each case's cost, as a ratio to the loop's."""
    with tempfile.TemporaryDirectory() as name:
        commands = cases(Path(name))
        loop_s: list[float] = []
        costs_s: dict[str, list[float]] = {case: [] for case in commands}
        for _ in range(N_TURNS):
            loop_s.append(_cpu_s(calibrate))
            for case, arguments in commands.items():
                costs_s[case].append(_cpu_s(lambda words=arguments: _mixer(words)))
        for case, costs in costs_s.items():
            yield case, min(costs) / min(loop_s)


def _mixer(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "mixer", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description="Has a render become dearer?")
    parser.add_argument("--write", action="store_true", help="write down what it costs now")
    write = parser.parse_args().write
    found = dict(measure())
    if write:
        rounded = {case: round(ratio, 2) for case, ratio in found.items()}
        BASELINE.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    known = json.loads(BASELINE.read_text(encoding="utf-8"))
    dearer = [case for case, ratio in found.items() if ratio > BOUND * known[case]]
    for case, ratio in found.items():
        mark = "  dearer" if case in dearer else ""
        print(f"{case:<26} {ratio:6.2f} loops, {ratio / known[case]:.2f} times what is known{mark}")
    return 1 if dearer else 0


if __name__ == "__main__":
    sys.exit(main())
