"""Differences between engineers on one song, along the axes of variations.

    python -m benchmarks.human_spread ../shared/human_mixes/mixologydb.json

MixologyDB tells fader, pan, equaliser and compressor of each track and the loudness of its
recording, no audio. A track's power in a band is taken from its level, its equaliser, and what
tracks of its instrument have there (`BAND_SHARES_DB`). For each axis the figure of every mix is
found, and its standard deviation between the mixes of one song; the middle song's is printed.
`mixer/rendering/choices/axes.py` holds what came out.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

# Low, middle and high band of `mixer.rendering.sound.sound`.
BANDS_HZ = ((30.0, 150.0), (150.0, 4_000.0), (4_000.0, 16_000.0))
# Median share of the power, in dB, of raw tracks of 15 songs, by part of an instrument's name.
BAND_SHARES_DB = {
    "KICK": (-0.3, -12.2, -45.4),
    "SNARE": (-23.5, -0.7, -11.0),
    "TOM": (-3.8, -3.2, -17.9),
    "HAT": (-41.6, -10.4, -0.4),
    "CYMB": (-25.9, -7.4, -0.9),
    "RIDE": (-25.9, -7.4, -0.9),
    "OVERHEAD": (-14.7, -1.8, -12.3),
    "BASS": (-1.3, -5.8, -46.4),
    "VOCAL": (-32.8, -0.2, -13.6),
    "ACOUSTIC": (-36.5, -3.9, -2.3),
    "GUITAR": (-16.7, -4.8, -18.4),
    "KEYS": (-32.9, -0.1, -28.3),
    "DRUM": (-14.7, -1.8, -12.3),
}
_OTHERS_DB = (-23.6, -0.6, -26.7)
# Fewer mixes of a song have no spread.
_LEAST_MIXES = 4
# Peaks of a track above its loudness, as far as a compressor's threshold meets them.
_PEAK_OVER_LOUDNESS_DB, _MOST_REDUCTION_DB = 10.0, 20.0
_MOST_GAIN_DB = 18.0
# Engineers who pan nothing have no side signal, which is not infinitely narrow.
_LEAST_SIDE_SHARE = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mixologydb", type=Path)
    mixes = json.loads(parser.parse_args().mixologydb.read_text(encoding="utf-8"))["mixes"]
    for axis, middle_db, least_db, most_db, n_songs in spreads_of(mixes):
        sys.stdout.write(
            f"{axis:<11} {middle_db:.2f} dB ({least_db:.2f} to {most_db:.2f}), {n_songs} songs\n"
        )


def spreads_of(
    mixes: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, float, float, float, int]]:
    """By axis: the median spread of songs, the least and the largest in dB, and their number."""
    by_song: dict[str, list[dict[str, float]]] = defaultdict(list)
    for mix in mixes:
        by_song[mix["song-name"]].append(figures_of(mix["tracks"]))
    for axis in ("vocals", "bass", "brightness", "width", "dynamics"):
        spreads = []
        for mixes_of_song in by_song.values():
            values = [found[axis] for found in mixes_of_song if axis in found]
            if len(values) >= _LEAST_MIXES:
                spreads.append(statistics.stdev(values))
        yield axis, statistics.median(spreads), min(spreads), max(spreads), len(spreads)


def figures_of(tracks: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """One mix's place on each axis, in dB; without the voice if there are no vocals."""
    powers, voice, reductions_db, sides, mids = [], [], [], [], []
    for track in tracks:
        settings = track["parameters"]
        level_db = track.get("raw_lufs"), settings.get("gain")
        if None in level_db:
            continue
        power = 10.0 ** (sum(level_db) / 10.0)
        instrument = f"{track.get('track-instrument-subtype')} {track.get('track-instrument-type')}"
        powers.append(power * band_gains(instrument.upper(), settings.get("eq") or ()))
        voice.append("VOCAL" in instrument.upper())
        reductions_db.append(reduction_db(level_db[0], settings.get("compression") or ()))
        side = side_share(settings.get("pan") or (0.0,))
        sides.append(side)
        mids.append(1.0 - side)
    bands, of_track = np.sum(powers, axis=0), np.sum(powers, axis=1)
    sung, rest = of_track[voice].sum(), of_track[np.logical_not(voice)].sum()
    share = max(float(of_track @ sides / of_track.sum()), _LEAST_SIDE_SHARE)
    found = {
        "bass": 10.0 * math.log10(bands[0] / bands[1]),
        "brightness": 10.0 * math.log10(bands[2] / bands[1]),
        "width": 10.0 * math.log10(share / (1.0 - share)),
        "dynamics": float(of_track @ reductions_db / of_track.sum()),
    }
    return found | ({"vocals": 10.0 * math.log10(sung / rest)} if sung > 0.0 < rest else {})


