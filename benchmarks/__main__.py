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

from benchmarks import batch, clock, lengths, memory, network, normalisation, peers, renders
from benchmarks.machine import machine, other_work
from mixer.files.marked_part import with_marked_part

# Name of a part to what makes its table, in the order of the page; seconds on two idle cores.
PARTS: dict[str, tuple[Callable[[], Iterator[str]], int]] = {
    "renders": (renders.table, 75),
    "peers": (peers.table, 130),
    "normalisation": (normalisation.table, 15),
    "network": (network.table, 75),
    "memory": (memory.table, 200),
    "clock": (clock.table, 180),
    "batch": (batch.table, 200),
    "lengths": (lengths.table, 240),
}
BENCH = ("renders", "peers", "normalisation", "network")


def measured(part: str) -> Iterator[str]:
    """The part's table, and under it what it was measured on."""
    busy, began_s = other_work(), time.monotonic()
    yield from PARTS[part][0]()
    yield ""
    yield f"*{busy[0].upper()}{busy[1:]}, in {time.monotonic() - began_s:.0f} s.*"


def main() -> None:
    parser = argparse.ArgumentParser(description="Every figure of docs/performance.md.")
    parser.add_argument("--parts", nargs="+", choices=["machine", *PARTS], default=list(BENCH))
    parser.add_argument("--page", type=Path, help="page to write the figures into")
    asked = parser.parse_args()
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
