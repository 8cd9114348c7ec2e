"""Near copies: recordings that are a part of another one, or delayed by milliseconds.

Both may be intentional (a sample triggered by two tracks, a widening delay): they are reported, not
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mixer.song.duplicates.found import FEWEST_EXCERPTS

# This share of the excerpts in which it plays equals the other recording: edits are in the rest.
_AGREEING_SHARE = 0.8
_EQUAL_BELOW_DB = -30.0
# A delay between samples and cuts at an excerpt's ends leave a little over.
MOVED_BELOW_DB = -12.0
LONGEST_MOVE_S = 0.1
_FINER = 8  # lags between samples
# Moved copies have the same levels throughout; comparing them first spares the search.
_LIKE_LEVELS_FROM = 0.97


def copied_from(excerpts: np.ndarray, sounding: np.ndarray, among: Sequence[int]) -> dict[int, int]:
    """Find recordings that equal another one wherever they play: index of the other by index.

    Args:
        excerpts: float32 (recordings, excerpts, channels x samples).
        sounding: bool (recordings, excerpts): where each plays.
        among: the recordings to compare.
    """
    found: dict[int, int] = {}
    own_excerpts = excerpts[list(among)].swapaxes(0, 1)
    products = own_excerpts @ own_excerpts.swapaxes(1, 2)  # (excerpts, among, among)
    power = np.einsum("err->re", products)
    for place, index in enumerate(among):
        plays = sounding[index]
        if plays.sum() < FEWEST_EXCERPTS:
            continue
        for other_place, other in enumerate(among):
            cross, its = products[plays, place, other_place], power[other_place, plays]
            if other == index or found.get(other) == index or its.sum() == 0.0:
                continue
            gain = float(np.median(cross / np.maximum(its, 1e-30)))
            left = power[place, plays] - 2.0 * gain * cross + gain**2 * its
            equal = left < 10.0 ** (_EQUAL_BELOW_DB / 10.0) * power[place, plays]
            if equal.sum() >= max(FEWEST_EXCERPTS, _AGREEING_SHARE * plays.sum()):
                found[index] = other
                break
    return found


def moved_copies(
    excerpts: np.ndarray, sounding: np.ndarray, among: Sequence[int], sample_rate: int
) -> dict[int, tuple[int, float]]:
    """Find delayed copies: by index, the index of the original and the delay in seconds.

    Args:
        excerpts: float32 (recordings, excerpts, samples), of one channel.
        sounding: bool (recordings, excerpts).
        among: the recordings to compare, in order of preference: the first of two stays.
        sample_rate: of the excerpts, Hz.
    """
    levels = levels_by_excerpt(excerpts)
    reach = round(LONGEST_MOVE_S * sample_rate)
    found: dict[int, tuple[int, float]] = {}
    for place, index in enumerate(among):
        for other in among[:place]:
            both = sounding[index] & sounding[other]
            alike = float(levels[index] @ levels[other]) > _LIKE_LEVELS_FROM
            if other in found or not alike or both.sum() < FEWEST_EXCERPTS:
                continue
            lag = find_lag(excerpts[index, both], excerpts[other, both], reach, MOVED_BELOW_DB)
            if lag is not None:
                found[index] = (other, lag.samples / sample_rate)
                break
    return found


def levels_by_excerpt(excerpts: np.ndarray) -> np.ndarray:
    """Loudness of each excerpt of a recording: float64 (recordings, excerpts), of norm 1.

    Products of two rows are correlations.
    """
    levels = np.sqrt(np.einsum("res,res->re", excerpts, excerpts, dtype=np.float64))
    levels /= np.maximum(np.linalg.norm(levels, axis=1, keepdims=True), 1e-30)
    return levels


class Lag(NamedTuple):
    """Delay of one recording in samples, and 1 or -1 for its polarity."""

    samples: float
    sign: int


def find_lag(own: np.ndarray, other: np.ndarray, reach: int, below_db: float) -> Lag | None:
    """Delay in samples of one recording against another.

    Args:
        own, other: (excerpts, samples), the same stretches of time of both.
        reach: the largest lag, in samples.
        below_db: largest residual, in dB relative to its power.

    Returns:
        The lag to an eighth of a sample; None if the residual is larger at every lag.
    """
    n_samples = own.shape[1]
    middle = other[:, reach : n_samples - reach]
    size = 1 << (n_samples + middle.shape[1]).bit_length()
    cross = np.sum(np.fft.rfft(own, size) * np.conj(np.fft.rfft(middle, size)), axis=0)
    # More zeros after the spectrum give lags between samples.
    correlation = np.fft.irfft(cross, size * _FINER)[: (2 * reach + 1) * _FINER] * _FINER
    best = int(np.abs(correlation).argmax())
    start = best // _FINER
    window = own[:, start : start + middle.shape[1]]
    scale = np.sqrt(np.sum(middle**2, dtype=np.float64) * np.sum(window**2, dtype=np.float64))
    if scale == 0.0:
        return None
    left_over = 1.0 - min(1.0, (abs(float(correlation[best])) / scale) ** 2)
    if left_over >= 10.0 ** (below_db / 10.0):
        return None
    return Lag(best / _FINER - reach, 1 if correlation[best] >= 0.0 else -1)
