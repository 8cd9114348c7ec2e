"""Measured spectra to curves of a profile: smoothing, and sampling at bands.

Source: the published profile of Martinez-Ramirez et al., ISMIR 2022, smooths by a first-order
Savitzky-Golay filter, which is a moving average, on the bins of a 65 536-point transform.
"""

from collections.abc import Sequence

import numpy as np

from mixer.dsp.running import running_mean

# Sixth-octave centres from 19.7 Hz to 20.2 kHz around 1 kHz, as in the published profile.
DEFAULT_BANDS_HZ = tuple(round(1_000.0 * 2.0 ** (k / 6.0), 2) for k in range(-34, 27))
# 401 and 151 bins at 44.1 kHz; the curves of bass and drums have a finer shape at the bottom.
SPECTRUM_SMOOTHING_HZ = {"bass": 101.6, "drums": 101.6}
DEFAULT_SPECTRUM_SMOOTHING_HZ = 269.8
PHI_SMOOTHING_HZ = 337.1
LOWEST_HZ = 20.0


def spectrum_curve_db(
    magnitude: np.ndarray, stem: str, sample_rate: int, bands_hz: Sequence[float]
) -> tuple[float, ...]:
    """Smoothed spectrum at bands, in dB relative to its largest bin above 20 Hz.

    Args:
        magnitude: mean STFT magnitude `(bins,)`, from 0 Hz to half the sample rate.
        stem: decides the width of the smoothing.
        sample_rate: Hz.
        bands_hz: where the curve is wanted.
    """
    width_hz = SPECTRUM_SMOOTHING_HZ.get(stem, DEFAULT_SPECTRUM_SMOOTHING_HZ)
    smooth = _smooth(magnitude, width_hz, sample_rate)
    bin_hz = _bin_frequencies_hz(smooth, sample_rate)
    largest = float(smooth[bin_hz >= LOWEST_HZ].max())
    floor = largest * 1e-10
    # Louder rumble below 20 Hz is held there: a profile's figures are 0 dB and less.
    level_db = 20.0 * np.log10(np.clip(smooth, floor, largest) / largest)
    return tuple(np.interp(bands_hz, bin_hz, level_db).tolist())


def phi_curve(phi: np.ndarray, sample_rate: int, bands_hz: Sequence[float]) -> tuple[float, ...]:
    """Smoothed similarity of left and right at bands, 0 to 1.

    Args:
        phi: mean similarity `(bins,)`, from 0 Hz to half the sample rate.
        sample_rate: Hz.
        bands_hz: where the curve is wanted.
    """
    smooth = np.clip(_smooth(phi, PHI_SMOOTHING_HZ, sample_rate), 0.0, 1.0)
    return tuple(np.interp(bands_hz, _bin_frequencies_hz(smooth, sample_rate), smooth).tolist())


def _bin_frequencies_hz(curve: np.ndarray, sample_rate: int) -> np.ndarray:
    return np.arange(curve.shape[0]) * (0.5 * sample_rate / (curve.shape[0] - 1))


def _smooth(curve: np.ndarray, width_hz: float, sample_rate: int) -> np.ndarray:
    """Moving average over an odd number of bins."""
    bin_width_hz = 0.5 * sample_rate / (curve.shape[0] - 1)
    n_bins = 2 * round((width_hz / bin_width_hz - 1.0) / 2.0) + 1
    values = np.asarray(curve, dtype=np.float64)
    return running_mean(values, max(n_bins, 1), "mirror")
