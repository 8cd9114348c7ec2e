"""Masking between stems, by critical band.

The model is that of `mixer.meters.masking`, looked at for each pair of stems by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from mixer.meters.masking import (
    N_BANDS,
    bark_to_hz,
    masked_below,
    specific_loudness,
    spreading_matrix,
)

# Less of a stem's loudness than this is in a band: what is masked there is of no account.
_LEAST_SHARE = 0.001
ALL_OTHERS = "all others"


class MaskingRow(TypedDict):
    """Share of a stem that another one masks, in all and band by band; see `masking_by_pair`."""

    stem: str
    masker: str
    share: float
    bands: list[float | None]


def band_edges_hz() -> list[float]:
    """Edges of the critical bands."""
    return np.round(bark_to_hz(np.arange(N_BANDS + 1)), 0).tolist()


def masking_by_pair(stem_powers: Mapping[str, np.ndarray]) -> list[MaskingRow]:
    """Share of each stem that the others mask, by critical band.

    Args:
        stem_powers: stem name to `bark_powers` of the stem as it is in the mix, all of one
            length.

    Returns:
        For each stem and each masker (every other stem, then all of them together): `stem`,
        `masker`, `share`, the masked share of the stem's specific loudness (0 to 1), and `bands`,
        the same for each band, None if the stem has next to nothing there. Stems that are not
        audible in the mix are left out.
    """
    if not stem_powers:
        return []
    total = np.sum(list(stem_powers.values()), axis=0, dtype=np.float64)
    loudest, spread = float(total.max(initial=0.0)), spreading_matrix()
    rows = []
    for stem, powers in stem_powers.items():
        loudness = specific_loudness(powers, loudest)
        if not loudness.any():
            continue
        maskers = {name: other for name, other in stem_powers.items() if name != stem}
        if len(maskers) > 1:
            maskers[ALL_OTHERS] = np.maximum(total - powers, 0.0)
        for masker, masking in maskers.items():
            hidden = np.where(powers < masked_below(masking, spread), loudness, 0.0)
            rows.append(_row(stem, masker, hidden.sum(axis=1), loudness.sum(axis=1)))
    return rows


def _row(stem: str, masker: str, hidden: np.ndarray, loudness: np.ndarray) -> MaskingRow:
    whole = float(loudness.sum())
    bands = [
        round(float(part / band), 3) if band > _LEAST_SHARE * whole else None
        for part, band in zip(hidden, loudness, strict=True)
    ]
    return {
        "stem": stem,
        "masker": masker,
        "share": round(float(hidden.sum()) / whole, 4),
        "bands": bands,
    }
