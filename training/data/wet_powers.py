"""Band powers of dry stems within a mixture, estimated from the mixture alone.

Two steps, an excerpt at a time. What a console does with faders, pans and equalisers is a filter of
each stem: all filters at once are the least-squares fit of the mixture's spectra by the stems',
bin by bin. It knows phase, so that a quiet stem is found below loud ones. What is left over
(rooms, compression, distortion) is in no phase with any stem, but it moves with the stems' powers:
non-negative least squares over frames share it out, band by band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, root_hann, stft_blocks
from mixer.network.band_mixer.bands import powers_of_spectra
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters

# Noise below the loudest part of a bin that its fit is held against: keeps silent ones out of it.
_FILTER_RIDGE = 1e-6
# The same of powers, which agree less: a stem 30 dB below another in a band answers for no rest.
_POWER_RIDGE = 1e-3
# A side this far below its mid is rounding, which a fit could only misuse.
_LEAST_SIDE = 1e-8
_LEFT, _RIGHT, _MID, _SIDE = (VIEWS.index(view) for view in ("left", "right", "mid", "side"))


@dataclass(frozen=True)
class WetPowers:
    """Stems as they are in a mixture.

    Attributes:
        powers: of each stem, (views, bands, frames).
        explained: share of the mixture's power that filters of the stems are, 0 to 1.
    """

    powers: dict[str, NDArray[np.float32]]
    explained: float


def estimate_wet_powers(
    dry: Mapping[str, FloatArray],
    mixture: FloatArray,
    hyper: BandMixerParameters,
    weights: NDArray[np.float32],
) -> WetPowers:
    """Find how dry stems are in their mixture.

    Args:
        dry: stems as they were recorded, float32 (2, samples) each, at least one.
        mixture: what was made of them, (2, samples), in time with them to within a few
            milliseconds: see `mixer.evaluate.alignment`.
        hyper: bands and transform.
        weights: from `mixer.network.band_mixer.bands.band_weights`.
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
    shares = _shares_of_rest(dry_powers, rest_powers)
    powers = {
        name: powers_of_spectra(own, hyper, weights) + shares[i][..., None] * dry_powers[i]
        for i, (name, own) in enumerate(filtered.items())
    }
    whole = float(np.square(np.abs(mixed)).sum())
    left_over = float(np.square(np.abs(rest)).sum())
    return WetPowers(powers, max(0.0, 1.0 - left_over / whole) if whole > 0.0 else 0.0)


def _spectra(audio: FloatArray, hyper: BandMixerParameters) -> NDArray[np.complex64]:
    """(2, bins, frames), the frames of `measure_powers`."""
    blocks = stft_blocks(audio, hyper.n_fft, hyper.hop_samples, root_hann(hyper.n_fft), hyper.n_fft)
    return np.concatenate([spectra for _, spectra in blocks], axis=-1)


def _filtered(
    spectra: Mapping[str, NDArray[np.complex64]], mixed: NDArray[np.complex64]
) -> dict[str, NDArray[np.complex64]]:
    """Each stem after its filter: spectra of both channels, from its mid and its side."""
    sources: list[NDArray[np.complex64]] = []
    owners: list[str] = []
    for name, (left, right) in spectra.items():
        mid, side = (left + right) / 2, (left - right) / 2
        sources.append(mid)
        owners.append(name)
        if np.square(np.abs(side)).sum() > _LEAST_SIDE * np.square(np.abs(mid)).sum():
            sources.append(side)
            owners.append(name)
    parts = np.moveaxis(np.stack(sources), 0, 1)  # (bins, sources, frames)
    wanted = np.moveaxis(mixed, 0, 1)  # (bins, channels, frames)
    adjoint = parts.conj().swapaxes(-1, -2)
    own = (parts @ adjoint).astype(np.complex128)
    cross = (wanted @ adjoint).astype(np.complex128)
    loudest = np.einsum("bss->bs", own).real.max(axis=1)
    # A bin in which nothing sounds must be solvable too.
    ridge = _FILTER_RIDGE * loudest + np.finfo(np.float32).tiny
    own += ridge[:, None, None] * np.eye(len(sources))
    # filters @ own = cross, of every bin; `own` is its own adjoint.
    filters = np.linalg.solve(own, cross.conj().swapaxes(-1, -2)).conj().swapaxes(-1, -2)
    small = filters.astype(np.complex64)
    made: dict[str, NDArray[np.complex64]] = {}
    for name in spectra:
        mine = [i for i, owner in enumerate(owners) if owner == name]
        made[name] = np.moveaxis(small[:, :, mine] @ parts[:, mine], 1, 0)
    return made


def _shares_of_rest(
    dry_powers: NDArray[np.float32], rest_powers: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much of each stem's power is in what the filters leave over.

    Args:
        dry_powers: (stems, bands, frames), mean of both channels.
        rest_powers: (views, bands, frames).

    Returns:
        (stems, views, bands), 0 and above, with twice mid and side as large as left and right.
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
            shares[:, view, band] = scipy.optimize.nnls(triangle.R, triangle.Q.T @ wanted)[0]
    both = shares[:, [_LEFT, _RIGHT]].mean(axis=1)
    # A side is at most what both channels have between them.
    shares[:, _SIDE] = np.minimum(shares[:, _SIDE], both)
    shares[:, _MID] = both - shares[:, _SIDE]
    return shares
