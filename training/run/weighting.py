"""Weightings of the losses: A-weighting as an FIR filter with a low-pass, and K-weighting."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from mixer.meters.loudness import BS1770_FILTER, weighting_sections

N_TAPS = 101
# Poles of the analogue curve in Hz, and what it lacks to 0 dB at 1 kHz (IEC 61672-1, annex E).
_POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
_GAIN_AT_1_KHZ_DB = 1.9997
# Bins of the digital curve, on which the FIR filter is fitted in adjoining pairs.
_FIT_POINTS = 512
LOW_PASS = (1.0, 0.85)


@cache
def a_weighting_taps(sample_rate: int = 44_100) -> NDArray[np.float64]:
    """A-weighting as a linear-phase FIR filter of 101 taps.

    The analogue curve is converted by the bilinear transform, which bends it down towards half the
    sample rate; the taps are the least-squares fit to its magnitude (after Wright and Välimäki,
    "Perceptual loss function for neural modelling of audio systems", ICASSP 2020).

    Args:
        sample_rate: in Hz.

    Returns:
        (101,), symmetric; read-only.
    """
    low, second, third, high = (2 * np.pi * pole_hz for pole_hz in _POLES_HZ)
    gain = high**2 * 10 ** (_GAIN_AT_1_KHZ_DB / 20)
    poles = [-low, -low, -second, -third, -high, -high]
    zeros, poles, gain = signal.bilinear_zpk([0.0] * 4, poles, gain, sample_rate)
    frequencies_hz, response = signal.freqz_zpk(
        zeros, poles, gain, worN=_FIT_POINTS, fs=sample_rate
    )
    taps: NDArray[np.float64] = signal.firls(
        N_TAPS, frequencies_hz, np.abs(response), fs=sample_rate
    )
    taps.flags.writeable = False
    return taps


@cache
def loss_taps(sample_rate: int = 44_100) -> NDArray[np.float32]:
    """A-weighting and the low-pass [1, 0.85] as one filter, float32 (102,); read-only."""
    taps = np.convolve(a_weighting_taps(sample_rate), LOW_PASS).astype(np.float32)
    taps.flags.writeable = False
    return taps


@cache
def k_weighting(n_fft: int, sample_rate: int = 44_100) -> NDArray[np.float32]:
    """Power response of ITU-R BS.1770's weighting at the bins of a real FFT.

    Args:
        n_fft: length of the transform.
        sample_rate: in Hz.

    Returns:
        float32 (n_fft // 2 + 1,); read-only.
    """
    sections = weighting_sections(sample_rate, BS1770_FILTER)
    _, response = signal.sosfreqz(sections, worN=np.fft.rfftfreq(n_fft) * 2.0 * np.pi)
    power = np.square(np.abs(response)).astype(np.float32)
    power.flags.writeable = False
    return power
