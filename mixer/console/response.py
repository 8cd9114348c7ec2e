"""Frequency response of a strip's filters, as an equaliser's curve shows it."""

from __future__ import annotations

import numpy as np

from mixer.console.automation import mean_value
from mixer.console.settings import Band, Filter, Number, Strip
from mixer.dsp.biquad import butterworth, eq_band
from mixer.dsp.recursive import response

_LEAST_GAIN = 1e-6


def filter_curve_db(strip: Strip, frequency_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Gain in dB of a strip's high-pass, low-pass and EQ at frequencies in Hz.

    Args:
        strip: the settings; automated ones count with their mean, and `amount` is ignored.
        frequency_hz: `(points,)`, below half of the sample rate.
        sample_rate: Hz.
    """
    whole = np.ones(len(frequency_hz), dtype=np.complex128)
    for kind, filter_ in (("high_pass", strip.high_pass), ("low_pass", strip.low_pass)):
        if filter_ is not None:
            sections = _pass_sections(kind, filter_, sample_rate)
            whole *= _blended(sections, filter_.amount, frequency_hz, sample_rate)
    for band in strip.eq:
        sections = _band_sections(band, sample_rate)
        whole *= _blended(sections, band.amount, frequency_hz, sample_rate)
    return 20.0 * np.log10(np.maximum(np.abs(whole), _LEAST_GAIN))


def _pass_sections(kind: str, filter_: Filter, sample_rate: int) -> np.ndarray:
    hz = np.array([mean_value(filter_.frequency_hz)])
    return butterworth(kind, hz, filter_.slope_db_per_octave, sample_rate)[0]


def _band_sections(band: Band, sample_rate: int) -> np.ndarray:
    hz, gain_db, q = (
        np.array([mean_value(number)]) for number in (band.frequency_hz, band.gain_db, band.q)
    )
    return eq_band(band.type, hz, gain_db, q, sample_rate)[0]


def _blended(
    sections: np.ndarray, amount: Number, frequency_hz: np.ndarray, sample_rate: int
) -> np.ndarray:
    """Complex gains of a filter whose output is blended with its input."""
    wet = response(sections, frequency_hz, sample_rate)
    return np.asarray(1.0 + mean_value(amount) * (wet - 1.0))
