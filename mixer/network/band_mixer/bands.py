"""The band mixer's front-end: power of a stem in ERB bands, by frames and by blocks of frames.

Training and rendering read levels with this same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.dsp import erb_bands
from mixer.dsp.blocks import FloatArray, power_to_db, zero_padded
from mixer.dsp.erb_bands import BandSums
from mixer.dsp.short_time import Analysis, distinct_channels, is_silent
from mixer.dsp.threads import stop_if_asked
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters

# Power below this is silence: -120 dB.
POWER_FLOOR = 1e-12
_FLOOR_DB = -120.0
_BLOCK_SAMPLES = 3 << 15


def band_weights(hyper: BandMixerParameters, sample_rate: int) -> NDArray[np.float32]:
    """Weights by which each bin of the transform is shared among the bands, (bands, bins)."""
    return erb_bands.band_weights(hyper.n_bands, hyper.n_fft, sample_rate)


@dataclass(frozen=True)
class Levels:
    """Measurements of one stem by the front-end.

    Attributes:
        mean_db: (views, bands, blocks), mean power over a block, in dB; mean square of full scale
            is 0 dB, silence -120.
        peak_db: the same for the loudest frame of a block.
        frame_db: (frames,) power of the whole stem, both channels' mean, frame by frame.
        is_mono: whether both channels hold the same samples.
    """

    mean_db: NDArray[np.float32]
    peak_db: NDArray[np.float32]
    frame_db: NDArray[np.float32]
    is_mono: bool


def n_frames_of(hyper: BandMixerParameters, n_samples: int) -> int:
    """Frames of the transform over audio with a window of silence before and after it."""
    return 1 + (n_samples + hyper.n_fft) // hyper.hop_samples


def n_blocks_of(hyper: BandMixerParameters, n_samples: int) -> int:
    """Blocks that hold these frames; the last one may be partly empty."""
    return -(-n_frames_of(hyper, n_samples) // hyper.block_frames)


def measure_powers(
    audio: FloatArray,
    hyper: BandMixerParameters,
    weights: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Power of each view in each band and frame.

    Args:
        audio: float32 (2, samples), or (1, samples) if both channels are equal.
        hyper: bands and transform.
        weights: from `band_weights`.

    Returns:
        (views, bands, frames); the sum over bands of left is the mean square of that channel
        within the frame's window.
    """
    powers = np.empty((n_frames_of(hyper, audio.shape[-1]), len(VIEWS), hyper.n_bands), np.float32)
    for first, own, _ in _power_blocks(audio, hyper, weights):
        powers[first : first + len(own)] = own
    return np.moveaxis(powers, 0, -1)


class _PowerBlock(NamedTuple):
    """Powers of some frames, (frames, views, bands), until the next block."""

    first: int
    powers: NDArray[np.float32]
    is_mono: bool


def _power_blocks(
    audio: FloatArray, hyper: BandMixerParameters, weights: NDArray[np.float32]
) -> Iterator[_PowerBlock]:
    """`measure_powers`, whole blocks of the console's settings at a time."""
    n_frames, per_block = n_frames_of(hyper, audio.shape[-1]), frames_at_once(hyper)
    powers = np.empty((per_block, len(VIEWS), hyper.n_bands), np.float32)
    analysis, reader = Analysis(hyper.n_fft, per_block), _PowerReader(hyper, weights, per_block)
    for first in range(0, n_frames, per_block):
        stop_if_asked()
        last = min(first + per_block, n_frames)
        own, is_mono = powers[: last - first], True
        own.fill(0.0)
        span = zero_padded(audio, (first - 2) * hyper.hop_samples, (last - 1) * hyper.hop_samples)
        if not is_silent(span):
            heard = distinct_channels(span)
            is_mono = len(heard) == 1
            reader.read(analysis.of(heard), out=own)
        yield _PowerBlock(first, own, is_mono)


