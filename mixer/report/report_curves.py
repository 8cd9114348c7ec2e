"""Data of the report's charts: short lists of numbers from long audio."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import BLOCK_SAMPLES, peak, power_to_db
from mixer.meters.loudness import ABSOLUTE_GATE_LUFS, short_term_loudness_lufs

N_COLUMNS = 1_200
N_LOUDNESS_POINTS = 600
# A short-term window ends 3 s after it starts; its level is in its middle.
FIRST_WINDOW_CENTRE_S = 1.5
N_DIRECTIONS = 61
LOWEST_DIRECTION_DB = -48.0
# Peaks below this say nothing of a limiter.
_QUIET = 1e-3


class Outline(TypedDict):
    """Envelope of a waveform; see `envelope`."""

    peak: float
    low: list[int]
    high: list[int]


class LoudnessCurve(TypedDict):
    """Short-term loudness at times; see `loudness_over_time`."""

    time_s: list[float]
    lufs: list[float | None]


def envelope(audio: np.ndarray, n_columns: int = N_COLUMNS) -> Outline:
    """The outline of a waveform.

    Args:
        audio: float32 `(channels, samples)`.
        n_columns: into how many stretches of equal length it is cut; fewer if it is shorter.

    Returns:
        `peak`, linear; `low` and `high`, whole numbers from -127 to 127 relative to that peak: the
        least and the largest sample of any channel in each column.
    """
    largest = peak(audio)
    if audio.shape[1] == 0 or largest == 0.0:
        return {"peak": 0.0, "low": [0], "high": [0]}
    starts = _column_starts(audio.shape[1], n_columns)
    low = np.minimum.reduceat(audio, starts, axis=1).min(axis=0)
    high = np.maximum.reduceat(audio, starts, axis=1).max(axis=0)
    scale = 127.0 / largest
    return {
        "peak": float(largest),
        "low": np.rint(low * scale).astype(int).tolist(),
        "high": np.rint(high * scale).astype(int).tolist(),
    }


def loudness_over_time(audio: np.ndarray, sample_rate: int) -> LoudnessCurve:
    """Short-term loudness, thinned to at most `N_LOUDNESS_POINTS` points.

    Args:
        audio: float32 `(1 or 2, samples)`.
        sample_rate: Hz.

    Returns:
        `time_s` and `lufs`, None at the absolute gate and below; both empty for less than 3 s.
    """
    levels_lufs = short_term_loudness_lufs(audio, sample_rate)
    stride = max(1, -(-levels_lufs.size // N_LOUDNESS_POINTS))
    times_s: list[float] = []
    values: list[float | None] = []
    for first in range(0, levels_lufs.size, stride):
        power = float(np.mean(10.0 ** (levels_lufs[first : first + stride] / 10.0)))
        n_here = min(stride, levels_lufs.size - first)
        times_s.append(round(FIRST_WINDOW_CENTRE_S + (first + 0.5 * (n_here - 1)) * 0.1, 2))
        level_lufs = float(power_to_db(power, 1e-20))
        values.append(round(level_lufs, 2) if level_lufs > ABSOLUTE_GATE_LUFS else None)
    return {"time_s": times_s, "lufs": values}


def peak_reduction_db(
    before: np.ndarray, after: np.ndarray, n_columns: int = N_COLUMNS
) -> list[float]:
    """Reduction of the largest peak of each column, in dB, 0 or more.

    Args:
        before: float32 `(channels, samples)`: the sum of the wet stems.
        after: of the same shape: the mix.
        n_columns: as for `envelope`.
    """
    if before.shape[1] == 0:
        return [0.0]
    starts = _column_starts(before.shape[1], n_columns)
    was, is_now = (
        np.maximum(
            np.maximum.reduceat(audio, starts, axis=1).max(axis=0),
            -np.minimum.reduceat(audio, starts, axis=1).min(axis=0),
        ).astype(np.float64)
        for audio in (before, after)
    )
    reduction_db = np.zeros(was.size)
    loud = was > _QUIET
    reduction_db[loud] = 20.0 * np.log10(was[loud] / np.maximum(is_now[loud], 1e-6))
    return np.round(np.maximum(reduction_db, 0.0), 2).tolist()


def energy_by_direction_db(audio: np.ndarray) -> list[float]:
    """Energy of a stereo signal by direction, as a goniometer shows it.

    A sample's direction is the angle of (L + R, L - R): 0 in the centre, 45 degrees on the left
    channel alone, -45 on the right alone; beyond, the channels are out of phase.

    Args:
        audio: float32 `(2, samples)`.

    Returns:
        Level of the energy in each of `N_DIRECTIONS` directions from -90 to 90 degrees relative to
        the whole, in dB, never below `LOWEST_DIRECTION_DB`.
    """
    energy = np.zeros(N_DIRECTIONS)
    step = 180.0 / (N_DIRECTIONS - 1)
    for start in range(0, audio.shape[1], BLOCK_SAMPLES):
        left, right = audio[:, start : start + BLOCK_SAMPLES].astype(np.float64)
        mid, side = left + right, left - right
        # Upside down is the same direction.
        angle = np.degrees(np.arctan2(np.where(mid < 0.0, -side, side), np.abs(mid)))
        place = np.rint((angle + 90.0) / step).astype(np.int64)
        energy += np.bincount(place, mid**2 + side**2, N_DIRECTIONS)
    total = float(energy.sum())
    if total == 0.0:
        return [LOWEST_DIRECTION_DB] * N_DIRECTIONS
    lowest = 10.0 ** (LOWEST_DIRECTION_DB / 10.0)
    return np.round(power_to_db(energy / total, lowest), 2).tolist()


def _column_starts(n_samples: int, n_columns: int) -> np.ndarray:
    n_columns = min(n_columns, n_samples)
    return (np.arange(n_columns, dtype=np.int64) * n_samples) // n_columns
