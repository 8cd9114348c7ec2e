"""A smooth curve as bands of an equaliser: two shelves and six bells, by least squares in dB."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from mixer.output.daw.strips.native import response_db
from mixer.output.daw.strips.native_strip import EqBand

# Where bands begin their search: shelves at the ends, bells an octave and more apart between them.
_START = (
    EqBand("low_shelf", 75.0),
    *(EqBand("bell", hz, 0.0, 1.0) for hz in (130.0, 280.0, 600.0, 1_300.0, 2_800.0, 5_800.0)),
    EqBand("high_shelf", 10_500.0),
)
_MOST_DB = 24.0
_OCTAVES_AWAY, _Q_RANGE = 1.0, (0.3, 3.0)
# A band below this does nothing that could be heard; a curve so flat needs none.
_LEAST_DB = 0.04
_MOST_STEPS = 30


def fit_bands(
    frequency_hz: NDArray[np.float64],
    curve_db: NDArray[np.float64],
    sample_rate: int,
    weights: NDArray[np.float64] | None = None,
    *,
    fixed_shelves: bool = False,
) -> tuple[EqBand, ...]:
    """Fit bands to a curve in dB; none if the curve is flat.

    Args:
        frequency_hz: where the curve is given, rising.
        curve_db: gain there.
        sample_rate: of the equaliser, in Hz.
        weights: how much each frequency counts, 0 to 1; None for all alike.
        fixed_shelves: shelves keep their initial Q.
    """
    share = np.ones_like(curve_db) if weights is None else weights
    if np.max(np.abs(curve_db * share)) < _LEAST_DB:
        return ()
    start = [band for band in _START if band.frequency_hz < 0.4 * sample_rate]
    n = len(start)

    def off_db(x: NDArray[np.float64]) -> NDArray[np.float64]:
        bands = _turned(start, x, fixed_shelves)
        off = (response_db(bands, frequency_hz, sample_rate) - curve_db) * share
        # A trace of a pull towards where each began, so that no band runs off unheard.
        return np.concatenate([off, 0.05 * x])

    high = np.concatenate(
        [np.full(n, _MOST_DB), np.full(n, _OCTAVES_AWAY), np.full(n, np.log2(_Q_RANGE[1]))]
    )
    low = np.concatenate([-high[: 2 * n], np.full(n, np.log2(_Q_RANGE[0]))])
    found = scipy.optimize.least_squares(
        off_db, np.zeros(3 * n), bounds=(low, high), max_nfev=_MOST_STEPS, ftol=1e-4, xtol=1e-4
    )
    bands = _turned(start, found.x, fixed_shelves)
    return tuple(_tidy(band) for band in bands if abs(band.gain_db) >= _LEAST_DB)


def _turned(start: list[EqBand], x: NDArray[np.float64], fixed_shelves: bool) -> list[EqBand]:
    """Bands moved: gains in dB, then octaves away, then octaves of q."""
    gains_db, octaves, qs = np.split(x, 3)
    return [
        replace(
            band,
            frequency_hz=band.frequency_hz * 2.0 ** float(octave),
            gain_db=float(gain_db),
            q=band.q
            if fixed_shelves and band.kind != "bell"
            else float(np.clip(band.q * 2.0 ** float(q), *_Q_RANGE)),
        )
        for band, gain_db, octave, q in zip(start, gains_db, octaves, qs, strict=True)
    ]


def _tidy(band: EqBand) -> EqBand:
    """Numbers as an engineer reads them off a screen."""
    return replace(
        band,
        frequency_hz=round(band.frequency_hz, 1),
        gain_db=round(band.gain_db, 2),
        q=round(band.q, 3),
    )
