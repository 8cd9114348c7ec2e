"""Time of variations: five of a song against one render of it, in the same run.

    python -m benchmarks.variations_cost [SONG...] [-n 5] [--seconds 180] [--repeats 3]

Without a song, the demo song's four stems are repeated to that length. Each is a process of its
own, render and variations in turn; its processor time is what the system counts, start included.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.render_cost import Cost, cost_of
from benchmarks.songs import write_song


def measure(song: Path, n_variations: int, repeats: int) -> Iterator[tuple[Cost, Cost]]:
    """One render, then all variations with their first mix, so many times."""
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            yield (
                cost_of(song, out / "one.wav", "auto"),
                cost_of(song, out / "first.wav", "auto", "-n", str(n_variations), of="variations"),
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("songs", nargs="*", type=Path)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    sys.stdout.write("| song | render, CPU s | with variations | ratio | of the clock |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- |\n")
    with tempfile.TemporaryDirectory() as name:
        songs = asked.songs or [write_song(Path(name) / "demo", asked.seconds)]
        for song in songs:
            pairs = list(measure(song, asked.n, asked.repeats))
            cells = [song.name]
            cells += [
                f"{statistics.median(c.cpu_s for c in kind):.1f}"
                for kind in zip(*pairs, strict=True)
            ]
            for ratios in (
                [all_of.cpu_s / one.cpu_s for one, all_of in pairs],
                [all_of.clock_s / one.clock_s for one, all_of in pairs],
            ):
                cells.append(f"{statistics.median(ratios):.2f}")
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
