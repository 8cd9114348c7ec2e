"""Peak memory of long renders, with all that may be written beside a mix: one run a row.

    python -m benchmarks.memory

Songs are the demo song, repeated to ten minutes; the memory is that of the whole process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import print_lines
from benchmarks.render_cost import cost_of
from benchmarks.songs import write_song, write_tracks

SONG_S = 600.0
N_TRACKS = 38
DELIVER = "--deliver=mix,instrumental,acapella,vocal-up,vocal-down,stems"
STEMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("default", ()),
    ("none", ()),
    ("default", ("--stems", "--report")),
    ("default", (DELIVER,)),
    ("default", ("--stems", "--report", DELIVER, "--daw=reaper", "--check-translation")),
)


def table() -> Iterator[str]:
    """A row a render, in Markdown."""
    yield "| ten minutes | options | clock | CPU | peak memory |"
    yield "| --- | --- | --- | --- | --- |"
    with tempfile.TemporaryDirectory() as name:
        song = write_song(Path(name) / "stems", SONG_S)
        for model, options in STEMS:
            yield _row(song, Path(name) / "mix.wav", "four stems", model, options)
    with tempfile.TemporaryDirectory() as name:
        song = write_tracks(Path(name) / "tracks", SONG_S, N_TRACKS)
        yield _row(song, Path(name) / "mix.wav", f"{N_TRACKS} tracks", "tracks", ())


def _row(song: Path, mix: Path, what: str, model: str, options: tuple[str, ...]) -> str:
    cost = cost_of(song, mix, model, *options)
    told = " ".join(f"`{option}`" for option in (f"--model {model}", *options))
    return (
        f"| {what} | {told} | {cost.clock_s:.0f} s | {cost.cpu_s:.0f} s | {cost.peak_gb:.2f} GB |"
    )


if __name__ == "__main__":
    print_lines(table())