def powers_of_spectra(
    spectra: NDArray[np.complex64], hyper: BandMixerParameters, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`measure_powers` of frames that are transformed already, complex64 (2, bins, frames)."""
    n_frames = spectra.shape[-1]
    powers = np.zeros((n_frames, len(VIEWS), hyper.n_bands), np.float32)
    heard = np.ascontiguousarray(np.moveaxis(spectra, -1, -2)).view(np.float32)
    _PowerReader(hyper, weights, n_frames).read(heard, out=powers)
    return np.moveaxis(powers, 0, -1)


def frames_at_once(hyper: BandMixerParameters) -> int:
    """Frames of a block: enough to amortise Python, few enough to stay in the cache.

    They are whole blocks of the console's settings.
    """
    return max(1, _BLOCK_SAMPLES // (hyper.n_fft * hyper.block_frames)) * hyper.block_frames


class _PowerReader:
    """Powers of blocks of spectra, in buffers that are used again."""

    def __init__(
        self, hyper: BandMixerParameters, weights: NDArray[np.float32], n_frames: int
    ) -> None:
        # For bins whose real and imaginary parts stand side by side, as they do in memory.
        self._sums = BandSums(np.repeat(weights, 2, axis=1))
        self._views = np.empty((len(VIEWS) * n_frames, 2 * weights.shape[1]), np.float32)
        # One-sided spectrum: every bin counts twice. The window's energy is half its length.
        self._scales = np.full(len(VIEWS), 4.0 / hyper.n_fft**2, np.float32)
        self._scales[2:] *= np.float32(0.25)  # half sum and half difference

    def read(self, heard: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Fill (frames, views, bands), zero before, from spectra (1 or 2, frames, 2 bins)."""
        n_frames = heard.shape[1]
        if len(heard) == 1:  # so is the half sum, and the half difference is silent
            power = self._sums.sum_bins(np.square(heard[0], out=self._views[:n_frames]))
            out[:, :3] = (power * self._scales[0])[:, np.newaxis]
            return
        views = self._views[: len(VIEWS) * n_frames].reshape(len(VIEWS), *heard.shape[1:])
        left, right = heard
        np.square(heard, out=views[:2])
        for view, mixed in zip(views[2:], (np.add, np.subtract), strict=True):
            np.square(mixed(left, right, out=view), out=view)
        # All views at once: few rows are slow.
        powers = self._sums.sum_bins(views.reshape(-1, views.shape[-1]))
        powers = powers.reshape(len(VIEWS), n_frames, -1)
        np.multiply(powers, self._scales[:, np.newaxis, np.newaxis], out=out.swapaxes(0, 1))


def measure_levels(
    audio: FloatArray,
    hyper: BandMixerParameters,
    weights: NDArray[np.float32],
) -> Levels:
    """The network's inputs for one stem; see `measure_powers`."""
    n_frames, n_blocks = (count(hyper, audio.shape[-1]) for count in (n_frames_of, n_blocks_of))
    # Blocks in front: long rows are added by vectors, eight numbers are not.
    mean = np.empty((n_blocks, len(VIEWS), hyper.n_bands), np.float32)
    largest, frame_power = np.empty_like(mean), np.empty(n_frames, np.float32)
    is_mono = True
    for first, powers, block_is_mono in _power_blocks(audio, hyper, weights):
        is_mono &= block_is_mono
        frame_power[first : first + len(powers)] = powers[:, :2].sum(axis=2).mean(axis=1)
        missing = -len(powers) % hyper.block_frames
        if missing:
            powers = np.pad(powers, ((0, missing), (0, 0), (0, 0)))
        by_block = powers.reshape(-1, hyper.block_frames, *powers.shape[1:])
        place = slice(first // hyper.block_frames, first // hyper.block_frames + len(by_block))
        by_block.mean(axis=1, out=mean[place])
        by_block.max(axis=1, out=largest[place])
    return Levels(
        _decibels(np.moveaxis(mean, 0, -1)),
        _decibels(np.moveaxis(largest, 0, -1)),
        _decibels(frame_power),
        is_mono,
    )


def silent_levels(hyper: BandMixerParameters, n_samples: int) -> Levels:
    """Levels of a missing stem: silence."""
    n_blocks = n_blocks_of(hyper, n_samples)
    silence = np.full((len(VIEWS), hyper.n_bands, n_blocks), _FLOOR_DB, np.float32)
    frame_db = np.full(n_frames_of(hyper, n_samples), _FLOOR_DB, np.float32)
    return Levels(silence, silence, frame_db, is_mono=True)


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    return power_to_db(power, POWER_FLOOR).astype(np.float32)
