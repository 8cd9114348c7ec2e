"""Time and memory of a render against the length of the song and against its number of tracks.

    python -m benchmarks.lengths -o build/lengths              # a table, a JSON file, two pictures
    python -m benchmarks.lengths -o build/lengths --longest 600 --most-tracks 32

Each render is a process of its own; its CPU seconds and its peak memory are what the system counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from benchmarks.__main__ import machine
from benchmarks.render_cost import Cost, cost_of
from benchmarks.songs import write_song, write_tracks

LENGTHS_S = (10, 30, 60, 180, 600, 1_800, 3_600)
TRACKS = (1, 4, 8, 16, 32, 64, 128)
TRACKS_S = 60.0


class Row(TypedDict):
    """One render: what was varied, CPU and clock in seconds, peak memory in GB."""

    what: str
    n: int
    cpu_s: float
    clock_s: float
    peak_gb: float


def by_length(longest_s: int) -> Iterator[Row]:
    """Four stems of more and more seconds, by the default model."""
    for length_s in LENGTHS_S:
        if length_s <= longest_s:
            with tempfile.TemporaryDirectory() as name:
                song = write_song(Path(name) / "song", length_s)
                yield _row("seconds", length_s, cost_of(song, Path(name) / "mix.wav", "default"))


def by_tracks(most: int) -> Iterator[Row]:
    """A minute of more and more tracks, by the model of tracks."""
    for n_tracks in TRACKS:
        if n_tracks <= most:
            with tempfile.TemporaryDirectory() as name:
                song = write_tracks(Path(name) / "song", TRACKS_S, n_tracks)
                yield _row("tracks", n_tracks, cost_of(song, Path(name) / "mix.wav", "tracks"))


def _row(what: str, n: int, cost: Cost) -> Row:
    return Row(what=what, n=n, cpu_s=cost.cpu_s, clock_s=cost.clock_s, peak_gb=cost.peak_gb)


def draw(rows: list[Row], what: str, picture: Path) -> None:
    """Time and memory over what was varied, both on logarithmic axes."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    # The same picture for the same figures: no date, no random names.
    matplotlib.rcParams["svg.hashsalt"] = "mixer"
    shown = [row for row in rows if row["what"] == what]
    places = [row["n"] for row in shown]
    figure, (time, memory) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    time.loglog(places, [row["cpu_s"] for row in shown], "o-", label="CPU")
    time.loglog(places, [row["clock_s"] for row in shown], "s--", label="clock")
    time.set(xlabel=what, ylabel="seconds of a render")
    time.legend()
    memory.loglog(places, [row["peak_gb"] for row in shown], "o-")
    memory.set(xlabel=what, ylabel="peak memory, GB")
    for axes in (time, memory):
        axes.grid(alpha=0.3, which="both")
        axes.set_xticks(places, [f"{place:,}".replace(",", " ") for place in places])
        axes.minorticks_off()
    figure.savefig(picture, metadata={"Date": None})
    plt.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time and memory against length and tracks.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder")
    parser.add_argument("--longest", type=int, default=LENGTHS_S[-1], help="seconds")
    parser.add_argument("--most-tracks", type=int, default=TRACKS[-1])
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for line in machine():
        print(line)
    print(f"{'':>12}  {'CPU s':>8} {'clock s':>8} {'GB':>6}")
    for series in (by_length(options.longest), by_tracks(options.most_tracks)):
        for row in series:
            rows.append(row)
            print(
                f"{row['n']:>4} {row['what']:<7}  {row['cpu_s']:8.2f} {row['clock_s']:8.2f} "
                f"{row['peak_gb']:6.2f}",
                flush=True,
            )
    text = json.dumps({"machine": list(machine()), "rows": rows}, indent=2)
    (options.output / "lengths.json").write_text(text + "\n", encoding="utf-8")
    draw(rows, "seconds", options.output / "by-length.svg")
    draw(rows, "tracks", options.output / "by-tracks.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
