"""Powers of stems by band and second: what any gains of theirs make of their sum.

The power of a sum is a quadratic form in the gains of its parts, whose entries are the powers of
the parts and the cross powers between them. Measured once, by fine bands, for middle and side, it
tells the spectrum, width, loudness and range of every mix of the same stems, without audio.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, stft_blocks
from mixer.dsp.fir import hann
from mixer.dsp.recursive import response
from mixer.meters.loudness import BS1770_FILTER, weighting_sections
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ, N_FFT

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
N_NODES = len(CURVE_BANDS_HZ)
# Fine bands in each third octave: within one a gain runs from that of the band below to that of the
# band above, and a note may lie anywhere in it.
FINE = 9
N_FINE = FINE * N_NODES
# Seconds of a block.
BLOCK_S = 0.5
MID, SIDE = 0, 1
_HOP = N_FFT // 2


@dataclass(frozen=True)
class StemPowers:
    """Mean powers of a mix's stems.

    Attributes:
        names: of the stems.
        powers: float32 (middle and side, blocks of `BLOCK_S`, fine bands, stems, stems), real parts
            of the cross powers of (L + R) / sqrt 2 and (L - R) / sqrt 2.
        k_weights: float64 (fine bands,) power of the K-weighting.
    """

    names: tuple[str, ...]
    powers: NDArray[np.float32]
    k_weights: Floats

    @property
    def n_blocks(self) -> int:
        return int(self.powers.shape[1])

    def mean(self, block_weights: Floats | None = None) -> Floats:
        """Mean over time: float64 (2, fine bands, stems, stems).

        Args:
            block_weights: of each block's power; None for one each.
        """
        weights = np.ones(self.n_blocks) if block_weights is None else block_weights
        return np.einsum("t,ctqij->cqij", weights / max(self.n_blocks, 1), self.powers)

    def blocks_of(self, gains: Floats) -> Floats:
        """Powers of the sum: float64 (2, blocks, fine bands).

        Args:
            gains: linear, float64 (2, fine bands, stems).
        """
        return np.einsum("cqi,ctqij,cqj->ctq", gains, self.powers, gains, optimize=True)

    def without_gains(self) -> Floats:
        """Gains that change nothing."""
        return np.ones((2, N_FINE, len(self.names)))

    def scaled(self, factors: Floats) -> StemPowers:
        """These powers times a factor, float64 (2, fine bands): the effect of a bus on the sum."""
        scale = factors.astype(np.float32)[:, None, :, None, None]
        return replace(self, powers=self.powers * scale)


def measure_stem_powers(
    stems: Mapping[str, FloatArray],
    sample_rate: int,
    tell: Callable[[float], None] = lambda share: None,
) -> StemPowers:
    """Measure stems of one length; memory grows by about 70 kB a second of four.

    Args:
        stems: name to float32 (1 or 2, samples); mono counts as two equal channels.
        sample_rate: Hz.
        tell: called with the share that is measured, 0 to 1.
    """
    names = tuple(stems)
    window = hann(N_FFT).astype(np.float32)
    shares = _shares(sample_rate)
    n_samples = max(audio.shape[-1] for audio in stems.values())
    n_blocks = max(1, int(n_samples / (BLOCK_S * sample_rate)))
    powers = np.zeros((2, n_blocks, N_FINE, len(names), len(names)), np.float32)
    counts = np.zeros(n_blocks)
    parts = (stft_blocks(a, N_FFT, _HOP, window, _HOP) for a in stems.values())
    for blocks in zip(*parts, strict=True):
        first = blocks[0][0]
        tell(min(1.0, first * _HOP / max(n_samples, 1)))
        places = _block_places(first, blocks[0][1].shape[-1], n_blocks, sample_rate)
        np.add.at(counts, places, 1.0)
        pairs = [_mid_side(spectra) for _, spectra in blocks]
        for channel in (MID, SIDE):
            for i, own in enumerate(pairs):
                for j in range(i, len(pairs)):
                    product = (own[channel] * pairs[j][channel].conj()).real
                    by_band = np.asarray(shares @ product, dtype=np.float64)
                    np.add.at(powers[channel, :, :, i, j], places, by_band.T)
    powers /= np.maximum(counts, 1.0).astype(np.float32)[None, :, None, None, None]
    # A sine of amplitude 1 on both channels then has a power of 2 over its bins.
    powers *= 4.0 / np.float32(N_FFT * float(np.sum(window.astype(np.float64) ** 2)))
    lower = np.tril_indices(len(names), -1)
    powers[..., lower[0], lower[1]] = powers[..., lower[1], lower[0]]
    return StemPowers(names, powers, _k_weights(sample_rate))


def node_positions(frequency_hz: Floats) -> Floats:
    """Positions of frequencies in third octaves: 0 at the first centre."""
    octaves = np.log2(np.maximum(frequency_hz, 1e-3) / CURVE_BANDS_HZ[0])
    return np.clip(3.0 * octaves, 0.0, N_NODES - 1.0)


@cache
def fine_centres_hz() -> Floats:
    """Centres of the fine bands, three a third octave."""
    steps = np.arange(N_FINE) - (FINE // 2)
    return CURVE_BANDS_HZ[0] * 2.0 ** (steps / (3.0 * FINE))


@cache
def node_weights() -> Floats:
    """(fine bands, third octaves): a curve in dB given at third octaves, at the fine bands."""
    place = node_positions(fine_centres_hz())
    return np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(N_NODES)[None, :]))


def by_third_octave(fine: Floats) -> Floats:
    """Powers (..., fine bands) summed to (..., third octaves)."""
    return fine.reshape(*fine.shape[:-1], N_NODES, FINE).sum(axis=-1)


def _mid_side(spectra: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = np.float32(np.sqrt(0.5))
    return (spectra[0] + spectra[-1]) * half, (spectra[0] - spectra[-1]) * half


def _block_places(first: int, n_frames: int, n_blocks: int, sample_rate: int) -> np.ndarray:
    """The block of each frame, by its middle."""
    middle_s = (first + np.arange(n_frames)) * _HOP / sample_rate
    return np.clip((middle_s / BLOCK_S).astype(int), 0, n_blocks - 1)


def _shares(sample_rate: int) -> csr_matrix:
    """(fine bands, bins): which share of a bin belongs to a band; the outer ones go on to the end.

    Narrow bands hold parts of bins.
    """
    half = 2.0 ** (0.5 / (3.0 * FINE))
    edges = np.concatenate([[0.0], fine_centres_hz()[1:] / half, [sample_rate]])
    edges = edges * N_FFT / sample_rate + 0.5  # of a scale on which bin k goes from k to k + 1
    edges[0] = 0.0
    bins = np.arange(N_FFT // 2 + 1)
    upper = np.minimum(edges[1:, None], bins[None, :] + 1.0)
    lower = np.maximum(edges[:-1, None], bins[None, :])
    from scipy.sparse import csr_matrix  # not above: few renders have references

    return csr_matrix(np.maximum(0.0, upper - lower).astype(np.float32))


def _k_weights(sample_rate: int) -> Floats:
    hz = np.minimum(fine_centres_hz(), 0.49 * sample_rate)
    sections = weighting_sections(sample_rate, BS1770_FILTER)
    return np.abs(response(sections, hz, sample_rate)) ** 2
