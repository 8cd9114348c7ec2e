"""A mix's spectrum in a few numbers: enough to tell which song of a batch is unlike the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LOWEST_HZ = 31.25
N_BANDS = 27  # third octaves, 31.25 Hz to 12.7 kHz: within every rate from 32 kHz
FLOOR_DB = -120.0
_N_FFT = 8192


def third_octave_levels_db(audio: np.ndarray, sample_rate: int) -> list[float]:
    """Mean power of a mix in third-octave bands.

    Args:
        audio: float32 (channels, samples).
        sample_rate: in Hz; bands above half of it are at the floor.

    Returns:
        `N_BANDS` levels in dB, at least `FLOOR_DB`, rounded to 0.1.
    """
    import numpy as np

    from mixer.dsp.blocks import power_to_db

    power = np.zeros(_N_FFT // 2 + 1)
    window = np.hanning(_N_FFT)
    n_frames = max(1, audio.shape[1] // _N_FFT)
    for frame in range(n_frames):
        block = audio[:, frame * _N_FFT : (frame + 1) * _N_FFT].mean(axis=0)
        power += np.abs(np.fft.rfft(block * window[: len(block)], _N_FFT)) ** 2
    power /= n_frames * _N_FFT**2
    frequencies_hz = np.arange(len(power)) * sample_rate / _N_FFT
    edges_hz = LOWEST_HZ * 2.0 ** ((np.arange(N_BANDS + 1) - 0.5) / 3.0)
    # A band narrower than a bin takes the bin at its centre.
    first = np.searchsorted(frequencies_hz, edges_hz[:-1])
    last = np.maximum(np.searchsorted(frequencies_hz, edges_hz[1:]), first + 1)
    bands = [float(power[a:b].sum()) for a, b in zip(first, last, strict=True)]
    floor = 10.0 ** (FLOOR_DB / 10.0)
    return [round(float(power_to_db(band, floor)), 1) for band in bands]
