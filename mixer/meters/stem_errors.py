"""Errors of a mix's stems against the true ones: level, balance, spectrum, width, crest factor.

None of the five depends on how loud either mix is: levels are those of a stem relative to its own
mix, as if both mixes played equally loud.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixer.meters.stem_figures import LEAST_SIDE_DB, StemFigures

# A stem this far below its mix is not heard in it: silent in truth, and the worst that a stem
# which is missing can be wrong by.
SILENT_BELOW_MIX_LU = -40.0
# Third octaves and regions of width that count, below the true stem's strongest.
ACTIVE_BAND_DB = -50.0
# Below this, what is left of a band is rounding, codec or bleed.
_LEAST_BAND_DB = -60.0
# Seconds that count for the crest factor, below the true stem's loudest.
_ACTIVE_WINDOW_DB = -20.0


@dataclass(frozen=True)
class StemPair:
    """A stem of a mix and the same stem of the true mix, over the same time.

    Attributes:
        stem, truth: their figures, of equally many windows.
        mix_lufs, true_mix_lufs: loudness of the mixes that they stand in.
    """

    stem: StemFigures
    mix_lufs: float
    truth: StemFigures
    true_mix_lufs: float

    @property
    def is_silent_in_truth(self) -> bool:
        """There is nothing to compare with."""
        true_level_lu = level_in_mix_lu(self.truth.loudness_lufs, self.true_mix_lufs)
        return true_level_lu <= SILENT_BELOW_MIX_LU


def level_in_mix_lu(stem_lufs: float, mix_lufs: float) -> float:
    """Loudness of a stem relative to its mix, never below `SILENT_BELOW_MIX_LU`."""
    if not math.isfinite(stem_lufs):
        return SILENT_BELOW_MIX_LU
    return max(stem_lufs - mix_lufs, SILENT_BELOW_MIX_LU)


def level_difference_db(pair: StemPair) -> float:
    """Loudness within the mix, more than in truth; signed.

    Where the stem is silent in the mix alone, its level is wrong by all that it should be above
    silence.
    """
    true_level_lu = level_in_mix_lu(pair.truth.loudness_lufs, pair.true_mix_lufs)
    return level_in_mix_lu(pair.stem.loudness_lufs, pair.mix_lufs) - true_level_lu


def balance_difference_db(pair: StemPair) -> float:
    """Right over left, more than in truth; signed."""
    return pair.stem.balance_db - pair.truth.balance_db


def spectrum_distance_db(pair: StemPair) -> float:
    """Mean distance over the third octaves within 50 dB of the true stem's strongest.

    The mean difference of these bands is taken away first; 0 or more.
    """
    true_db = pair.truth.bands_db
    active = true_db >= true_db.max() + ACTIVE_BAND_DB
    bands_db, true_db = (
        np.maximum(level, level.max() + _LEAST_BAND_DB) for level in (pair.stem.bands_db, true_db)
    )
    difference_db = (bands_db - true_db)[active]
    return float(np.abs(difference_db - difference_db.mean()).mean())


def width_distance_db(pair: StemPair) -> float:
    """Mean distance of side over mid (each at least -40 dB); 0 or more.

    Over the regions low, mid and high in which the true stem has energy.
    """
    stem, truth = pair.stem, pair.truth
    active = truth.share_db >= truth.share_db.max() + ACTIVE_BAND_DB
    # A band that the mix has emptied has no width of its own: it counts as mono.
    side_db = np.where(stem.share_db > _LEAST_BAND_DB, stem.side_db, LEAST_SIDE_DB)
    return float(np.abs(side_db - truth.side_db)[active].mean())


def crest_difference_db(pair: StemPair) -> float:
    """Median crest factor over the seconds in which the true stem plays; signed."""
    playing = pair.truth.window_db >= pair.truth.window_db.max() + _ACTIVE_WINDOW_DB
    return float(
        np.median(pair.stem.window_crest_db[playing])
        - np.median(pair.truth.window_crest_db[playing])
    )
