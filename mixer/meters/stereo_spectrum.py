"""The long-term spectrum of a mix: balance, width and correlation of its channels by band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import BLOCK_SAMPLES, frame_count, power_to_db, zero_padded
from mixer.dsp.fir import hann
from mixer.dsp.short_time import Analysis, distinct_channels
from mixer.dsp.threads import stop_if_asked

N_FFT = 16_384
_HOP, _FRAMES_AT_ONCE = N_FFT // 2, BLOCK_SAMPLES // N_FFT
# third octaves around 1 kHz, 25 Hz to 16 kHz
CURVE_BANDS_HZ = tuple(1_000.0 * 2.0 ** (k / 3.0) for k in range(-16, 13))
# name, lower and upper edge in Hz, as engineers speak of them
BANDS = (
    ("low", 20.0, 120.0),
    ("low_mid", 120.0, 500.0),
    ("mid", 500.0, 2_000.0),
    ("high_mid", 2_000.0, 6_000.0),
    ("high", 6_000.0, 20_000.0),
)
_FLOOR_DB = -120.0


@dataclass(frozen=True)
class StereoSpectrum:
    """Mean powers by bin, float64 `(bins,)`, full-scale sine about 0 dB in its bins' sum.

    Attributes:
        left, right: power of each channel.
        cross: real part of left times conjugate right.
        sample_rate: Hz.
    """

    left: np.ndarray
    right: np.ndarray
    cross: np.ndarray
    sample_rate: int

    @property
    def power(self) -> np.ndarray:
        """Mean power of the channels."""
        return 0.5 * (self.left + self.right)


@dataclass(frozen=True)
class BandFigures:
    """One band of a mix.

    Attributes:
        name: see `BANDS`.
        share_db: its power relative to that of the whole mix, dB, 0 or less.
        width: share of the side (L - R) in the energy, 0 mono, 0.5 uncorrelated, 1 out of phase.
        correlation: of left and right, -1 to 1; 1 if one of them is silent.
    """

    name: str
    share_db: float
    width: float
    correlation: float


def measure_stereo_spectrum(audio: np.ndarray, sample_rate: int) -> StereoSpectrum:
    """Average the powers of 16 384-sample frames, half overlapping.

    Args:
        audio: float32 `(1 or 2, samples)`; mono counts as two equal channels.
        sample_rate: Hz.
    """
    return _measure((audio,), sample_rate)[0]


def measure_with_part(
    audio: np.ndarray, part: np.ndarray, sample_rate: int
) -> tuple[StereoSpectrum, StereoSpectrum, StereoSpectrum]:
    """The spectra of two signals, and what the spectrum of their sum has beyond both.

    The spectrum of `audio + k * part` is that of audio, and k times the last, and k squared times
    that of the part.

    Args:
        audio, part: float32 `(2, samples)`.
        sample_rate: Hz.
    """
    whole, own, common = _measure((audio, part), sample_rate)
    return whole, own, common


def _measure(audios: Sequence[np.ndarray], sample_rate: int) -> list[StereoSpectrum]:
    """The spectrum of each, and what the first two have in common."""
    window = hann(N_FFT).astype(np.float32)
    pairs = [(0, 0), (1, 1), (0, 1)] if len(audios) > 1 else [(0, 0)]
    # Real and imaginary parts side by side, as they do in memory, until all is summed.
    sums = np.zeros((len(pairs), 3, N_FFT + 2))
    n_frames = frame_count(audios[0].shape[-1] + N_FFT, N_FFT, _HOP)
    analyses = [Analysis(N_FFT, _FRAMES_AT_ONCE, window) for _ in audios]
    for first in range(0, n_frames, _FRAMES_AT_ONCE):
        stop_if_asked()
        last = min(first + _FRAMES_AT_ONCE, n_frames)
        # Half a window of silence stands before the audio.
        spans = (zero_padded(audio, (first - 1) * _HOP, last * _HOP) for audio in audios)
        heard = [
            analysis.of(distinct_channels(span))
            for analysis, span in zip(analyses, spans, strict=True)
        ]
        for own, (one, other) in zip(sums, pairs, strict=True):
            own += _products(heard[one], heard[other])
    # A sine of amplitude 1 then has a power of 1 over its bins.
    sums *= 4.0 / (n_frames * N_FFT * float(np.sum(window.astype(np.float64) ** 2)))
    powers = sums.reshape(len(pairs), 3, -1, 2).sum(axis=-1)
    return [StereoSpectrum(left, right, cross, sample_rate) for left, right, cross in powers]


def _products(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    """Left, right and cross products of a signal with itself, or all that it has with another.

    Args:
        one, other: real and imaginary parts of spectra, float32 `(1 or 2, frames, numbers)`.

    Returns:
        Sums over the frames, three times float32 `(numbers,)`.
    """

    def over_frames(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.einsum("fn,fn->n", first, second)

    if other is one:
        return [over_frames(one[a], one[b]) for a, b in ((0, 0), (-1, -1), (0, -1))]
    left, right = (2.0 * over_frames(one[side], other[side]) for side in (0, -1))
    return [left, right, over_frames(one[0], other[-1]) + over_frames(one[-1], other[0])]


def band_figures(spectrum: StereoSpectrum) -> list[BandFigures]:
    """Share, width and correlation of each of `BANDS` below half the sample rate."""
    whole = float(spectrum.power.sum())
    found = []
    for name, low_hz, high_hz in BANDS:
        first, end = (round(hz * N_FFT / spectrum.sample_rate) for hz in (low_hz, high_hz))
        left, right, cross = (
            float(power[first:end].sum())
            for power in (spectrum.left, spectrum.right, spectrum.cross)
        )
        both = left + right
        if both <= 0.0:
            found.append(BandFigures(name, _FLOOR_DB, 0.0, 1.0))
            continue
        each = math.sqrt(left * right)
        correlation = cross / each if each > 1e-12 * both else 1.0
        found.append(
            BandFigures(
                name=name,
                share_db=max(10.0 * math.log10(0.5 * both / whole), _FLOOR_DB),
                width=min(max(0.5 * (1.0 - 2.0 * cross / both), 0.0), 1.0),
                correlation=min(max(correlation, -1.0), 1.0),
            )
        )
    return found


def band_density_db(
    spectrum: StereoSpectrum, bands_hz: Sequence[float] = CURVE_BANDS_HZ, octaves: float = 1 / 3
) -> np.ndarray:
    """Power per bin around each frequency, in dB: the spectral balance as an analyser draws it.

    Args:
        spectrum: of a mix.
        bands_hz: centres; the band is taken at its edges between bins, so that narrow ones count.
        octaves: width of a band.

    Returns:
        float64 `(bands,)`, never below -120 dB; bands above half the sample rate are at that.
    """
    # The integral of the power by frequency, read at the bands' edges.
    integral = np.concatenate([[0.0], np.cumsum(spectrum.power)])
    edge_bins = np.arange(integral.size) - 0.5
    half = 2.0 ** (0.5 * octaves)
    bin_hz = spectrum.sample_rate / N_FFT
    centres = np.asarray(bands_hz, dtype=np.float64) / bin_hz
    low, high = (np.interp(edge, edge_bins, integral) for edge in (centres / half, centres * half))
    density = (high - low) / (centres * (half - 1.0 / half))
    return power_to_db(density, 10.0 ** (_FLOOR_DB / 10.0))
