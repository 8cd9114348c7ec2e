"""The ride: a slow gain that widens or narrows how far the loudness of a mix varies."""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import power_to_db
from mixer.meters.loudness_range import PERCENTILES, RELATIVE_GATE_LU
from mixer.meters.stem_powers import Floats, StemPowers
from mixer.reference.moves import MOST_RIDE_DB
from mixer.reference.reference_figures import k_blocks

# Blocks that are one short-term loudness.
_SHORT_TERM_BLOCKS = 6
# Fewer blocks have no range.
_FEWEST_BLOCKS = 20
# A ride this strong turns a mix's own dynamics inside out.
_MOST_SLOPE = 0.6
_PASSES = 6
_LEAST_LU = 0.05
_SILENT = 1e-7


def find_ride(powers: StemPowers, gains: Floats, factor: float) -> Floats:
    """Find the ride that brings the sum's loudness range to a multiple of the unmoved stems' range.

    Args:
        powers: of the stems.
        gains: of them, linear, float64 (2, fine bands, stems).
        factor: 1 for the range that the stems have without any gains.

    Returns:
        float64 (blocks,) in dB, with a mean of 0 over the blocks that count; empty if there is
        nothing to ride.
    """
    everything = np.ones(len(powers.names))
    own, now = k_blocks(powers, everything), k_blocks(powers, everything, gains)
    counts = own > max(_SILENT, own.max(initial=0.0) * 1e-6)
    if own.size < _FEWEST_BLOCKS or counts.sum() < _FEWEST_BLOCKS:
        return np.zeros(0)
    own_lu, now_lu = range_lu(own), range_lu(now)
    goal_lu = own_lu * factor
    if abs(now_lu - goal_lu) < _LEAST_LU or now_lu < _LEAST_LU:
        return np.zeros(0)
    # A level that is bent by a slope has its range bent by it, bounds and smoothing aside.
    slope, best, missing_lu = goal_lu / now_lu - 1.0, np.zeros(0), abs(goal_lu - now_lu)
    for _ in range(_PASSES):
        slope = min(max(slope, -_MOST_SLOPE), _MOST_SLOPE)
        ride_db = _ride(now, counts, slope)
        reached_lu = range_lu(now * 10.0 ** (ride_db / 10.0))
        if abs(reached_lu - goal_lu) < missing_lu:
            best, missing_lu = ride_db, abs(reached_lu - goal_lu)
        # Blocks that were gated may count now, and widen the range that the ride narrowed.
        progress = (reached_lu - now_lu) / (goal_lu - now_lu)
        if missing_lu < _LEAST_LU or progress <= 0.0:
            break
        slope /= max(progress, 0.5)
    return best


def range_lu(level: Floats) -> float:
    """Loudness range of blocks of K-weighted power, as in EBU Tech 3342 with a coarser step."""
    short = np.convolve(level, np.full(_SHORT_TERM_BLOCKS, 1.0 / _SHORT_TERM_BLOCKS), "valid")
    short = short[short > _SILENT]
    short = short[short > short.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)] if short.size else short
    if not short.size:
        return 0.0
    low, high = np.percentile(10.0 * np.log10(short), PERCENTILES)
    return float(high - low)


def _ride(level: Floats, counts: np.ndarray, slope: float) -> Floats:
    around = np.ones(_SHORT_TERM_BLOCKS)
    smooth = np.convolve(level, around, "same") / np.convolve(np.ones_like(level), around, "same")
    smooth_db = power_to_db(smooth, _SILENT)
    middle_db = float(np.median(smooth_db[counts]))
    # Silence, fades and what is gated follow what is softest of the rest.
    lowest_db = float(np.percentile(smooth_db[counts], PERCENTILES[0]))
    return np.clip(
        slope * (np.maximum(smooth_db, lowest_db) - middle_db), -MOST_RIDE_DB, MOST_RIDE_DB
    )
