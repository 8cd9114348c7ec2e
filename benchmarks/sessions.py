"""Differences of sessions from the mix: played by the tests' workstation, and by Ardour if it is.

    python -m benchmarks.sessions SONG... [--model tracks]

For each song and format of session a line: tracks, how deep the native settings of the whole mix
null alone (energy, dB), the middle one and the shallowest of the tracks, how many are flagged, by
how much the levels of their bands differ at most (the middle track, the widest), and the largest
sample by which the session with its residual differs from the mix (dBFS).
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
from pathlib import Path

from mixer import RenderSettings, load_song
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import OutputSettings
from mixer.rendering.mix import Mix
from mixer.rendering.plans.planning import plan_render
from tests.output.daw.workstation import ARDOUR, DawProject, Reaper, ardours_null_dbfs, null_dbfs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("songs", nargs="+", type=Path)
    parser.add_argument("--model", default="tracks")
    arguments = parser.parse_args()
    sys.stdout.write(
        "| song | format | tracks | mix | middle track | shallowest | flagged | bands, middle "
        "| widest | with residual |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for song in arguments.songs:
        with tempfile.TemporaryDirectory() as folder:
            measure(song, arguments.model, Path(folder))


def measure(song: Path, model: str, folder: Path) -> None:
    """The lines of one song."""
    loaded = load_song(song)
    wanted = OutputSettings("wav", "32f", daw=tuple(DAW_FORMATS))
    plan = plan_render(loaded, RenderSettings(model))
    mix = render_to(Destination(folder / "mix.wav", wanted), plan).mix
    with (folder / "mix.recall.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for daw in DAW_FORMATS.values():
        column = f"nulls to dB ({daw.title})"
        whole = next(row[column] for row in rows if row["Track"] == "Mix")
        tracks = [row for row in rows if row["Track"] != "Mix" and row[column]]
        own = [float(row[column]) for row in tracks]
        bands = [float(row[f"bands within dB ({daw.title})"]) for row in tracks]
        sys.stdout.write(
            f"| {loaded.name} | {daw.title} | {len(own)} | {whole} | {statistics.median(own):.1f} "
            f"| {max(own):.1f} | {sum(null > -25.0 for null in own)} "
            f"| {statistics.median(bands):.1f} | {max(bands):.1f} "
            f"| {played(daw.name, folder, mix)} |\n"
        )
        sys.stdout.flush()


def played(daw: str, folder: Path, mix: Mix) -> str:
    """Difference between a session and the mix, in dBFS."""
    if daw == "reaper":
        return f"{null_dbfs(Reaper(folder / 'mix.rpp').play(), mix.audio):.0f}"
    if daw == "dawproject":
        session = DawProject(
            folder / "mix.dawproject", mix.sample_rate, mix.audio.shape[1], folder / "unpacked"
        )
        return f"{null_dbfs(session.play(), mix.audio):.0f}"
    if ARDOUR is None:
        return "not installed"
    return f"{ardours_null_dbfs(folder / 'mix.ardour', mix.audio, 200.0):.0f}"


if __name__ == "__main__":
    main()
