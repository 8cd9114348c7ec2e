"""Share of a mix, or of each stem in it, that is masked by simultaneous sounds.

Band powers on the Bark scale are spread as in the cochlea and lowered by the offset of a noise
masker; what lies below is masked. Shares are weighted by specific loudness, so that they say how
much of what could be heard is not.

Sources: Traunmueller, "Analytical expressions for the tonotopic sensory scale", JASA 1990 (Bark);
Schroeder, Atal and Hall, "Optimizing digital speech coders by exploiting masking properties of the
human ear", JASA 1979 (spreading); ISO/IEC 11172-3, annex D, model 2 (offset of noise maskers);
Aichinger et al., "Describing the transparency of mixdowns: the masked-to-unmasked ratio", AES 130,
2011 (stems masking each other in a mix).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixer.dsp.blocks import stft_blocks
from mixer.dsp.fir import hann

N_FFT = 4_096
HOP_LENGTH = 2_048
N_BANDS = 24
_MASKER_OFFSET_DB = 5.5
# Bands further below the loudest band of the whole are inaudible anyway.
AUDIBLE_RANGE_DB = 60.0
# Zwicker's exponent from excitation to specific loudness.
LOUDNESS_EXPONENT = 0.23


def bark(frequency_hz: np.ndarray) -> np.ndarray:
    """Critical-band rate of frequencies in Hz, Traunmueller's equation 6."""
    return 26.81 * frequency_hz / (1960.0 + frequency_hz) - 0.53


def bark_to_hz(rate: np.ndarray) -> np.ndarray:
    """Frequencies in Hz of critical-band rates; the inverse of `bark`."""
    return np.asarray(1960.0 * (rate + 0.53) / (26.28 - rate))


def spreading_matrix() -> np.ndarray:
    """Share of band j's power (column) that excites band i (row): float64 (24, 24)."""
    distance = np.arange(N_BANDS)[:, np.newaxis] - np.arange(N_BANDS)[np.newaxis, :] + 0.474
    spread_db = 15.81 + 7.5 * distance - 17.5 * np.sqrt(1.0 + distance**2)
    return 10.0 ** (spread_db / 10.0)


def bark_powers(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power of the channels together in each critical band and frame: float32 `(24, frames)`.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
    """
    window = hann(N_FFT).astype(np.float32)
    band = np.floor(bark(np.arange(N_FFT // 2 + 1) * sample_rate / N_FFT))
    edges = np.searchsorted(band, np.arange(N_BANDS + 1))
    blocks = []
    for _, spectra in stft_blocks(audio, N_FFT, HOP_LENGTH, window):
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
        integral = np.cumsum(power, axis=0, dtype=np.float64)
        integral = np.concatenate([np.zeros((1, integral.shape[1])), integral])
        blocks.append(np.diff(integral[edges], axis=0).astype(np.float32))
    return np.concatenate(blocks, axis=1)


def self_masked_share(powers: np.ndarray) -> float:
    """Share of a mix's specific loudness that its own other bands mask, 0 to 1.

    Args:
        powers: from `bark_powers`. A mix with one band far above the rest comes out high.
    """
    spread = spreading_matrix()
    np.fill_diagonal(spread, 0.0)
    return _masked_share(powers, masked_below(powers, spread), float(powers.max(initial=0.0)))


def stem_masked_shares(stem_powers: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Share of each stem's specific loudness that the other stems mask, 0 to 1.

    Args:
        stem_powers: stem name to `bark_powers` of the stem as it is in the mix, all of one
            length.

    Returns:
        A figure for each stem that is audible in the mix at all.
    """
    if not stem_powers:
        return {}
    total = np.sum(list(stem_powers.values()), axis=0, dtype=np.float64)
    loudest = float(total.max(initial=0.0))
    spread = spreading_matrix()
    shares = {
        stem: _masked_share(powers, masked_below(np.maximum(total - powers, 0.0), spread), loudest)
        for stem, powers in stem_powers.items()
    }
    return {stem: share for stem, share in shares.items() if np.isfinite(share)}


def masked_below(powers: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Power below which maskers hide a sound, in each band and frame.

    Args:
        powers: of the maskers, from `bark_powers`.
        spread: from `spreading_matrix`.
    """
    return (10.0 ** (-_MASKER_OFFSET_DB / 10.0) * spread) @ powers


def specific_loudness(powers: np.ndarray, loudest: float) -> np.ndarray:
    """Specific loudness in each band and frame, but for a constant: float64, 0 if not audible.

    Args:
        powers: from `bark_powers`.
        loudest: the highest power of all that is heard with it.
    """
    audible = powers > loudest * 10.0 ** (-AUDIBLE_RANGE_DB / 10.0)
    loudness: np.ndarray = np.where(audible, powers, 0.0).astype(np.float64) ** LOUDNESS_EXPONENT
    return loudness


def _masked_share(powers: np.ndarray, threshold: np.ndarray, loudest: float) -> float:
    """NaN if nothing is audible."""
    loudness = specific_loudness(powers, loudest)
    total = float(loudness.sum())
    if total == 0.0:
        return float("nan")
    return float(loudness[powers < threshold].sum()) / total
