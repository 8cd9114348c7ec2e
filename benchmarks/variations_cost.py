"""Time of variations: five of a song against one render of it, in the same run.

With the first mix; again, five more of the same, which find what the first have kept; and after a
render, whose mix is then not written again.

    python -m benchmarks.variations_cost [SONG...] [-n 5] [--seconds 180] [--repeats 3]

Without a song, the demo song's four stems are repeated to that length. Each is a process of its
own, render and variations in turn; its processor time is what the system counts, start included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.render_cost import Cost, cost_of
from benchmarks.songs import write_song
from mixer.rendering.kept.kept_arrays import FOLDER_VARIABLE


@dataclass(frozen=True)
class Costs:
    """Costs of one round.

    Attributes:
        render: of the song.
        with_first: all variations with their first mix, nothing kept.
        again: as many more.
        after_render: as many after the render, nothing kept.
    """

    render: Cost
    with_first: Cost
    again: Cost
    after_render: Cost


# The cases by attribute, as the table calls them.
KINDS = {
    "with_first": "with the first mix",
    "again": "again",
    "after_render": "after a render",
}


def measure(song: Path, n_variations: int, repeats: int) -> Iterator[Costs]:
    """One round after another."""

    def vary(first: Path, cache: str, *, overwrite: bool = False) -> Cost:
        os.environ[FOLDER_VARIABLE] = str(first.parent / cache)
        n = ("-n", str(n_variations))
        return cost_of(song, first, "auto", *n, of="variations", overwrite=overwrite)

    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as name:
            rendered, first = Path(name) / "one.wav", Path(name) / "first.wav"
            yield Costs(
                cost_of(song, rendered, "auto"),
                vary(first, "of the first", overwrite=True),
                vary(first, "of the first"),
                vary(rendered, "of the render"),
            )


def row_of(song: str, rounds: Sequence[Costs]) -> list[str]:
    """Cells of the table, of medians over rounds."""
    cells = [song, f"{statistics.median(c.render.cpu_s for c in rounds):.1f}"]
    for of in KINDS:
        pairs = [(c.render, getattr(c, of)) for c in rounds]
        cells += [
            f"{statistics.median(all_of.cpu_s for _, all_of in pairs):.1f}",
            f"{statistics.median(all_of.cpu_s / one.cpu_s for one, all_of in pairs):.2f}",
            f"{statistics.median(all_of.clock_s / one.clock_s for one, all_of in pairs):.2f}",
        ]
    return cells


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("songs", nargs="*", type=Path)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    kinds = [f"{kind}, CPU s | ratio | by the clock" for kind in KINDS.values()]
    sys.stdout.write(f"| song | render, CPU s | {' | '.join(kinds)} |\n")
    sys.stdout.write("| --- " * (2 + 3 * len(kinds)) + "|\n")
    with tempfile.TemporaryDirectory() as name:
        songs = asked.songs or [write_song(Path(name) / "demo", asked.seconds)]
        for song in songs:
            cells = row_of(song.name, list(measure(song, asked.n, asked.repeats)))
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