def band_gains(instrument: str, eq: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Power in each of `BANDS_HZ` of an instrument of power 1, after its equaliser."""
    shares_db = next((v for k, v in BAND_SHARES_DB.items() if k in instrument), _OTHERS_DB)
    gains_db = []
    for low_hz, high_hz in BANDS_HZ:
        hz = np.geomspace(low_hz, high_hz, 9)
        gains_db.append(sum((band_db(band, hz) for band in _numbers(eq)), np.zeros(9)).mean())
    return np.asarray(10.0 ** ((np.array(shares_db) + gains_db) / 10.0))


def band_db(band: tuple[str, float, float, float], hz: np.ndarray) -> np.ndarray:
    """Gain in dB of one band of an equaliser: kind, frequency in Hz, gain in dB and Q."""
    kind, frequency_hz, gain_db, q = band
    ratio = hz / frequency_hz
    if kind == "HP":
        return np.asarray(-10.0 * np.log10(1.0 + ratio**-4.0))
    if kind == "LP":
        return np.asarray(-10.0 * np.log10(1.0 + ratio**4.0))
    if kind in ("HS", "LS"):
        return gain_db / (1.0 + ratio ** (-2.0 if kind == "HS" else 2.0))
    return gain_db / (1.0 + (q * (ratio - 1.0 / ratio)) ** 2)


def _numbers(eq: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, float, float, float]]:
    for band in eq:
        value = band.get("value") or {}
        try:
            hz, gain_db, q = (float(value.get(k) or d) for k, d in _EQ_DEFAULTS.items())
        except (TypeError, ValueError):  # as somebody typed it
            continue
        if hz > 0.0:
            limited_db = min(max(gain_db, -_MOST_GAIN_DB), _MOST_GAIN_DB)
            yield band["type"], hz, limited_db, min(max(q, 0.2), 10.0)


_EQ_DEFAULTS = {"freq": 0.0, "gain": 0.0, "q": 0.7}


def reduction_db(raw_lufs: float, compressors: Sequence[Mapping[str, Any]]) -> float:
    """Gain reduction of a track's peaks by compressors, as far as their notes state it."""
    total_db = 0.0
    for one in compressors:
        try:
            ratio = float(str(one["ratio"]).split(":")[0])
            over_db = raw_lufs + _PEAK_OVER_LOUDNESS_DB - float(one["thresh"])
        except (KeyError, ValueError):
            continue
        total_db += max(over_db, 0.0) * (1.0 - 1.0 / max(ratio, 1.0))
    return min(total_db, _MOST_REDUCTION_DB)


def side_share(pans: Sequence[float]) -> float:
    """Share of the side signal in a track's power; a pan is -100 to 100, one a channel."""
    angles = [(float(pan) / 100.0 + 1.0) * math.pi / 4.0 for pan in pans]
    return sum(0.5 * (math.cos(a) - math.sin(a)) ** 2 for a in angles) / len(angles)


if __name__ == "__main__":
    main()
