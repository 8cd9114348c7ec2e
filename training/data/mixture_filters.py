"""Filters by which dry recordings become parts of their mixture: a least-squares fit with phase.

The faders, pans and equalisers of a console are a filter of each recording. All filters
together are fitted to the mixture's spectra, bin by bin. The sums that the fit needs are gathered
block by block, so that the recordings' spectra never lie in memory at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Regularisation of the fit, as noise relative to the loudest part of a bin: keeps silent parts out.
_RIDGE = 1e-6
# Bins solved at once: for 256 sources, 17 MB each.
_BINS_AT_ONCE = 8


def mid_and_side(spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Mid and side (2, bins, frames) of spectra of left and right."""
    left, right = spectra
    return np.stack([(left + right) / 2, (left - right) / 2])


class MixtureFilters:
    """Gathers spectra of sources and of their mixture, and fits the filters between them.

    Args:
        own_ridge: regularisation relative to each source's own power in a bin. Where two sources
            are nearly the same, it gives both the same filter, instead of two large ones that
            cancel each other. Other filters become smaller by this share.
    """

    def __init__(self, own_ridge: float = 0.0) -> None:
        self._own_ridge = own_ridge
        self._own: NDArray[np.complex64] | None = None
        self._cross: NDArray[np.complex64] | None = None
        self._n_frames = 0

    def add(self, sources: NDArray[np.complex64], mixed: NDArray[np.complex64]) -> None:
        """Add the next frames: (sources, bins, frames) and (channels, bins, frames)."""
        parts = np.moveaxis(sources, 0, 1)
        adjoint = parts.conj().swapaxes(-1, -2)
        own, cross = parts @ adjoint, np.moveaxis(mixed, 0, 1) @ adjoint
        if self._own is None or self._cross is None:
            self._own, self._cross = own, cross
        else:
            self._own += own
            self._cross += cross
        self._n_frames += sources.shape[-1]

    def fit(self) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
        """Fit the filters.

        Returns:
            The filters, complex64 (bins, channels, sources); and float32 (bins, sources): the power
            that each filtered source is expected to have by chance, as a share of the power that
            the filters leave over.

        Raises:
            ValueError: nothing was added.
        """
        if self._own is None or self._cross is None:
            raise ValueError("no frames to fit filters to")
        filters = np.zeros_like(self._cross)
        chance = np.zeros(filters[:, 0].shape, np.float32)
        for first in range(0, len(filters), _BINS_AT_ONCE):
            bins = slice(first, first + _BINS_AT_ONCE)
            filters[bins], chance[bins] = self._solved(
                self._own[bins].astype(np.complex128), self._cross[bins].astype(np.complex128)
            )
        return filters, chance

    def _solved(
        self, own: NDArray[np.complex128], cross: NDArray[np.complex128]
    ) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        n_sources = own.shape[-1]
        power = np.einsum("bss->bs", own).real.copy()
        # Bins without sound must be solvable too.
        ridge = _RIDGE * power.max(axis=1, keepdims=True) + np.finfo(np.float32).tiny
        own += (ridge + self._own_ridge * power)[..., None] * np.eye(n_sources)
        # filters @ own = cross, of every bin; `own` is its own adjoint.
        filters = np.linalg.solve(own, cross.conj().swapaxes(-1, -2)).conj().swapaxes(-1, -2)
        spread = np.einsum("bss->bs", np.linalg.inv(own)).real
        chance = spread * power / max(1, self._n_frames - n_sources)
        return filters.astype(np.complex128), chance.astype(np.float64)
