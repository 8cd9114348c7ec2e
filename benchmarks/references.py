"""Effect of references on songs: how close the mixes come, and the time.

    python -m benchmarks.references SONG REFERENCE... [--model default] [--svg FILE]
    python -m benchmarks.references --tracks FOLDER [--model tracks]

For each pair a line: the third-octave error from 63 Hz to 12.5 kHz before and after (mean and
largest, dB), the same for the width by band (dB), range (LU) and loudness (LUFS) before and after
beside the reference's, the voice against the rest if the reference has its stems, and seconds of
processor time without and with the reference. `--svg` draws the tone of the first pair. `--tracks`
takes a folder of songs track by track (`SONG/dry` or `SONG/wet`): each is moved towards the sum of
the next one's wet tracks.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mixer import RenderSettings, load_song
from mixer.audio import write_audio
from mixer.reference.record import CurveTable, ReferenceRecord
from mixer.reference.reference_figures import COMPARED
from mixer.reference.reference_text import Aspect
from mixer.rendering.mix import Mix
from mixer.rendering.pipeline import render
from mixer.song.samples import read_sum
from mixer.song.song import Song

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 300, 52, 16, 12, 40
MARKS = ((63, "63 Hz"), (250, "250 Hz"), (1_000, "1 kHz"), (4_000, "4 kHz"), (12_500, "12.5 kHz"))
LOWEST_DB, HIGHEST_DB = -30.0, 15.0
LINES = (
    ("before", "before_db", "#888888", ""),
    ("reference", "reference_low_db", "#d1495b", ' stroke-dasharray="6 4"'),
    ("after", "after_db", "#00798c", ""),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", metavar="SONG REFERENCE")
    parser.add_argument("--tracks", type=Path, help="folder of songs with one file a track")
    parser.add_argument("--model")
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    if len(arguments.pairs) % 2 or not (arguments.pairs or arguments.tracks):
        parser.error("every song needs a reference")
    model = arguments.model or ("tracks" if arguments.tracks else "default")
    sys.stdout.write(
        "| song | reference | tone, mean | tone, largest | width | range | loudness | voice | s |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        pairs = [*zip(arguments.pairs[::2], arguments.pairs[1::2], strict=True)]
        if arguments.tracks is not None:
            pairs += tracks_pairs(arguments.tracks, Path(folder))
        for place, (name, reference) in enumerate(pairs):
            record, seconds = measure(load_song(name), str(reference), model)
            sys.stdout.write(line(title(Path(name)), Path(reference).stem, record, seconds))
            sys.stdout.flush()
            if arguments.svg is not None and place == 0:
                arguments.svg.write_text(picture(record["tone"]), encoding="utf-8")


def tracks_pairs(songs: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each song of a folder, and the next one's mix: the sum of its wet tracks, written."""
    found = sorted(one for one in songs.iterdir() if (one / "wet").is_dir())
    for song, following in zip(found, found[1:] + found[:1], strict=True):
        wet = load_song(following / "wet")
        mix = read_sum(wet.recordings, wet.n_samples_at(wet.sample_rate), wet.sample_rate)
        reference = folder / f"{following.name}.wav"
        write_audio(reference, mix, wet.sample_rate, bit_depth="32f")
        yield song / ("dry" if (song / "dry").is_dir() else "wet"), reference


def title(song: Path) -> str:
    """A song's folder, or what this one's tracks are of."""
    return song.parent.name if song.name in ("dry", "wet") else song.name


def measure(song: Song, reference: str, model: str) -> tuple[ReferenceRecord, list[float]]:
    """Effect of a reference, and processor time in seconds without it and with it."""
    seconds, mix = [], None
    for asked in ((), (reference,)):
        began = time.process_time()
        mix = render(song, RenderSettings(model=model, reference=asked))
        seconds.append(time.process_time() - began)
    assert isinstance(mix, Mix)
    return mix.measurements["reference"], seconds


def line(song: str, reference: str, record: ReferenceRecord, seconds: Sequence[float]) -> str:
    tone = record["tone"]
    errors = [np.abs(error_db(tone, when))[COMPARED] for when in ("before_db", "after_db")]
    rows = record["rows"]
    widths = [row for row in rows if row["aspect"] == Aspect.WIDTH]
    width = [
        np.mean([abs(row[when] - row["reference_low"]) for row in widths]) if widths else math.nan
        for when in ("before", "after")
    ]
    cells = [
        song,
        reference,
        " -> ".join(f"{error.mean():.2f}" for error in errors),
        " -> ".join(f"{error.max():.2f}" for error in errors),
        " -> ".join(f"{value:.2f}" for value in width),
        *(figure(record, aspect) for aspect in (Aspect.DYNAMICS, Aspect.LOUDNESS, Aspect.LEVEL)),
        f"{seconds[0]:.1f} -> {seconds[1]:.1f}",
    ]
    return f"| {' | '.join(cells)} |\n"


def figure(record: ReferenceRecord, aspect: Aspect) -> str:
    """The first figure of an aspect, before and after, and the reference's."""
    for row in record["rows"]:
        if row["aspect"] == aspect:
            return f"{row['before']:.1f} -> {row['after']:.1f} ({row['reference_low']:.1f})"
    return "-"


def error_db(tone: CurveTable, when: str) -> np.ndarray:
    """Distance in dB of a curve from the reference's range, by third octave."""
    own = np.array(tone[when])  # type: ignore[literal-required]
    low, high = np.array(tone["reference_low_db"]), np.array(tone["reference_high_db"])
    return np.asarray(own - np.clip(own, low, high))


def picture(tone: CurveTable) -> str:
    """The tone before, of the reference, and after, as an SVG."""
    parts = [*_axes()]
    for number, (name, key, colour, more) in enumerate(LINES):
        values = tone[key]  # type: ignore[literal-required]
        points = " ".join(
            f"{_x(hz):.1f},{_y(db):.1f}" for hz, db in zip(tone["bands_hz"], values, strict=True)
        )
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2"{more} points="{points}"/>'
        )
        x = LEFT + 14 + 120 * number
        parts.append(
            f'<line x1="{x}" x2="{x + 24}" y1="{HEIGHT - 10}" y2="{HEIGHT - 10}" stroke="{colour}" '
            f'stroke-width="2"{more}/><text x="{x + 30}" y="{HEIGHT - 6}">{name}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12" fill="#777777">'
        "<title>Third octaves of a mix before and after, and of its reference</title>"
        + "".join(parts)
        + "</svg>\n"
    )


def _axes() -> Iterator[str]:
    for hz, name in MARKS:
        x = _x(hz)
        ends = f'y1="{TOP}" y2="{HEIGHT - BOTTOM}"'
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="#cccccc"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{name}</text>'
    for db in range(int(LOWEST_DB), int(HIGHEST_DB) + 1, 15):
        y = _y(db)
        ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}"'
        yield f'<line {ends} y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{db} dB</text>'


def _x(hz: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log(hz / 25.0) / math.log(16_000.0 / 25.0)


def _y(db: float) -> float:
    share = (min(max(db, LOWEST_DB), HIGHEST_DB) - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share


if __name__ == "__main__":
    main()
