"""Effect of the shipped presets on real songs, against neutral. Figures, not assertions.

    python -m benchmarks.presets SONG_DIR...

Each song is rendered once with the default model; its wet stems, 45 seconds of its middle, then go
over the desk with every preset. All bands are shares of the mix, so loudness does not show in them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.machine import print_lines
from mixer.console.desk import apply_console, apply_master_strip
from mixer.console.master import apply_master
from mixer.meters.engineering import Engineering, measure_engineering
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.signal import Signal
from mixer.preset.find import list_presets
from mixer.preset.merge import resolve
from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song

SECONDS = 45.0
NEUTRAL = "neutral"


@dataclass(frozen=True)
class Figures:
    """One song with one preset.

    Attributes:
        mix: of the finished mix.
        side_db: level of its side signal against its middle; -inf for mono.
        low_side_db: the same below 120 Hz.
        stems_lufs: loudness of each stem on the bus in LUFS; -inf if it is missing.
        limiter_db: deepest gain reduction of the ceiling.
        compressors_db: deepest and mean reduction of each compressor, by strip.
    """

    mix: Engineering
    side_db: float
    low_side_db: float
    stems_lufs: Mapping[str, float]
    limiter_db: float
    compressors_db: Mapping[str, tuple[float, float]]


def wet_stems(folder: str) -> tuple[dict[str, np.ndarray], int, float | None]:
    """Stems float32 (2, samples) as the default model leaves them, sample rate, tempo."""
    song = load_song(folder)
    mix = render(song, RenderSettings(device="cpu"), wet_stems=True)
    n_samples = min(round(SECONDS * mix.sample_rate), song.n_samples)
    first = (song.n_samples - n_samples) // 2
    stems = {k: np.ascontiguousarray(v[:, first:][:, :n_samples]) for k, v in mix.wet_stems.items()}
    return stems, mix.sample_rate, song.tempo_bpm


def measure_preset(
    name: str, stems: Mapping[str, np.ndarray], sample_rate: int, tempo_bpm: float | None
) -> Figures:
    """Mix stems with a preset, and measure."""
    console = resolve([name]).console
    desk = apply_console(stems, sample_rate, console, tempo_bpm=tempo_bpm)
    bus = np.sum(list(desk.stems.values()), axis=0, dtype=np.float32)
    bus, strip_report = apply_master_strip(bus, sample_rate, console.master)
    ceiling_dbtp = -1.0 if console.true_peak_dbtp is None else console.true_peak_dbtp
    mix, master = apply_master(
        bus, sample_rate, loudness_lufs=console.loudness_lufs, ceiling_dbtp=ceiling_dbtp
    )
    effects = {stem: report.get("effects", {}) for stem, report in desk.report["stems"].items()}
    effects["master"] = strip_report["effects"]
    figures = measure_engineering(Signal(mix, sample_rate))
    return Figures(
        mix=figures,
        side_db=_ratio_db(mix[0] - mix[1], mix[0] + mix[1]),
        low_side_db=_width_db(figures.bands[0].width),
        stems_lufs={s: integrated_loudness_lufs(a, sample_rate) for s, a in desk.stems.items()},
        limiter_db=master.max_reduction_db,
        compressors_db={
            name: (done["compressor"]["max_reduction_db"], done["compressor"]["mean_reduction_db"])
            for name, done in effects.items()
            if "compressor" in done
        },
    )


def report(folders: list[str]) -> Iterator[str]:
    """The table of each song, line by line; all but the first four columns against neutral."""
    names = sorted((p.name for p in list_presets() if p.shipped), key=lambda n: n != NEUTRAL)
    for folder in folders:
        stems, sample_rate, tempo_bpm = wet_stems(folder)
        yield f"{folder}: neutral in figures, the others as changes to it"
        yield (
            f"{'':<18}{'LUFS':>6} {'dBTP':>5} {'PLR':>5} {'limit':>5} | {'low':>5} {'lomid':>5}"
            f" {'mid':>5} {'himid':>5} {'high':>5} | {'S/M':>5} {'lowSM':>5} |"
            + "".join(f" {stem:>6}" for stem in stems)
        )
        neutral: Figures | None = None
        for name in names:
            figures = measure_preset(name, stems, sample_rate, tempo_bpm)
            yield _row(name, figures, neutral)
            neutral = neutral or figures


def _row(name: str, figures: Figures, neutral: Figures | None) -> str:
    def change(value: float, reference: float) -> str:
        if neutral is None:
            return f"{value:.1f}"
        difference = value - reference
        return f"{difference:+.1f}" if math.isfinite(difference) else "out"

    base = neutral or figures
    mix = figures.mix
    bands = " ".join(
        f"{change(band.share_db, before.share_db):>5}"
        for band, before in zip(mix.bands, base.mix.bands, strict=True)
    )
    stems = "".join(
        f" {change(level, base.stems_lufs[stem]):>6}" for stem, level in figures.stems_lufs.items()
    )
    done = ", ".join(f"{k} {a:.0f}/{b:.1f}" for k, (a, b) in figures.compressors_db.items())
    return (
        f"{name:<18}{mix.readings['loudness_lufs']:6.1f} {mix.readings['true_peak_dbtp']:5.1f}"
        f" {mix.readings['peak_to_loudness_lu']:5.1f}"
        f" {figures.limiter_db:5.1f} | {bands} |"
        f" {change(figures.side_db, base.side_db):>5}"
        f" {change(figures.low_side_db, base.low_side_db):>5} |{stems}"
        + (f" | compressors, deepest/mean dB: {done}" if done else "")
    )


def _ratio_db(signal: np.ndarray, reference: np.ndarray) -> float:
    powers = [float(np.dot(x, x)) for x in (signal, reference)]
    return 10.0 * math.log10(powers[0] / powers[1]) if powers[0] > 0.0 else -math.inf


def _width_db(width: float) -> float:
    return 10.0 * math.log10(width / (1.0 - width)) if 0.0 < width < 1.0 else -math.inf


def main() -> None:
    """Print the report."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m benchmarks.presets SONG_DIR...")
    print_lines(report(sys.argv[1:]))


if __name__ == "__main__":
    main()
