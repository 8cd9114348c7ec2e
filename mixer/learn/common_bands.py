"""Bands that an engineer gives the same kind of track in song after song.

Bands of two songs are the same taste if they are of one kind and next to each other in
frequency. A change of a model's band counts as the band that comes closest to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import scipy.optimize

from mixer.learn.decision import LEAST_DB
from mixer.output.daw.strips.native import response_db
from mixer.output.daw.strips.native_strip import EqBand

# How far apart the same band may be in two songs.
_REACH_OCTAVES = {"bell": 0.5, "notch": 0.25, "low_shelf": 1.0, "high_shelf": 1.0}
# An undone band and a new one of the same strip, this near, are one that was turned.
_TURNED_OCTAVES = 1.0 / 3.0
_RATE_HZ = 48_000
_HZ = np.geomspace(30.0, 16_000.0, 60)


@dataclass(frozen=True)
class Placed:
    """A band with whose it is: the song, and the track within it."""

    song: int
    track: int
    band: EqBand


@dataclass(frozen=True)
class Cluster:
    """The same band on several tracks.

    Attributes:
        bands: by song, one for each track that has it.
    """

    bands: dict[int, list[EqBand]]

    @property
    def kind(self) -> str:
        return next(iter(self.bands.values()))[0].kind

    def of_songs(self, number: Callable[[EqBand], float]) -> list[float]:
        """A number of the band in each song: that of its middle track."""
        return [median(map(number, own)) for own in self.bands.values()]

    @property
    def middle(self) -> EqBand:
        """The band whose numbers are the middle ones of all songs."""
        octave = median(self.of_songs(lambda band: math.log2(band.frequency_hz)))
        return EqBand(
            next(iter(self.bands.values()))[0].kind,
            2.0**octave,
            median(self.of_songs(lambda band: band.gain_db)),
            median(self.of_songs(lambda band: band.q)),
        )


def clusters_of(placed: Sequence[Placed]) -> list[Cluster]:
    """Bands sorted into clusters, of each kind the largest first; each band is in one."""
    found = list[Cluster]()
    for kind, reach in _REACH_OCTAVES.items():
        left = [one for one in placed if one.band.kind == kind]
        while left:
            near = _near(_most_crowded(left, reach), left, reach)
            left = [one for one in left if one not in near]
            bands: dict[int, list[EqBand]] = {}
            for one in near:
                bands.setdefault(one.song, []).append(one.band)
            found.append(Cluster(bands))
    return found


def net_bands(bands: Sequence[EqBand]) -> list[EqBand]:
    """Bands with each pair that turns one into another as the one that does the same."""
    left, net = list(bands), list[EqBand]()
    while left:
        band = left.pop(0)
        other = next((o for o in left if _turns(band, o)), None)
        if other is not None:
            left.remove(other)
            left.insert(0, _turned(band, other))
        elif abs(band.gain_db) >= LEAST_DB or band.kind == "notch":
            net.append(band)
    return net


def _most_crowded(placed: Sequence[Placed], reach: float) -> EqBand:
    """The band that has most others in reach."""
    octaves = np.log2([one.band.frequency_hz for one in placed])
    rising = np.sort(octaves)
    within = np.searchsorted(rising, octaves + reach) - np.searchsorted(rising, octaves - reach)
    return placed[int(np.argmax(within))].band


def _near(centre: EqBand, placed: Sequence[Placed], reach: float) -> set[Placed]:
    """The band of each track that is next to a centre, if one is in reach."""
    nearest: dict[tuple[int, int], Placed] = {}
    for one in placed:
        if _apart(one.band, centre) > reach:
            continue
        there = nearest.get((one.song, one.track))
        if there is None or _apart(one.band, centre) < _apart(there.band, centre):
            nearest[one.song, one.track] = one
    return set(nearest.values())


def _apart(one: EqBand, other: EqBand) -> float:
    return abs(math.log2(one.frequency_hz / other.frequency_hz))


def _turns(one: EqBand, other: EqBand) -> bool:
    return (
        one.kind == other.kind != "notch"
        and one.gain_db * other.gain_db < 0.0
        and _apart(one, other) <= _TURNED_OCTAVES
    )


def _turned(one: EqBand, other: EqBand) -> EqBand:
    """The band next to two one after the other: at the newer one's place, as wide as fits best."""
    curve_db = response_db((one, other), _HZ, _RATE_HZ)
    start = replace(other, gain_db=one.gain_db + other.gain_db)

    def off_db(octaves_of_q: float) -> float:
        band = replace(start, q=start.q * 2.0**octaves_of_q)
        return float(np.square(response_db((band,), _HZ, _RATE_HZ) - curve_db).sum())

    best = scipy.optimize.minimize_scalar(off_db, bounds=(-2.0, 2.0), method="bounded")
    return replace(start, q=start.q * 2.0 ** float(best.x))
