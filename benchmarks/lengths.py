"""Time and memory of a render against the length of the song and against its number of tracks.

    python -m benchmarks.lengths -o docs                       # a table, and two pictures
    python -m benchmarks.lengths -o build/lengths --longest 600 --most-tracks 32

An hour of four stems takes 4 GB on the disk, and about four minutes in all on two idle cores.

Each render is a process of its own; its CPU seconds and its peak memory are what the system counts.
"""

from __future__ import annotations

import argparse
import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from benchmarks.machine import machine, print_lines
from benchmarks.render_cost import Cost, cost_of
from benchmarks.songs import write_song, write_tracks

LENGTHS_S = (10, 30, 60, 180, 600, 1_800, 3_600)
TRACKS = (1, 4, 8, 16, 32, 64, 128)
TRACKS_S = 60.0
# Colours that a picture has in either scheme, in place of those that are drawn with.
_PAPER, _INK = "#fefefe", "#010101"
_SCHEMES = """<style>
:root { --paper: #ffffff; --ink: #22272d }
@media (prefers-color-scheme: dark) { :root { --paper: #1e2129; --ink: #d5d9e0 } }
</style>"""


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
    from matplotlib.ticker import LogLocator

    # The same picture for the same figures: no date, no random names.
    inks = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papers = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "mixer", "svg.fonttype": "none"}
        | dict.fromkeys(inks, _INK)
        | dict.fromkeys(papers, _PAPER)
    )
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
        axes.grid(alpha=0.3, which="both", color="#808080")
        axes.set_xticks(places, [str(place) for place in places])
        axes.minorticks_off()
        # Figures of less than a decade would have no label otherwise.
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
    figure.savefig(picture, metadata={"Date": None})
    plt.close(figure)
    text = picture.read_text(encoding="utf-8")
    text = text.replace(_PAPER, "var(--paper)").replace(_INK, "var(--ink)")
    text = re.sub(r"(<svg\b[^>]*>)", lambda start: f"{start[1]}\n{_SCHEMES}", text, count=1)
    picture.write_text(text, encoding="utf-8")


def table(
    longest_s: int = LENGTHS_S[-1], most_tracks: int = TRACKS[-1], folder: Path = Path("docs")
) -> Iterator[str]:
    """A row a render, in Markdown; the pictures go into a folder."""
    rows: list[Row] = []
    yield "| song | clock | CPU | peak memory |"
    yield "| --- | --- | --- | --- |"
    for series in (by_length(longest_s), by_tracks(most_tracks)):
        for row in series:
            rows.append(row)
            n = row["n"]
            tracks = "track" if n == 1 else "tracks"
            what = (
                f"four stems, {n} s"
                if row["what"] == "seconds"
                else f"{n} {tracks}, {TRACKS_S:g} s"
            )
            yield (
                f"| {what} | {row['clock_s']:.1f} s | {row['cpu_s']:.1f} s | "
                f"{row['peak_gb']:.2f} GB |"
            )
    draw(rows, "seconds", folder / "by-length.svg")
    draw(rows, "tracks", folder / "by-tracks.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory against length and tracks.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the pictures")
    parser.add_argument(
        "--longest", type=int, default=LENGTHS_S[-1], help="longest song in seconds"
    )
    parser.add_argument("--most-tracks", type=int, default=TRACKS[-1])
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    print_lines(
        itertools.chain(
            machine(), [""], table(options.longest, options.most_tracks, options.output)
        )
    )


if __name__ == "__main__":
    main()
