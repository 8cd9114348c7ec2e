"""Bus compressors that reduce as much as engineers' do, however loud and dense the music is.

A network that hears tracks one by one cannot know how far their sum moves; here it is foreseen from
the tracks' own peaks, frame by frame, and the threshold is put where loud moments lose a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.features import POWER_FLOOR, TrackLevels
from mixer.network.track_mixer.holding import reduction_db
from mixer.network.track_mixer.track_settings import Compression, TrackSettings

# As bus compressors are set: they let the transient through and are back within a beat.
ATTACK_MS, RELEASE_MS, RATIO = 30.0, 200.0, 2.0
# Reduction of loud moments (one in ten).
TAKEN_DB = 1.5
_LOUD_PERCENTILE = 90.0
# A bus plays while it is within this of its highest peak.
_PLAYS_WITHIN_DB = 40.0
_BISECTIONS = 12


@dataclass(frozen=True)
class BusLevels:
    """Predicted movement of a bus.

    Attributes:
        peak_db: (frames,) of the sum, in dBFS.
        power: (frames,) of the sum, linear, K-weighted.
    """

    peak_db: NDArray[np.float64]
    power: NDArray[np.float64]


def foresee(tracks: Sequence[TrackLevels], strips: Sequence[TrackSettings]) -> BusLevels:
    """Predict how the sum of independent tracks moves after their strips."""
    n_frames = max((len(track.frame_db) for track in tracks), default=0)
    peaks, power = np.zeros(n_frames), np.zeros(n_frames)
    for track, strip in zip(tracks, strips, strict=True):
        n = min(len(track.frame_db), len(track.peak_db))
        held_db = reduction_db(track.peak_db[:n].astype(np.float64), strip.compression)
        # Constant power: the louder channel gains up to 3 dB.
        side_db = 20.0 * np.log10(np.sqrt(2.0) * np.cos((1.0 - abs(strip.pan)) * np.pi / 4.0))
        peaks[:n] += 10.0 ** ((track.peak_db[:n] + strip.gain_db + side_db - held_db) / 10.0)
        power[:n] += 10.0 ** ((track.frame_db[:n] + strip.gain_db - held_db) / 10.0)
    return BusLevels(10.0 * np.log10(np.maximum(peaks, POWER_FLOOR)), power)


def glue(bus: BusLevels, amount: float) -> tuple[Compression, float]:
    """Set a compressor that reduces loud moments by `TAKEN_DB`, and its make-up gain.

    Args:
        bus: as predicted by `foresee`.
        amount: 0 to 1, of the reduction.

    Returns:
        The compressor, off if nothing plays, and dB that make up for it.
    """
    if not bus.peak_db.size or amount <= 0.0:
        return Compression(), 0.0
    plays = bus.peak_db > bus.peak_db.max() - _PLAYS_WITHIN_DB
    high_db = min(float(bus.peak_db.max()), 0.0)
    low_db = high_db - _PLAYS_WITHIN_DB
    for _ in range(_BISECTIONS):
        threshold_db = 0.5 * (low_db + high_db)
        taken_db = reduction_db(bus.peak_db, _glue_at(threshold_db))
        if np.percentile(taken_db[plays], _LOUD_PERCENTILE) > amount * TAKEN_DB:
            low_db = threshold_db
        else:
            high_db = threshold_db
    compression = _glue_at(high_db)
    left = bus.power * 10.0 ** (-reduction_db(bus.peak_db, compression) / 10.0)
    lost = max(float(bus.power.sum()), POWER_FLOOR) / max(float(left.sum()), POWER_FLOOR)
    return compression, float(10.0 * np.log10(lost))


def behind(bus: BusLevels, compression: Compression, made_up_db: float) -> BusLevels:
    """Movement of a bus after its compressor and its gain."""
    if compression.is_off:
        return bus
    taken_db = reduction_db(bus.peak_db, compression)
    gain_db = made_up_db - taken_db
    return BusLevels(bus.peak_db + gain_db, bus.power * 10.0 ** (gain_db / 10.0))


def together(buses: Sequence[BusLevels]) -> BusLevels:
    """Movement of the sum of buses."""
    n_frames = max(len(bus.peak_db) for bus in buses)
    peaks, power = np.zeros(n_frames), np.zeros(n_frames)
    for bus in buses:
        peaks[: len(bus.peak_db)] += 10.0 ** (bus.peak_db / 10.0)
        power[: len(bus.power)] += bus.power
    return BusLevels(10.0 * np.log10(np.maximum(peaks, POWER_FLOOR)), power)


def _glue_at(threshold_db: float) -> Compression:
    return Compression(threshold_db, RATIO, ATTACK_MS, RELEASE_MS)
