"""The band mixer's front-end: power of a stem in ERB bands, by frames and by blocks of frames.

Training and rendering read levels with this same code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp import erb_bands
from mixer.dsp.blocks import FloatArray, are_equal, root_hann, stft_blocks
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters

# Power below this is silence: -120 dB.
POWER_FLOOR = 1e-12
_FLOOR_DB = -120.0


def band_weights(hyper: BandMixerParameters, sample_rate: int) -> NDArray[np.float32]:
    """How each bin of the model's transform is shared among its bands, (bands, bins)."""
    return erb_bands.band_weights(hyper.n_bands, hyper.n_fft, sample_rate)


@dataclass(frozen=True)
class Levels:
    """Measurements of one stem by the front-end.

    Attributes:
        mean_db: (views, bands, blocks), mean power over a block, in dB; mean square of full scale
            is 0 dB, silence -120.
        peak_db: the same for the loudest frame of a block.
        frame_db: (frames,) power of the whole stem, both channels' mean, frame by frame.
    """

    mean_db: NDArray[np.float32]
    peak_db: NDArray[np.float32]
    frame_db: NDArray[np.float32]


def n_frames_of(hyper: BandMixerParameters, n_samples: int) -> int:
    """Frames of the transform over audio with a window of silence before and after it."""
    return 1 + (n_samples + hyper.n_fft) // hyper.hop_samples


def n_blocks_of(hyper: BandMixerParameters, n_samples: int) -> int:
    """Blocks that hold these frames; the last one may be partly empty."""
    return -(-n_frames_of(hyper, n_samples) // hyper.block_frames)


def measure_powers(
    audio: FloatArray, hyper: BandMixerParameters, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Power of each view in each band and frame.

    Args:
        audio: float32 (2, samples).
        hyper: bands and transform.
        weights: from `band_weights`.

    Returns:
        (views, bands, frames); the sum over bands of left is the mean square of that channel
        within the frame's window.
    """
    window, sums = root_hann(hyper.n_fft), _bin_sums(weights)
    n_frames = n_frames_of(hyper, audio.shape[-1])
    powers = np.zeros((len(VIEWS), hyper.n_bands, n_frames), np.float32)
    blocks = stft_blocks(audio, hyper.n_fft, hyper.hop_samples, window, hyper.n_fft)
    for first, spectra in blocks:
        frames = slice(first, first + spectra.shape[-1])
        powers[:, :, frames] = _powers(spectra, hyper, sums)
    return powers


def powers_of_spectra(
    spectra: NDArray[np.complex64], hyper: BandMixerParameters, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`measure_powers` of frames that are transformed already, complex64 (2, bins, frames)."""
    return _powers(spectra, hyper, _bin_sums(weights))


def _powers(
    spectra: NDArray[np.complex64], hyper: BandMixerParameters, sums: erb_bands.BandSums
) -> NDArray[np.float32]:
    # One-sided spectrum: every bin counts twice. The window's energy is half its length.
    scale = np.float32(4.0 / hyper.n_fft**2)
    heard = np.ascontiguousarray(np.moveaxis(spectra, -1, -2)).view(np.float32)
    left, right = heard
    part = np.empty_like(left)
    powers = np.zeros((len(VIEWS), hyper.n_bands, spectra.shape[-1]), np.float32)
    if are_equal(heard.reshape(2, -1)):  # so is the half sum, and the half difference is silent
        powers[:3] = sums.sum_bins(np.square(left, out=part)).T
        powers *= scale
        return powers
    for view, mixed in enumerate((left, right, np.add, np.subtract)):
        np.square(mixed(left, right, out=part) if callable(mixed) else mixed, out=part)
        powers[view] = sums.sum_bins(part).T
    powers *= scale
    powers[2:] *= np.float32(0.25)  # half sum and half difference
    return powers


def _bin_sums(weights: NDArray[np.float32]) -> erb_bands.BandSums:
    """For bins whose real and imaginary parts stand side by side, as they do in memory."""
    return erb_bands.BandSums(np.repeat(weights, 2, axis=1))


def measure_levels(
    audio: FloatArray, hyper: BandMixerParameters, weights: NDArray[np.float32]
) -> Levels:
    """The network's inputs for one stem; see `measure_powers`."""
    powers = measure_powers(audio, hyper, weights)
    missing = -powers.shape[-1] % hyper.block_frames
    frame_power = powers[:2].sum(axis=1).mean(axis=0)
    powers = np.pad(powers, ((0, 0), (0, 0), (0, missing)))
    by_block = powers.reshape(*powers.shape[:2], -1, hyper.block_frames)
    # Frames in front: the largest of long rows is found by vectors, that of eight numbers is not.
    by_place = np.ascontiguousarray(np.moveaxis(by_block, -1, 0))
    return Levels(
        _decibels(by_block.mean(axis=-1)), _decibels(by_place.max(axis=0)), _decibels(frame_power)
    )


def silent_levels(hyper: BandMixerParameters, n_samples: int) -> Levels:
    """The levels of a stem that is not there."""
    n_blocks = n_blocks_of(hyper, n_samples)
    silence = np.full((len(VIEWS), hyper.n_bands, n_blocks), _FLOOR_DB, np.float32)
    return Levels(silence, silence, np.full(n_frames_of(hyper, n_samples), _FLOOR_DB, np.float32))


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    return (10.0 * np.log10(np.maximum(power, POWER_FLOOR))).astype(np.float32)
