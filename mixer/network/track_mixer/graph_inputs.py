"""Inputs of the network's graph from the features of the tracks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.features import FLOOR_DB, POWER_FLOOR
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.parameters import N_DYNAMICS, PERCENTILES
from mixer.roles import HINT_OF_ROLE, HINTS, ROLE_NAMES
from mixer.stems import STEMS

_ACTIVE_WITHIN_DB, _QUIETEST_DB = 40.0, -100.0
# A window of a second, and the time over which a moment stands out, in frames of about 23 ms.
_WINDOW_FRAMES, AROUND_FRAMES = 43, 16


def graph_inputs(heard: HeardTracks) -> dict[str, NDArray[np.generic]]:
    """Inputs of the graph, by name, for one track or more.

    Returns:
        `bands_db` float32 (1, tracks, views, bands), power of each view while the track plays, in
        dB, -120 for silence; `dynamics` float32 (1, tracks, `N_DYNAMICS`); `is_mono` float32
        (1, tracks); `role` int64 (1, tracks), numbers of `HINTS`; `group` int64 (1, tracks),
        numbers of `STEMS`; `mask` float32 (1, tracks), 1 for a track that sounds; `levels`
        float32 (1,).

    Raises:
        ValueError: no track, or a role or stem that is not known.
    """
    tracks = heard.features
    if not tracks:
        raise ValueError("a mix needs at least one track")
    for role in heard.roles:
        if role not in HINT_OF_ROLE:
            raise ValueError(f"unknown role {role!r}; choose from {', '.join(ROLE_NAMES)}")
    return {
        "bands_db": np.stack([describe_bands(track.powers) for track in tracks])[None],
        "dynamics": np.stack([describe_dynamics(t.frame_db, t.peak_db) for t in tracks])[None],
        "is_mono": np.array([[float(t.n_channels == 1) for t in tracks]], np.float32),
        "role": np.array([[HINTS.index(HINT_OF_ROLE[role]) for role in heard.roles]], np.int64),
        "group": np.array([[STEMS.index(stem) for stem in heard.stems]], np.int64),
        "mask": np.array([[float(np.isfinite(t.loudness_lufs)) for t in tracks]], np.float32),
        "levels": np.array([heard.levels], np.float32),
    }


def describe_bands(powers: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Power of each of `VIEWS` in dB, of left, right and cross `(..., 3, bands)`."""
    left, right, cross = np.moveaxis(powers.astype(np.float64), -2, 0)
    mid, side = (left + right + 2 * cross) / 4, (left + right - 2 * cross) / 4
    views = np.maximum(np.stack([left, right, mid, side], axis=-2), POWER_FLOOR)
    return np.asarray(10.0 * np.log10(views), np.float32)


def describe_dynamics(
    frame_db: NDArray[np.float32], peak_db: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Dynamics of a track, whatever its level: float32 (`N_DYNAMICS`,), each about -4 to 4.

    In order: share of the time that it plays; percentiles of its level while it plays, against the
    mean; how far moments stand above the level around them, mean and largest usual; the crest
    factor of windows of a second, median and highest usual; how far windows differ in level; and
    the highest peak. Zeros for silence.

    Args:
        frame_db, peak_db: (frames,), from `TrackLevels`.
    """
    if not frame_db.size or frame_db.max() <= _QUIETEST_DB:
        return np.zeros(N_DYNAMICS, np.float32)
    power = 10.0 ** (np.maximum(frame_db, FLOOR_DB).astype(np.float64) / 10.0)
    loudest = float(frame_db.max())
    active = frame_db > loudest - _ACTIVE_WITHIN_DB
    mean_db = 10.0 * np.log10(power[active].mean())
    excess = (frame_db - level_around_db(power, AROUND_FRAMES))[active]
    window_db, window_crest_db = _windows(power, peak_db)
    plays = window_db > window_db.max() - 20.0
    # In dB to begin with; what has no unit is a share.
    figures = [
        10.0 * (active.mean() - 0.5),
        *(np.percentile(frame_db[active], PERCENTILES) - mean_db),
        np.maximum(excess, 0.0).mean() * 3.0,
        np.percentile(excess, 95.0),
        np.median(window_crest_db[plays]) - 12.0,
        np.percentile(window_crest_db[plays], 90.0) - 12.0,
        window_db[plays].std() * 2.0,
        float(peak_db.max()) - mean_db - 15.0,
    ]
    return np.clip(np.array(figures) / 10.0, -4.0, 4.0).astype(np.float32)


def level_around_db(power: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Mean power in dB of the frames around each one, (frames,), fewer at the ends."""
    total = np.concatenate([[0.0], np.cumsum(power)])
    place = np.arange(len(power))
    first = np.maximum(place - frames // 2, 0)
    last = np.minimum(place + frames // 2 + 1, len(power))
    mean = (total[last] - total[first]) / (last - first)
    return np.asarray(10.0 * np.log10(np.maximum(mean, POWER_FLOOR)))


def _windows(
    power: NDArray[np.float64], peak_db: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Level and crest factor in dB of windows of a second."""
    length = min(_WINDOW_FRAMES, len(power))
    n_windows = len(power) // length
    shape = (n_windows, length)
    level = power[: n_windows * length].reshape(shape).mean(axis=1)
    # Half of the power of both channels is one channel's.
    level_db = 10.0 * np.log10(np.maximum(level, POWER_FLOOR))
    peak = peak_db[: n_windows * length].reshape(shape).max(axis=1)
    return level_db, peak - (level_db - 3.0)
