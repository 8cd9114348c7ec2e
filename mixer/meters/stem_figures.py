"""Figures of one stem within a mix: loudness, balance, spectrum, width, crest factor.

Every figure is of the stem as it is in the mix. Two mixes are compared by their stems' figures
in `mixer.meters.stem_errors`; what a truth measures can be kept from one system to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.meters.balance import measure_balance_db
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.stereo_spectrum import (
    CURVE_BANDS_HZ,
    N_FFT,
    StereoSpectrum,
    band_density_db,
    measure_stereo_spectrum,
)

# Beyond this a stem is on one side, and a dB more or less is nothing to hear.
ONE_SIDED_DB = 30.0
# Side this far below the mid is mono to any listener; as far above it, out of phase.
LEAST_SIDE_DB = -40.0
# low, mid, high: the regions in which the paper looks at panning
WIDTH_EDGES_HZ = (250.0, 2_500.0)
_WINDOW_S = 1.0
_QUIET_CHANNEL = 10.0 ** (-ONE_SIDED_DB / 10.0)
_LEAST_POWER = 1e-20


@dataclass(frozen=True)
class StemFigures:
    """One stem, or one mix, as it came.

    Attributes:
        loudness_lufs: integrated, ITU-R BS.1770-4; -inf for silence.
        balance_db: energy of the right channel over that of the left, -30 to 30; 0 for silence.
        bands_db: level of each third octave of `CURVE_BANDS_HZ`, mean of both channels' powers;
            of the stem at one power, so that its loudness does not count.
        side_db: energy of the side over that of the mid below 250 Hz, up to 2500 Hz and above, as
            if both channels had the same energy overall; -40 to 40.
        share_db: energy of these three bands relative to the whole.
        window_db: RMS level of windows of one second, half overlapping: `(windows,)`.
        window_crest_db: peak over RMS of each window, the mean of the channels that sound, so that
            a lean of the stem does not count.
    """

    loudness_lufs: float
    balance_db: float
    bands_db: np.ndarray
    side_db: np.ndarray
    share_db: np.ndarray
    window_db: np.ndarray
    window_crest_db: np.ndarray


def measure_stem(audio: np.ndarray, sample_rate: int) -> StemFigures:
    """Measure a stem, or a mix.

    Args:
        audio: float32 `(2, samples)`; may be silent.
        sample_rate: Hz.
    """
    spectrum = measure_stereo_spectrum(audio, sample_rate)
    side_db, share_db = _width(spectrum)
    window_db, window_crest_db = _crests(audio, sample_rate)
    balance_db = measure_balance_db(audio) or 0.0
    return StemFigures(
        loudness_lufs=integrated_loudness_lufs(audio, sample_rate),
        balance_db=float(np.clip(balance_db, -ONE_SIDED_DB, ONE_SIDED_DB)),
        bands_db=_bands_db(spectrum),
        side_db=side_db,
        share_db=share_db,
        window_db=window_db,
        window_crest_db=window_crest_db,
    )


def band_levels_db(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """`StemFigures.bands_db` alone, of audio as `measure_stem` takes it."""
    return _bands_db(measure_stereo_spectrum(audio, sample_rate))


def _bands_db(spectrum: StereoSpectrum) -> np.ndarray:
    whole = max(float(spectrum.power.sum()), _LEAST_POWER)
    unit = StereoSpectrum(
        spectrum.left / whole, spectrum.right / whole, spectrum.cross / whole, spectrum.sample_rate
    )
    # From density to level: a third octave is the wider the higher it lies.
    return band_density_db(unit) + 10.0 * np.log10(np.asarray(CURVE_BANDS_HZ))


def _width(spectrum: StereoSpectrum) -> tuple[np.ndarray, np.ndarray]:
    """Side over mid, as if the stem did not lean, and share in the whole, of each region in dB."""
    bin_hz = spectrum.sample_rate / N_FFT
    edges = [0, *(round(hz / bin_hz) for hz in WIDTH_EDGES_HZ)]
    left, right, cross = (
        np.add.reduceat(power, edges) for power in (spectrum.left, spectrum.right, spectrum.cross)
    )
    both = left + right
    share_db = 10.0 * np.log10(
        np.maximum(both, _LEAST_POWER) / max(float(both.sum()), _LEAST_POWER)
    )
    of_left, of_right = float(left.sum()), float(right.sum())
    if min(of_left, of_right) <= _QUIET_CHANNEL * max(of_left, of_right):
        # One side of a mono recording: where it lies is its balance, and width it has none.
        return np.full(both.size, LEAST_SIDE_DB), share_db
    powers = left / of_left + right / of_right
    product = 2.0 * cross / np.sqrt(of_left * of_right)
    mid, side = (np.maximum(value, _LEAST_POWER) for value in (powers + product, powers - product))
    return np.clip(10.0 * np.log10(side / mid), LEAST_SIDE_DB, -LEAST_SIDE_DB), share_db


def _crests(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    half = min(round(0.5 * _WINDOW_S * sample_rate), audio.shape[1] // 2)
    halves = audio[:, : audio.shape[1] // half * half].reshape(audio.shape[0], -1, half)
    energy = np.square(halves).sum(axis=-1).astype(np.float64)
    peak = np.maximum(halves.max(axis=-1), -halves.min(axis=-1)).astype(np.float64)
    power = np.maximum((energy[:, 1:] + energy[:, :-1]) / (2 * half), _LEAST_POWER)
    peak = np.maximum(np.maximum(peak[:, 1:], peak[:, :-1]), np.sqrt(power))
    crest_db = 20.0 * np.log10(peak) - 10.0 * np.log10(power)
    sounds = power >= _QUIET_CHANNEL * power.max(axis=0)
    return (
        10.0 * np.log10(power.mean(axis=0)),
        np.where(sounds, crest_db, 0.0).sum(axis=0) / sounds.sum(axis=0),
    )
