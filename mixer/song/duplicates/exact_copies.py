"""Copies: recordings that are another one at a gain of their own, throughout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.dsp.blocks import power_to_db
from mixer.song.duplicates.found import (
    CERTAIN_BELOW_DB,
    ROUNDED_BY_DB,
    Found,
    Relation,
    sounding_excerpts,
)

# Difference that a lossy encoder may leave between a file and its twin.
_TWIN_BELOW_DB = -14.0


def find_exact_copies(
    by_channel: np.ndarray,
    power: np.ndarray,
    products: np.ndarray,
    audible: Sequence[int],
    preference: Sequence[int],
    twins: set[frozenset[int]],
) -> list[Found]:
    least_db = _least_left_over_db(power, products)
    kept: list[int] = []
    found: list[Found] = []
    for index in sorted(audible, key=lambda i: (preference[i], i)):
        for other in kept:
            limit_db = _TWIN_BELOW_DB if frozenset((index, other)) in twins else CERTAIN_BELOW_DB
            if least_db[index, other] >= limit_db:
                continue
            left_db, sign = _fit_one(by_channel, power, index, other)
            if left_db < limit_db:
                found.append(Found(index, Relation.COPY, (other,), left_db, True, sign < 0))
                break
        else:
            kept.append(index)
    return found


def _least_left_over_db(power: np.ndarray, products: np.ndarray) -> np.ndarray:
    """For each two recordings at most what `_fit_one` finds, in dB: (recordings, recordings).

    The best gains leave what two recordings do not have in common. They leave at least as much in
    the worst excerpt as in all excerpts together; and what is scaled to a recording has at most its
    power.
    """
    sounding = np.array([sounding_excerpts(own) for own in power], bool).reshape(power.shape)
    cross, own, its = np.zeros((3, products.shape[1], len(power), len(power)))
    for plays, by_channel in zip(sounding.T, products, strict=True):
        both = plays[:, None] | plays
        each = np.diagonal(by_channel, axis1=1, axis2=2)
        cross += both * by_channel
        own += both * each[:, :, None]
        its += both * each[:, None, :]
    common = np.divide(cross**2, its, out=np.zeros_like(cross), where=its > 0.0)
    whole = np.maximum(own.sum(axis=0), 1e-30)
    share = (own - common).sum(axis=0) / (2.0 * whole)
    return power_to_db(share, 1e-12) - ROUNDED_BY_DB


def _fit_one(
    by_channel: np.ndarray, power: np.ndarray, index: int, other: int
) -> tuple[float, float]:
    """Worst power left over in any excerpt when one recording is scaled to another, and the sign.

    Fitted over all excerpts at once, in both directions: a recording with more content than the
    other is not a copy of it. Where both play on all channels, one of them may have been panned.
    """
    both = sounding_excerpts(power[index]) | sounding_excerpts(power[other])
    own, its = by_channel[index][both], by_channel[other][both]
    cross = np.einsum("ecs,ecs->c", own, its, dtype=np.float64)
    its_power = np.einsum("ecs,ecs->c", its, its, dtype=np.float64)
    own_power = np.einsum("ecs,ecs->c", own, own, dtype=np.float64)
    if not its_power.all() or not own_power.all() or cross.min() * cross.max() <= 0.0:
        cross, its_power = cross.sum(keepdims=True), its_power.sum(keepdims=True)
    if not cross.all():
        return 0.0, 1.0
    gains = (cross / its_power)[:, None]
    scaled = gains.astype(np.float32) * its
    left_power = np.mean((own - scaled) ** 2, axis=(1, 2), dtype=np.float64)
    scaled_power = np.mean(scaled**2, axis=(1, 2), dtype=np.float64)
    share = left_power / np.maximum(np.maximum(power[index][both], scaled_power), 1e-30)
    return float(power_to_db(share.max(), 1e-12)), float(gains.flat[0])
