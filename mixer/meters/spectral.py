"""Spectral features of single frames: centroid, bandwidth, contrast, roll-off, flatness.

Definitions as in librosa 0.9 and later (`librosa.feature`), with the settings of the paper's
evaluation. Contrast: Jiang et al., "Music type classification by spectral contrast", ICME 2002.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import power_to_db

CONTRAST_LOWEST_HZ = 250.0
CONTRAST_OCTAVES = 4
CONTRAST_QUANTILE = 0.02
ROLLOFF_SHARE = 0.85
# Powers are held above this before a logarithm, 100 dB below a full-scale bin.
LEAST_POWER = 1e-10
CONTRAST_RANGE_DB = 80.0


@dataclass(frozen=True)
class SpectralFrames:
    """Features of frames, each float64 `(channels, frames)`; contrast with a leading band axis.

    Attributes:
        centroid_hz: mean frequency, weighted by magnitude; 0 if silent.
        bandwidth_hz: standard deviation of the frequency, weighted likewise.
        rolloff_hz: frequency below which 85 % of the magnitudes lie.
        flatness_db: geometric against arithmetic mean of the powers, as amplitude dB, 0 or less.
        peaks, valleys: `(bands, channels, frames)` mean magnitude of the largest and smallest 2 %
            of a band's bins: 0-250 Hz, four octaves, the last of them open to the top.
    """

    centroid_hz: np.ndarray
    bandwidth_hz: np.ndarray
    rolloff_hz: np.ndarray
    flatness_db: np.ndarray
    peaks: np.ndarray
    valleys: np.ndarray

    @property
    def contrast_db(self) -> np.ndarray:
        """Peak over valley `(bands, channels, frames)`, in librosa's power dB."""
        return _levels_db(self.peaks) - _levels_db(self.valleys)


def spectral_frames(magnitude: np.ndarray, sample_rate: int) -> SpectralFrames:
    """Features of every frame.

    Args:
        magnitude: float64 `(channels, frames, bins)`, `|rfft|` of windowed frames.
        sample_rate: Hz, at least 8000.
    """
    single = magnitude.astype(np.float32)
    centroid_hz, bandwidth_hz = _moments(magnitude, sample_rate)
    peaks, valleys = _extremes(single, sample_rate)
    return SpectralFrames(
        centroid_hz=centroid_hz,
        bandwidth_hz=bandwidth_hz,
        rolloff_hz=_rolloff(single, sample_rate),
        flatness_db=_flatness_db(single),
        peaks=peaks,
        valleys=valleys,
    )


def join_frames(parts: list[SpectralFrames]) -> SpectralFrames:
    """Blocks of frames, one after the other in time."""
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in SpectralFrames.__dataclass_fields__
    }
    return SpectralFrames(**joined)


def contrast_bands(n_bins: int, sample_rate: int) -> list[tuple[int, int, int]]:
    """First bin, end bin and size of the quantile of each contrast band.

    Bands start one bin early, as librosa's do; all but the last then lose their last bin.
    """
    bin_hz = 0.5 * sample_rate / (n_bins - 1)
    edges_hz = [0.0, *(CONTRAST_LOWEST_HZ * 2.0**k for k in range(CONTRAST_OCTAVES + 1))]
    bands = []
    for k in range(CONTRAST_OCTAVES + 1):
        first = int(np.ceil(edges_hz[k] / bin_hz)) - (k > 0)
        last = k == CONTRAST_OCTAVES
        end = n_bins if last else int(np.floor(edges_hz[k + 1] / bin_hz)) + 1
        n_extreme = max(1, int(np.rint(CONTRAST_QUANTILE * (end - first))))
        bands.append((first, end if last else end - 1, n_extreme))
    return bands


def _moments(magnitude: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    n_bins = magnitude.shape[-1]
    hz = np.linspace(0.0, 0.5 * sample_rate, n_bins)
    sums = magnitude @ np.stack([np.ones(n_bins), hz, hz * hz], axis=-1)
    total = np.where(sums[..., 0] > np.finfo(np.float32).tiny, sums[..., 0], 1.0)
    centroid_hz = sums[..., 1] / total
    spread = sums[..., 2] / total - centroid_hz**2
    return centroid_hz, np.sqrt(np.maximum(spread, 0.0))


def _rolloff(magnitude: np.ndarray, sample_rate: int) -> np.ndarray:
    # Single precision, as librosa sums: one bin more or less is all that some mixes differ by.
    total = np.cumsum(magnitude, axis=-1)
    threshold = np.float32(ROLLOFF_SHARE) * total[..., -1:]
    bins = np.count_nonzero(total < threshold, axis=-1)
    return bins * (0.5 * sample_rate / (magnitude.shape[-1] - 1))


def _flatness_db(magnitude: np.ndarray) -> np.ndarray:
    power = magnitude * magnitude
    np.maximum(power, np.float32(LEAST_POWER), out=power)
    arithmetic = power.mean(axis=-1).astype(np.float64)
    np.log(power, out=power)
    geometric_log = power.mean(axis=-1).astype(np.float64)
    return 20.0 / np.log(10.0) * (geometric_log - np.log(arithmetic))


def _extremes(magnitude: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    peaks, valleys = [], []
    for first, end, n_extreme in contrast_bands(magnitude.shape[-1], sample_rate):
        ordered = np.sort(magnitude[..., first:end], axis=-1)
        valleys.append(ordered[..., :n_extreme].mean(axis=-1))
        peaks.append(ordered[..., -n_extreme:].mean(axis=-1))
    return np.stack(peaks).astype(np.float64), np.stack(valleys).astype(np.float64)


def _levels_db(values: np.ndarray) -> np.ndarray:
    """librosa's `power_to_db`: nothing lies more than 80 dB below a channel's largest."""
    level_db = power_to_db(values, LEAST_POWER)
    return np.maximum(level_db, level_db.max(axis=(0, 2), keepdims=True) - CONTRAST_RANGE_DB)
