"""Closeness of native settings to the mix: sample by sample, and by bands.

A null is strict: it hears phase and timing that an ear does not. Levels of bands hear neither, so a
shallow null beside bands that agree is phase, and one beside bands that differ is another sound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixer.dsp.blocks import FloatArray, power_to_db
from mixer.dsp.erb_bands import band_weights
from mixer.dsp.fourier import rfft

_N_FFT, _N_BANDS = 4096, 48
_FRAMES_AT_ONCE = 64
# Bands that are further below the loudest band are masked by it.
_HEARD_DB = -40.0


class Nearness(NamedTuple):
    """Closeness of a strip's sound to the sound in the mix.

    Attributes:
        null_db: energy of the difference relative to the sound in the mix, in dB.
        bands_db: largest difference in a band's level, averaged over the song, in dB, among the
            bands within 40 dB of the loudest.
    """

    null_db: float
    bands_db: float


def nearness(made: FloatArray, exact: FloatArray, sample_rate: int) -> Nearness | None:
    """Compare a strip's sound with the sound in the mix, both float32 (2, samples).

    Returns:
        The two figures; None if the sound in the mix is silent.
    """
    energy = float(np.vdot(exact, exact))
    if energy <= 0.0:
        return None
    apart = made - exact
    null_db = float(power_to_db(float(np.vdot(apart, apart)) / energy, 1e-12))
    wanted, given = _band_powers(exact, sample_rate), _band_powers(made, sample_rate)
    heard = wanted > wanted.max() * 10.0 ** (_HEARD_DB / 10.0)
    ratio = np.maximum(given[heard], 1e-12 * wanted.max()) / wanted[heard]
    bands_db = float(np.abs(10.0 * np.log10(ratio)).max(initial=0.0))
    return Nearness(round(null_db, 1), round(bands_db, 1))


def _band_powers(audio: FloatArray, sample_rate: int) -> np.ndarray:
    """Power in each band over all of a sound, (bands,); frames stand side by side."""
    window = np.hanning(_N_FFT).astype(np.float32)
    power = np.zeros(_N_FFT // 2 + 1)
    step = _FRAMES_AT_ONCE * _N_FFT
    for start in range(0, audio.shape[1], step):
        part = audio[:, start : start + step]
        part = np.pad(part, ((0, 0), (0, -part.shape[1] % _N_FFT)))
        spectra = rfft(part.reshape(2, -1, _N_FFT) * window, axis=-1)
        power += np.square(np.abs(spectra)).sum(axis=(0, 1), dtype=np.float64)
    return np.asarray(band_weights(_N_BANDS, _N_FFT, sample_rate) @ power)
