"""MixologyDB without its audio: faders, pans and EQ that engineers set, by role.

90 mixes of 13 multitracks, with the instrument, fader, pan and EQ of each track and the loudness of
the raw recording. Group levels are not taken from it: drums consist of many close microphones
there, and the processing of their bus is not in the faders.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.track_settings import CURVE_HZ

MIXES_FILE = "mixologydb.json"
_ROLE_OF = {
    ("GUITARS", "ELECTRIC"): "electric_guitar",
    ("GUITARS", "ACOUSTIC"): "acoustic_guitar",
    ("VOCALS", "BACKGROUND"): "backing_vocals",
    ("VOCALS", "LEAD"): "lead_vocal",
    ("DRUMS", "TOM"): "toms",
    ("DRUMS", "OVERHEAD"): "overheads",
    ("DRUMS", "OVERHEADS"): "overheads",
    ("DRUMS", "KICK"): "kick",
    ("DRUMS", "SNARE"): "snare",
    ("DRUMS", "HI-HAT"): "hihat",
    ("DRUMS", "TAMBOURINE"): "percussion",
    ("DRUMS", "MISC"): "percussion",
    ("DRUMS", "RIDE"): "cymbals",
    ("DRUMS", "CRASH"): "cymbals",
    ("KEYS", "ELECTRIC"): "keys",
    ("KEYS", "ACOUSTIC"): "keys",
    ("BASS", "ELECTRIC"): "bass",
}
_LOWEST_FADER_DB, _FEWEST_TRACKS = -60.0, 5
_MOST_CURVE_DB = 12.0


@dataclass(frozen=True)
class HumanMix:
    """One engineer's mix.

    Attributes:
        roles: role of each track.
        raw_lufs, level_lufs: loudness of each recording, before and after its fader.
        spread: distance from the centre, 0 to 1; NaN for stereo tracks.
        curve_db: (tracks, points), EQ gain in dB at `CURVE_HZ` without high-passes; zeros for no
            EQ.
        high_pass_hz: corner of the high-pass of each track; 0 for none.
    """

    roles: tuple[str, ...]
    raw_lufs: NDArray[np.float64]
    level_lufs: NDArray[np.float64]
    spread: NDArray[np.float64]
    curve_db: NDArray[np.float64]
    high_pass_hz: NDArray[np.float64]


def read_human_mixes(path: Path) -> list[HumanMix]:
    """Read `mixologydb.json`."""
    mixes = json.loads(path.read_text(encoding="utf-8"))["mixes"]
    read = [_read_mix(mix["tracks"]) for mix in mixes]
    return [mix for mix in read if mix is not None]


def usual_curves(
    mixes: Sequence[HumanMix],
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Mean and standard deviation of the EQ curves set on each role, tracks without one included.

    Returns:
        Mean and standard deviation in dB by role, (points,) each.
    """
    by_role: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for mix in mixes:
        for role, curve in zip(mix.roles, mix.curve_db, strict=True):
            by_role[role].append(curve)
    return {
        role: (np.mean(curves, axis=0), np.std(curves, axis=0)) for role, curves in by_role.items()
    }


def _read_mix(tracks: Sequence[Mapping[str, Any]]) -> HumanMix | None:
    rows = []
    for track in tracks:
        kind = (track.get("track-instrument-type"), track.get("track-instrument-subtype"))
        set_to, raw = track["parameters"], track.get("raw_lufs")
        fader = set_to.get("gain")
        if track["track-type"] != "AUDIO" or kind not in _ROLE_OF or raw is None or fader is None:
            continue
        if fader < _LOWEST_FADER_DB:
            continue
        is_mono = track.get("channel-mode") == "MONO"
        curve, corner = _equaliser(set_to.get("eq") or [])
        spread = _spread(set_to.get("pan")) if is_mono else np.nan
        rows.append((_ROLE_OF[kind], raw, raw + fader, spread, curve, corner))
    if len(rows) < _FEWEST_TRACKS:
        return None
    columns = list(zip(*rows, strict=True))
    return HumanMix(tuple(columns[0]), *(np.array(column) for column in columns[1:]))


def _spread(pan: Any) -> float:
    values = [abs(float(value)) for value in pan or [] if isinstance(value, int | float)]
    return min(values[0] / 100.0, 1.0) if values else np.nan


def _equaliser(bands: Sequence[Mapping[str, Any]]) -> tuple[NDArray[np.float64], float]:
    """Approximate sum of the bands' gains in dB at `CURVE_HZ`, and the highest high-pass in Hz."""
    hz, curve, corner = np.array(CURVE_HZ), np.zeros(len(CURVE_HZ)), 0.0
    for band in bands:
        value = band.get("value") or {}
        at, gain = value.get("freq"), value.get("gain")
        if not isinstance(at, int | float) or at <= 0.0:
            continue
        if band.get("type") == "HP":
            corner = max(corner, float(at))
        if not isinstance(gain, int | float) or not -24.0 <= gain <= 24.0:
            continue
        q = value.get("q")
        q = float(q) if isinstance(q, int | float) and 0.1 <= q <= 30.0 else 1.0
        if band.get("type") == "NOTCH":
            curve += gain / (1.0 + (q * (hz / at - at / hz)) ** 2)
        elif band.get("type") == "LS":
            curve += gain / (1.0 + (hz / at) ** 2)
        elif band.get("type") == "HS":
            curve += gain / (1.0 + (at / hz) ** 2)
    return np.clip(curve, -_MOST_CURVE_DB, _MOST_CURVE_DB), corner
