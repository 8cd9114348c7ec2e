"""How far a mix's stems are from the true ones: level, balance, spectrum, width, crest factor.

None of the five depends on how loud either mix is: levels are those of a stem relative to its own
mix, as if both mixes played equally loud.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixer.evaluate.stem_figures import LEAST_SIDE_DB, StemFigures

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
class StemErrors:
    """One stem of a mix against the same stem of the true mix.

    Attributes:
        level_db: loudness within the mix, more than in truth; signed, dB.
        balance_db: right over left, more than in truth; signed, dB.
        spectrum_db: mean distance over the third octaves within 50 dB of the true stem's
            strongest, after the mean difference of these bands is taken away; 0 or more.
        width_db: mean distance of side over mid (each at least -40 dB) over the regions low, mid
            and high in which the true stem has energy; 0 or more.
        crest_db: median crest factor over the seconds in which the true stem plays, more than in
            truth; signed, dB.
    """

    level_db: float
    balance_db: float
    spectrum_db: float
    width_db: float
    crest_db: float

    def absolute(self) -> dict[str, float]:
        """Measure to size of the error in dB."""
        return {
            "level_error_db": abs(self.level_db),
            "balance_error_db": abs(self.balance_db),
            "spectrum_error_db": self.spectrum_db,
            "width_error_db": self.width_db,
            "crest_error_db": abs(self.crest_db),
        }


STEM_MEASURES = tuple(StemErrors(0.0, 0.0, 0.0, 0.0, 0.0).absolute())


def level_in_mix_lu(stem_lufs: float, mix_lufs: float) -> float:
    """Loudness of a stem relative to its mix, never below `SILENT_BELOW_MIX_LU`."""
    if not math.isfinite(stem_lufs):
        return SILENT_BELOW_MIX_LU
    return max(stem_lufs - mix_lufs, SILENT_BELOW_MIX_LU)


def compare_stem(
    stem: StemFigures, mix_lufs: float, truth: StemFigures, true_mix_lufs: float
) -> StemErrors | None:
    """Compare a stem with the true one.

    Args:
        stem, truth: figures of the same time, and so of equally many windows.
        mix_lufs, true_mix_lufs: loudness of the mixes that they stand in.

    Returns:
        None where the stem is silent in truth. Where it is silent in the mix alone, its level is
        wrong by all that it should be above silence, and the other errors are of its rest.
    """
    true_level_lu = level_in_mix_lu(truth.loudness_lufs, true_mix_lufs)
    if true_level_lu <= SILENT_BELOW_MIX_LU:
        return None
    return StemErrors(
        level_db=level_in_mix_lu(stem.loudness_lufs, mix_lufs) - true_level_lu,
        balance_db=stem.balance_db - truth.balance_db,
        spectrum_db=_spectrum_error_db(stem.bands_db, truth.bands_db),
        width_db=_width_error_db(stem, truth),
        crest_db=_crest_error_db(stem, truth),
    )


def _spectrum_error_db(bands_db: np.ndarray, true_db: np.ndarray) -> float:
    active = true_db >= true_db.max() + ACTIVE_BAND_DB
    bands_db, true_db = (
        np.maximum(level, level.max() + _LEAST_BAND_DB) for level in (bands_db, true_db)
    )
    difference_db = (bands_db - true_db)[active]
    return float(np.abs(difference_db - difference_db.mean()).mean())


def _width_error_db(stem: StemFigures, truth: StemFigures) -> float:
    active = truth.share_db >= truth.share_db.max() + ACTIVE_BAND_DB
    # A band that the mix has emptied has no width of its own: it counts as mono.
    side_db = np.where(stem.share_db > _LEAST_BAND_DB, stem.side_db, LEAST_SIDE_DB)
    return float(np.abs(side_db - truth.side_db)[active].mean())


def _crest_error_db(stem: StemFigures, truth: StemFigures) -> float:
    playing = truth.window_db >= truth.window_db.max() + _ACTIVE_WINDOW_DB
    return float(
        np.median(stem.window_crest_db[playing]) - np.median(truth.window_crest_db[playing])
    )
