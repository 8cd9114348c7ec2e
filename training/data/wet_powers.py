"""Band powers of dry stems within a mixture, estimated from the mixture alone.

Each excerpt is processed in two steps. First, what a console does with faders, pans and equalisers
is modelled as a filter of each stem: all filters together are the least-squares fit of the
mixture's spectra by those of the stems, bin by bin. This fit uses phase, so that a quiet stem is
found below loud ones. Second, the residual (rooms, compression, distortion) is not in phase with
any stem, but it follows the stems' powers: non-negative least squares over frames distribute it
among the stems, band by band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, root_hann, stft_blocks
from mixer.dsp.nonnegative import fit_nonnegative
from mixer.network.band_mixer.bands import powers_of_spectra
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from training.data.mixture_filters import MixtureFilters, mid_and_side

# Regularisation of the powers' fit, as noise relative to the loudest stem: one 30 dB below another
# in a band gets no residual.
_POWER_RIDGE = 1e-3
# A side signal this far below its mid is rounding noise, which a fit could only misuse.
_LEAST_SIDE = 1e-8
_LEFT, _RIGHT, _MID, _SIDE = (VIEWS.index(view) for view in ("left", "right", "mid", "side"))


@dataclass(frozen=True)
class WetPowers:
    """Powers of stems as they are in a mixture.

    Attributes:
        powers: powers of each stem, (views, bands, frames).
        explained: share of the mixture's power explained by filtered stems, 0 to 1.
    """

    powers: dict[str, NDArray[np.float32]]
    explained: float


def estimate_wet_powers(
    dry: Mapping[str, FloatArray],
    mixture: FloatArray,
    hyper: BandMixerParameters,
    weights: NDArray[np.float32],
) -> WetPowers:
    """Estimate the powers of dry stems within their mixture.

    Args:
        dry: stems as recorded, float32 (2, samples) each, at least one.
        mixture: their mixture, float32 (2, samples), aligned with them to within a few
            milliseconds: see `mixer.evaluate.alignment`.
        hyper: parameters of the bands and the transform.
        weights: weights of the bands, from `mixer.network.band_mixer.bands.band_weights`.
    """
    mixed = _spectra(mixture, hyper)
    spectra = {name: _spectra(audio, hyper) for name, audio in dry.items()}
    filtered = _filtered(spectra, mixed)
    rest = mixed - np.add.reduce(list(filtered.values()))
    rest_powers = powers_of_spectra(rest, hyper, weights)
    dry_powers = np.stack(
        [
            powers_of_spectra(own, hyper, weights)[[_LEFT, _RIGHT]].mean(0)
            for own in spectra.values()
        ]
    )
    shares = shares_of_rest(dry_powers, rest_powers)
    powers = {
        name: powers_of_spectra(own, hyper, weights) + shares[i][..., None] * dry_powers[i]
        for i, (name, own) in enumerate(filtered.items())
    }
    whole = float(np.square(np.abs(mixed)).sum())
    left_over = float(np.square(np.abs(rest)).sum())
    return WetPowers(powers, max(0.0, 1.0 - left_over / whole) if whole > 0.0 else 0.0)


def _spectra(audio: FloatArray, hyper: BandMixerParameters) -> NDArray[np.complex64]:
    """Spectra (2, bins, frames), in the same frames as `measure_powers`."""
    blocks = stft_blocks(audio, hyper.n_fft, hyper.hop_samples, root_hann(hyper.n_fft), hyper.n_fft)
    return np.concatenate([spectra for _, spectra in blocks], axis=-1)


def _filtered(
    spectra: Mapping[str, NDArray[np.complex64]], mixed: NDArray[np.complex64]
) -> dict[str, NDArray[np.complex64]]:
    """Filter each stem's mid and side: spectra of both output channels by stem."""
    sources: list[NDArray[np.complex64]] = []
    owners: list[str] = []
    for name, own in spectra.items():
        mid, side = mid_and_side(own)
        sources.append(mid)
        owners.append(name)
        if np.square(np.abs(side)).sum() > _LEAST_SIDE * np.square(np.abs(mid)).sum():
            sources.append(side)
            owners.append(name)
    fit = MixtureFilters()
    fit.add(np.stack(sources), mixed)
    filters, _ = fit.fit()
    parts = np.moveaxis(np.stack(sources), 0, 1)  # (bins, sources, frames)
    made: dict[str, NDArray[np.complex64]] = {}
    for name in spectra:
        mine = [i for i, owner in enumerate(owners) if owner == name]
        made[name] = np.moveaxis(filters[:, :, mine] @ parts[:, mine], 1, 0)
    return made


def shares_of_rest(
    dry_powers: NDArray[np.float32], rest_powers: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Share of each recording's power in the residual of the filters.

    Args:
        dry_powers: (recordings, bands, frames), mean of both channels.
        rest_powers: (views, bands, frames).

    Returns:
        (recordings, views, bands), at least 0, with 2 (mid + side) = left + right.
    """
    n_stems, n_bands, _ = dry_powers.shape
    shares = np.zeros((n_stems, len(VIEWS), n_bands), np.float32)
    for band in range(n_bands):
        scale = float(np.sqrt(np.square(dry_powers[:, band], dtype=np.float64).sum(1).max()))
        if scale == 0.0:
            continue
        by_frame = dry_powers[:, band].T.astype(np.float64) / scale
        triangle = np.linalg.qr(np.vstack([by_frame, np.sqrt(_POWER_RIDGE) * np.eye(n_stems)]))
        for view in (_LEFT, _RIGHT, _SIDE):
            wanted = np.append(rest_powers[view, band] / scale, np.zeros(n_stems))
            shares[:, view, band] = fit_nonnegative(triangle.R, triangle.Q.T @ wanted)
    both = shares[:, [_LEFT, _RIGHT]].mean(axis=1)
    # The side cannot exceed the power that both channels share.
    shares[:, _SIDE] = np.minimum(shares[:, _SIDE], both)
    shares[:, _MID] = both - shares[:, _SIDE]
    return shares
