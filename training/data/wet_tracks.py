"""Powers of dry tracks within their mixture, estimated from the mixture alone.

As for stems (`training.data.wet_powers`), filters explain what faders, pans and equalisers did, and
the residual (rooms, compression, distortion) is distributed by the tracks' powers. There may be a
hundred tracks, many of them alike and many far below the others: what a filter finds by chance is
subtracted, and a track that is not clearly above chance counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, filter_stft, root_hann, stft_blocks
from mixer.dsp.erb_bands import k_weights
from mixer.network.band_mixer.bands import band_weights, measure_powers
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from mixer.network.track_mixer.features import listen_to, window_samples
from mixer.network.track_mixer.parameters import N_BANDS
from training.data.mixture_filters import MixtureFilters, mid_and_side
from training.data.wet_powers import shares_of_rest

# Tracks that are alike to 30 dB get the same filter; the others lose 0.01 dB.
_OWN_RIDGE = 1e-3
# A track is known if its filtered power is this many times what it would be by chance, and at least
# this share of what it gets of the residual, which may as well be another track's.
_CLEARLY, _IN_PHASE = 10.0, 1.0 / 16.0
_LEFT, _RIGHT, _MID, _SIDE = (VIEWS.index(view) for view in ("left", "right", "mid", "side"))


@dataclass(frozen=True)
class WetTracks:
    """Tracks as they are in a mixture.

    Attributes:
        powers: float32 (tracks, 3, `N_BANDS`): left, right and cross power of each track, as in
            `mixer.network.track_mixer.features.TrackLevels`.
        is_known: bool (tracks,), whether the track's power is clearly above chance.
        explained: share of the mixture's power explained by filtered tracks, 0 to 1.
    """

    powers: NDArray[np.float32]
    is_known: NDArray[np.bool_]
    explained: float


def estimate_wet_tracks(
    dry: Sequence[FloatArray], mixture: FloatArray, sample_rate: int
) -> WetTracks:
    """Estimate the powers of dry tracks within their mixture.

    Memory holds the sums of the fit beside the audio: 8 bytes for each bin and pair of channels,
    0.13 GB for 128 mono tracks.

    Args:
        dry: tracks as recorded, float32 (1 or 2, samples) each, at least one; none is silent.
        mixture: their mixture, float32 (2, samples), aligned with them to within a few
            milliseconds: see `mixer.evaluate.alignment`.
        sample_rate: in Hz.
    """
    hyper = BandMixerParameters(n_fft=window_samples(sample_rate), n_bands=N_BANDS)
    weights = band_weights(hyper, sample_rate)
    filters, chance = _fit(dry, mixture, hyper)
    rest = mixture.copy()
    filtered = []
    for audio, own in zip(dry, filters, strict=True):
        wet = _filtered(audio, own, hyper)
        rest -= wet
        filtered.append(listen_to(wet, sample_rate).powers)
    rest_powers = measure_powers(rest, hyper, weights)
    by_frame = [measure_powers(audio, hyper, weights)[[_LEFT, _RIGHT]].mean(0) for audio in dry]
    shares = shares_of_rest(np.stack(by_frame), rest_powers)
    own_powers = np.stack([listen_to(audio, sample_rate).powers[:2].mean(0) for audio in dry])
    # Share that a bin's filter explains by chance, as a mean over the bins of a band.
    in_bands = (weights / weights.sum(axis=1, keepdims=True)) @ chance
    by_chance = in_bands.T * _while_playing(rest_powers[[_LEFT, _RIGHT]].mean(axis=0), by_frame)
    in_phase = _without_chance(np.stack(filtered), by_chance)
    from_rest = _parts(shares) * own_powers[:, None]
    level, chance_level, rest_level = (
        _weighted(powers)
        for powers in (in_phase[:, :2].mean(1), by_chance, from_rest[:, :2].mean(1))
    )
    is_known = (level > _CLEARLY * chance_level) & (level > _IN_PHASE * rest_level)
    whole, left_over = (float(np.square(a, dtype=np.float64).sum()) for a in (mixture, rest))
    n_frames = rest_powers.shape[-1]
    n_sources = sum(len(audio) for audio in dry)
    # So many filters would explain a part of any mixture.
    left_over *= n_frames / max(1, n_frames - n_sources)
    explained = max(0.0, 1.0 - left_over / whole) if whole > 0.0 else 0.0
    return WetTracks((in_phase + from_rest).astype(np.float32), is_known, explained)


def _fit(
    dry: Sequence[FloatArray], mixture: FloatArray, hyper: BandMixerParameters
) -> tuple[list[NDArray[np.complex64]], NDArray[np.float32]]:
    """Filters (bins, 2, 1 or 2) of each track, and chance (bins, tracks)."""
    fit = MixtureFilters(_OWN_RIDGE)
    for mixed, *parts in zip(*(_blocks(a, hyper) for a in (mixture, *dry)), strict=True):
        sources = [part if len(part) == 1 else mid_and_side(part) for part in parts]
        fit.add(np.concatenate(sources), mixed)
    filters, chance = fit.fit()
    starts = np.cumsum([0, *(len(audio) for audio in dry)])
    own = [filters[:, :, a:b] for a, b in pairwise(starts)]
    return own, np.add.reduceat(chance, starts[:-1], axis=1)


def _blocks(audio: FloatArray, hyper: BandMixerParameters) -> Iterator[NDArray[np.complex64]]:
    window = root_hann(hyper.n_fft)
    for _, spectra in stft_blocks(audio, hyper.n_fft, hyper.hop_samples, window, hyper.n_fft):
        yield spectra


def _filtered(
    audio: FloatArray, filters: NDArray[np.complex64], hyper: BandMixerParameters
) -> FloatArray:
    """One track within the mixture, (2, samples)."""

    def modify(_: int, spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
        sources = mid_and_side(spectra) if filters.shape[-1] == 2 else spectra[:1]
        return np.moveaxis(filters @ np.moveaxis(sources, 0, 1), 1, 0)

    return filter_stft(np.repeat(audio, 3 - len(audio), axis=0), hyper.n_fft, modify)


def _without_chance(
    powers: NDArray[np.float32], by_chance: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Scale powers (tracks, 3, bands) down by what both channels have by chance (tracks, bands)."""
    both = powers[:, :2].mean(axis=1)
    share = np.maximum(both - by_chance, 0.0) / np.maximum(both, np.finfo(np.float32).tiny)
    return powers * share[:, None]


def _parts(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Left, right and cross power (tracks, 3, bands) of shares (tracks, views, bands)."""
    return np.stack([shares[:, _LEFT], shares[:, _RIGHT], shares[:, _MID] - shares[:, _SIDE]], 1)


def _weighted(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """K-weighted power of (tracks, bands)."""
    return np.asarray(powers.astype(np.float64) @ k_weights(N_BANDS))


def _while_playing(
    rest: NDArray[np.float32], by_frame: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Mean power (tracks, bands) of the residual (bands, frames) while each track plays."""
    tiny = np.finfo(np.float32).tiny
    return np.stack([(rest * own).sum(1) / np.maximum(own.sum(1), tiny) for own in by_frame])
