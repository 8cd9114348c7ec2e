"""Ardour's own equaliser, ACE EQ: what of it a session says, and what it then plays.

Every copy of Ardour comes with it (`urn:ardour:a-eq`, an LV2 plug-in): a low shelf, four bells and
a high shelf. Bells are the cookbook's, with a bandwidth in octaves; shelves have a fixed Q, and
their frequency is off the cookbook's by the fourth root of their gain. It glides to its settings
from 0 and stops a little before: by less than 0.05 dB, 0.1 Hz and 0.001 octaves, always at the same
place. Measured with version 7.3: what it plays is known to -140 dB.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mixer.output.daw.strips.native_strip import EqBand

EQ_URI = "urn:ardour:a-eq"
SHELF_Q = math.sqrt(0.5)
_N_BELLS = 4
_HZ_RANGE, _MOST_DB, _OCTAVES_RANGE = (20.0, 20_000.0), 20.0, (0.1, 4.0)
# How near it comes to a setting before it stops.
_STOPS_DB, _STOPS_HZ, _STOPS_OCTAVES = 0.05, 0.1, 0.001
# It takes a step of its glide, at a time constant of 25 Hz, every so many samples.
_STEP_SAMPLES, _GLIDE_HZ = 64, 25.0
_SHELVES = {"low_shelf": ("l", -0.5), "high_shelf": ("h", 0.5)}


def held(bands: Sequence[EqBand], sample_rate: int) -> list[EqBand]:
    """Bands that the equaliser can play; the others are left to the residual."""
    return [band for band in bands if _is_held(band, sample_rate)]


def played(bands: Sequence[EqBand], sample_rate: int) -> list[EqBand]:
    """Response of the equaliser to bands that it can play."""
    return [_played(band, sample_rate) for band in held(bands, sample_rate)]


def settings(bands: Sequence[EqBand], sample_rate: int) -> Iterator[dict[str, float]]:
    """Ports and their values, of as many equalisers one after another as the bands need."""
    ports, n_bells = dict[str, float](), 0
    for band in held(bands, sample_rate):
        is_bell = band.kind == "bell"
        is_taken = n_bells == _N_BELLS if is_bell else f"freq{_SHELVES[band.kind][0]}" in ports
        if is_taken:
            yield _whole(ports)
            ports, n_bells = {}, 0
        n_bells += is_bell
        name = str(n_bells) if is_bell else _SHELVES[band.kind][0]
        ports |= {f"freq{name}": _written_hz(band, sample_rate), f"g{name}": band.gain_db}
        if is_bell:
            ports[f"bw{name}"] = _octaves(band.q)
    if ports:
        yield _whole(ports)


def _whole(ports: dict[str, float]) -> dict[str, float]:
    """Every port: bands that are not used are off."""
    found = {"master": 0.0, "enable": 1.0, **ports}
    for name in ("l", *map(str, range(1, _N_BELLS + 1)), "h"):
        found[f"filtog{name}"] = float(f"freq{name}" in ports)
    return found


def _is_held(band: EqBand, sample_rate: int) -> bool:
    if abs(band.gain_db) > _MOST_DB or not _is_within(band.frequency_hz, _HZ_RANGE):
        return False
    if band.kind == "bell":
        return _is_within(_octaves(band.q), _OCTAVES_RANGE)
    is_shelf = band.kind in _SHELVES and abs(band.q - SHELF_Q) < 1e-3
    return is_shelf and _is_within(_written_hz(band, sample_rate), _HZ_RANGE)


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _played(band: EqBand, sample_rate: int) -> EqBand:
    gain_db = _settled(band.gain_db, _STOPS_DB, sample_rate)
    hz = _settled(_written_hz(band, sample_rate), _STOPS_HZ, sample_rate)
    if band.kind == "bell":
        octaves = _settled(_octaves(band.q), _STOPS_OCTAVES, sample_rate)
        return replace(band, frequency_hz=hz, gain_db=gain_db, q=_q(octaves))
    _, power = _SHELVES[band.kind]
    hz = _shifted(hz, -power * gain_db, sample_rate)
    return replace(band, frequency_hz=hz, gain_db=gain_db, q=SHELF_Q)


def _written_hz(band: EqBand, sample_rate: int) -> float:
    if band.kind not in _SHELVES:
        return band.frequency_hz
    _, power = _SHELVES[band.kind]
    gain_db = _settled(band.gain_db, _STOPS_DB, sample_rate)
    return _shifted(band.frequency_hz, power * gain_db, sample_rate)


def _shifted(frequency_hz: float, by_db: float, sample_rate: int) -> float:
    """A frequency whose tangent, as filters are made from it, is a half of so many dB higher."""
    tangent = math.tan(math.pi * frequency_hz / sample_rate) * 10.0 ** (by_db / 40.0)
    return math.atan(tangent) * sample_rate / math.pi


@functools.lru_cache(maxsize=4_096)
def _settled(value: float, stops: float, sample_rate: int) -> float:
    """Where a glide from 0 ends, in the plug-in's own precision."""
    target, now = np.float32(value), np.float32(0.0)
    share = np.float32(1.0 - math.exp(-2.0 * math.pi * _STEP_SAMPLES * _GLIDE_HZ / sample_rate))
    while abs(now - target) >= np.float32(stops):
        now = np.float32(now + share * np.float32(target - now))
    return float(now)


def _octaves(q: float) -> float:
    """Bandwidth in octaves of a quality."""
    return 2.0 * math.asinh(0.5 / q) / math.log(2.0)


def _q(octaves: float) -> float:
    return 0.5 / math.sinh(0.5 * math.log(2.0) * octaves)
