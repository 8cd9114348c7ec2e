"""Whole renders, from the command to its end: `python -m benchmarks.renders`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.floor import floor_s
from benchmarks.machine import keep_compiled_modules
from benchmarks.render_cost import cost_of
from benchmarks.songs import write_song, write_tracks

# Model, seconds of song, tracks (none: four stems), and how often; the median counts.
CASES = (
    ("default", 20.0, 0, 3),
    ("default", 180.0, 0, 3),
    ("default", 600.0, 0, 1),
    ("none", 180.0, 0, 1),
    ("paper", 180.0, 0, 1),
    ("tracks", 60.0, 32, 1),
)
_N_STARTS = 5
# Length of the song whose render is compared with the floor; it must be one of the cases.
_FLOOR_S = 180.0


def table() -> Iterator[str]:
    """A row a case, in Markdown."""
    yield "| `mixer render` | clock | CPU | real time | peak memory |"
    yield "| --- | --- | --- | --- | --- |"
    taken_s: dict[tuple[str, float], float] = {}
    for model, song_s, n_tracks, turns in CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "song"
            if n_tracks:
                write_tracks(folder, song_s, n_tracks)
            else:
                write_song(folder, song_s)
            costs = [cost_of(folder, Path(name) / "mix.wav", model) for _ in range(turns)]
        clock_s, cpu_s = (median(getattr(c, key) for c in costs) for key in ("clock_s", "cpu_s"))
        taken_s[model, song_s] = cpu_s
        what = f"{n_tracks} tracks" if n_tracks else "four stems"
        yield (
            f"| {what}, {song_s:g} s, `{model}` | {clock_s:.1f} s | {cpu_s:.1f} s | "
            f"{song_s / clock_s:.0f}x | {max(cost.peak_gb for cost in costs):.2f} GB |"
        )
    decoding_s, transforms_s = floor_s(_FLOOR_S)
    least_s = decoding_s + transforms_s
    yield (
        f"| the floor of {_FLOOR_S:g} s: decoding each stem once {decoding_s:.2f} s, and one "
        f"short-time transform of each and back {transforms_s:.2f} s | | {least_s:.2f} s | | |"
    )
    ratio = taken_s["default", _FLOOR_S] / least_s
    yield f"| four stems, {_FLOOR_S:g} s, `default`, beside that | | {ratio:.1f} times | | |"
    yield ""
    imported_s = start_s("-c", "import mixer.rendering.pipeline") - start_s("-c", "pass")
    yield (
        f"`mixer --help` takes {start_s('-m', 'mixer', '--help'):.2f} s, `import "
        f"mixer.rendering.pipeline`, which a render needs, {imported_s:.2f} s more than Python's "
        f"own start (medians of {_N_STARTS})."
    )


def start_s(*arguments: str) -> float:
    """Time of a command of Python's, in seconds."""
    taken_s = []
    for _ in range(_N_STARTS):
        began_s = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        taken_s.append(time.perf_counter() - began_s)
    return median(taken_s)


if __name__ == "__main__":
    keep_compiled_modules()
    for line in table():
        sys.stdout.write(line + "\n")
