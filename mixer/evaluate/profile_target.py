"""The spectral balance that a normalisation profile stands for."""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import db_to_gain
from mixer.fxnorm.profile import Profile
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ, band_density_db, measure_stereo_spectrum
from mixer.meters.target import TargetCurve, centred_db

_PROFILE_RATE_HZ = 44_100
_NOISE_S = 6
_SEED = 0


def target_of_profile(profile: Profile, name: str) -> TargetCurve:
    """The balance of a mix whose stems all measure as a profile says.

    A profile knows each stem's spectrum and loudness. Noise of that spectrum, brought to that
    loudness, gives the powers that are added up. A profile's loudness is that of compressed stems
    at a fixed peak, so this is a coarse target: a folder of mixes gives a finer one.
    """
    spectra_hz = np.fft.rfftfreq(_NOISE_S * _PROFILE_RATE_HZ, 1.0 / _PROFILE_RATE_HZ)
    rng = np.random.default_rng(_SEED)
    total = np.zeros(len(CURVE_BANDS_HZ))
    for stem, figures in profile.stems.items():
        phases = np.exp(2j * np.pi * rng.random(spectra_hz.size))
        magnitude = profile.magnitude_at(stem, spectra_hz)
        noise = np.fft.irfft(magnitude * phases)[np.newaxis].astype(np.float64)
        noise = (0.1 / np.sqrt(np.mean(noise**2)) * noise).astype(np.float32)
        loudness_lufs = integrated_loudness_lufs(noise, _PROFILE_RATE_HZ, COOKBOOK_FILTER)
        noise *= np.float32(db_to_gain(figures.loudness_lufs - loudness_lufs))
        level_db = band_density_db(measure_stereo_spectrum(noise, _PROFILE_RATE_HZ))
        total += 10.0 ** (level_db / 10.0)
    level_db = centred_db(10.0 * np.log10(total))
    return TargetCurve(name, level_db, np.zeros_like(level_db), 0)
