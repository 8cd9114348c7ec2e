"""Another sample rate as we make it, and as other libraries would."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from benchmarks.libraries.passes import AUDIO_S, N_SAMPLES, SAMPLE_RATE_HZ, Pass, Run, Way, noise
from mixer.audio.reading import resample

_TO_HZ = 48_000
_N_AFTER = round(AUDIO_S * _TO_HZ)


def _sound() -> np.ndarray:
    """Noise of up to 15 kHz, (2, samples): how the last octave is cut off is a matter of taste."""
    spectrum = np.fft.rfft(noise(2, N_SAMPLES))
    spectrum[:, round(15_000 * AUDIO_S) :] = 0.0
    # Faded at both ends, beyond which libraries continue a sound differently.
    fades = np.hanning(N_SAMPLES)
    return (fades * np.fft.irfft(spectrum, N_SAMPLES)).astype(np.float32)


def _ours() -> Run:
    audio = _sound()
    return lambda: resample(audio, SAMPLE_RATE_HZ, _TO_HZ, _N_AFTER)


def _scipy_poly() -> Run:
    audio, resample_poly = _sound(), import_module("scipy.signal").resample_poly
    divisor = int(np.gcd(_TO_HZ, SAMPLE_RATE_HZ))
    up, down = _TO_HZ // divisor, SAMPLE_RATE_HZ // divisor
    return lambda: resample_poly(audio, up, down, axis=-1)[:, :_N_AFTER]


def _pedalboard_stream() -> Run:
    audio, resampler = _sound(), import_module("pedalboard.io").StreamResampler

    def run() -> np.ndarray:
        stream = resampler(SAMPLE_RATE_HZ, _TO_HZ, 2)
        made = np.concatenate([stream.process(audio), stream.process()], axis=-1)
        return np.pad(made, ((0, 0), (0, max(0, _N_AFTER - made.shape[-1]))))[:, :_N_AFTER]

    return run


PASSES = (
    Pass(
        f"{SAMPLE_RATE_HZ} to {_TO_HZ} Hz, stereo",
        "soxr, HQ",
        AUDIO_S,
        _ours,
        [
            Way("scipy.signal.resample_poly", "scipy.signal", _scipy_poly),
            Way("pedalboard's StreamResampler", "pedalboard", _pedalboard_stream),
        ],
    ),
)
