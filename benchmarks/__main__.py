"""Every figure of docs/performance.md, measured again: speed, memory, and what else one might use.

    python -m benchmarks                                    # what `make bench` shows
    python -m benchmarks --parts batch clock                # some of the parts
    python -m benchmarks --parts lengths --page docs/performance.md

Each part is a table in Markdown, which `--page` puts between the part's two marks in that page,
with the machine, its versions and how busy it was: a figure of a busy machine says so itself.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import (
    batch,
    clock,
    lengths,
    memory,
    network,
    network_parts,
    normalisation,
    peers,
    renders,
    tracks,
)
from benchmarks.libraries import table as libraries
from benchmarks.machine import keep_compiled_modules, machine, other_work
from mixer.files.marked_part import with_marked_part


class Part(NamedTuple):
    """A part: the function that makes its table, its seconds on two idle cores, and its subject."""

    table: Callable[[], Iterator[str]]
    seconds: int
    subject: str


# By name, in the order of the page.
PARTS = {
    "renders": Part(renders.table, 80, "whole renders: time, memory, start, and the floor"),
    "peers": Part(peers.table, 130, "mixer beside what one might use in its place"),
    "normalisation": Part(normalisation.table, 15, "normalisation, effect by effect"),
    "network": Part(network.table, 75, "networks, and the default one against one transform"),
    "network_parts": Part(network_parts.table, 20, "the default network's work, part by part"),
    "libraries": Part(libraries.table, 90, "the console's passes by other libraries"),
    "tracks": Part(tracks.table, 240, "what a track costs: stereo, mono, silent"),
    "memory": Part(memory.table, 200, "memory of ten minutes with all that goes with a mix"),
    "clock": Part(clock.table, 180, "progress, time left, Ctrl-C"),
    "batch": Part(batch.table, 360, "batches: workers, overhead, start, plan and resume"),
    "lengths": Part(lengths.table, 240, "time and memory against length and tracks; draws both"),
}
BENCH = ("renders", "peers", "normalisation", "network")


def measured(part: str) -> Iterator[str]:
    """The part's table, and under it what it was measured on."""
    busy, began_s = other_work(), time.monotonic()
    yield from PARTS[part].table()
    yield ""
    yield f"*{busy[0].upper()}{busy[1:]}, in {time.monotonic() - began_s:.0f} s.*"


def _parts_told() -> str:
    """A line for each part."""
    lines = (f"  {name:14} {part.seconds:4d} s  {part.subject}" for name, part in PARTS.items())
    return "parts, and their time on two idle cores:\n" + "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure speed and memory on this machine; print a table in Markdown a part.",
        epilog=_parts_told(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        metavar="PART",
        choices=["machine", *PARTS],
        default=list(BENCH),
        help=f"what to measure (default: {' '.join(BENCH)})",
    )
    parser.add_argument(
        "--page", type=Path, help="page to write the tables into, each between its part's marks"
    )
    asked = parser.parse_args()
    keep_compiled_modules()
    for part in ("machine", *(part for part in asked.parts if part != "machine")):
        sys.stdout.write(f"\n## {part}\n\n")
        lines: list[str] = []
        for line in machine() if part == "machine" else measured(part):
            lines.append(line)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        if asked.page is not None:
            page = asked.page.read_text(encoding="utf-8")
            asked.page.write_text(with_marked_part(page, part, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
