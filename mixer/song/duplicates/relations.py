"""Relations between recordings by their samples: copies, sums, whole mixes, takes of a comp.

Names are not enough: `Kick (1).wav` may be another kick, `Drums SUM.wav` the sum of files beside
it. In the mix, a copy is 6 dB too loud and a sum doubles its parts. Here the samples decide: each
recording is fitted by least squares to the others over common excerpts, and the residual shows
whether it has new content.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.song.duplicates.comp_takes import find_comp_takes
from mixer.song.duplicates.exact_copies import find_exact_copies
from mixer.song.duplicates.found import (
    CERTAIN_BELOW_DB,
    EXCERPTS_RATE_HZ,
    SILENT_BELOW,
    Found,
    Relation,
    sounding_excerpts,
    split_channels,
)
from mixer.song.duplicates.near_copies import MOVED_BELOW_DB, copied_from, moved_copies
from mixer.song.duplicates.sums_by_sound import find_sums


def find_relations(
    excerpts: np.ndarray,
    preference: Sequence[int],
    twins: Sequence[tuple[int, int]] = (),
    channels: int = 1,
) -> list[Found]:
    """Find copies, sums, mixes and takes among recordings.

    Args:
        excerpts: (recordings, excerpts, channels x samples), the same stretches of time of each
            recording as it is in the mix (a mono file on both sides, half a pair on its own).
        preference: for each recording a rank; of two copies the one of lower rank stays.
        twins: pairs of recordings whose names differ in the format alone, for which a lossy
            encoder's error is allowed.
        channels: number of channels concatenated in the last axis; a sum may have panned its
            parts.

    Returns:
        At most one entry for each recording; nothing for silent ones.
    """
    power = np.einsum("res,res->re", excerpts, excerpts, dtype=np.float64) / excerpts.shape[2]
    audible = [int(i) for i in np.flatnonzero(power.max(axis=1, initial=0.0) > SILENT_BELOW)]
    by_channel = split_channels(excerpts, channels)
    products = _products(by_channel)
    found = find_exact_copies(
        by_channel, power, products, audible, preference, {frozenset(pair) for pair in twins}
    )
    rest = [i for i in audible if i not in {entry.index for entry in found}]
    # Parts that take turns make a sum that equals one of them at a time, as a comp does its takes.
    sums = find_sums(excerpts, power, rest, channels)
    rest = [i for i in rest if i not in {entry.index for entry in sums}]
    takes = find_comp_takes(excerpts, power, products, rest)
    rest = [i for i in rest if i not in {entry.index for entry in takes}]
    near = _near_copies(excerpts, power, sorted(rest, key=lambda i: (preference[i], i)), channels)
    return sorted(found + takes + sums + near, key=lambda entry: entry.index)


def _products(by_channel: np.ndarray) -> np.ndarray:
    """Products of each two recordings: float32 (excerpts, channels, recordings, recordings).

    Rounded as they are, they tell which of them are far from alike.
    """
    rows = by_channel.transpose(1, 2, 0, 3)
    return rows @ rows.swapaxes(2, 3)


def _near_copies(
    excerpts: np.ndarray, power: np.ndarray, among: Sequence[int], channels: int
) -> list[Found]:
    if len(among) < 2:
        return []
    sounding = np.stack([sounding_excerpts(own) for own in power])
    copied = copied_from(excerpts, sounding, among)
    rest = [index for index in among if index not in copied]
    by_channel = split_channels(excerpts, channels)
    middle = by_channel.mean(axis=2)
    # The halves of a pair may be equal: they are on one side each.
    sides = [tuple(own.any(axis=(0, 2))) for own in by_channel]
    moved: dict[int, tuple[int, float]] = {}
    for side in set(sides):
        own = [index for index in rest if sides[index] == side]
        moved |= moved_copies(middle, sounding, own, EXCERPTS_RATE_HZ)
    return [
        Found(index, Relation.COPIED, (other,), CERTAIN_BELOW_DB, False)
        for index, other in copied.items()
    ] + [
        Found(index, Relation.MOVED, (other,), MOVED_BELOW_DB, False, later_s=later_s)
        for index, (other, later_s) in moved.items()
    ]
