"""Sums of other recordings and mixes of all of them, also where they are moved or inverted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mixer.song.duplicates.found import (
    CERTAIN_BELOW_DB,
    EXCERPTS_RATE_HZ,
    FEWEST_EXCERPTS,
    Found,
    Relation,
    sounding_excerpts,
    split_channels,
)
from mixer.song.duplicates.near_copies import find_lag
from mixer.song.duplicates.sum_fit import SumFit, fit_sum, triangles

# A sum whose parts all have the same gain is one although a lossy encoder or a light bus
# compressor stands between.
EQUAL_GAINS_BELOW_DB = -14.0
_EQUAL_WITHIN_DB = 1.0
_LIKELY_BELOW_DB = -12.0
# A part must make up this share of the sum's power to be named as one.
_PART_FROM_DB = -40.0
# Share of the other recordings' power: a sum that misses no more of it is a mix of the song.
_WHOLE_MIX_MISSES = 0.005
# A limiter's latency, an encoder's delay; the plain sum of all others tells it roughly.
_LONGEST_SUM_MOVE_S = 0.06
_MOVED_SUM_BELOW_DB = -1.5
# Correlation of two parts: where A is said to be the sum of B and C, and B and C cancel in part,
# B may as well be the difference of A and C, and A the recording.
_CANCELS_BELOW = -0.1


def find_sums(
    excerpts: np.ndarray, power: np.ndarray, among: Sequence[int], channels: int
) -> list[Found]:
    if len(among) < 3:
        return []
    by_channel = split_channels(excerpts, channels)
    whole = triangles(by_channel)
    middle = by_channel.sum(axis=2)
    everything = middle[list(among)].sum(axis=0)
    found = []
    for index in among:
        if sounding_excerpts(power[index]).sum() >= FEWEST_EXCERPTS:
            others = [other for other in among if other != index]
            rest = everything - middle[index]
            fit = fit_sum(by_channel, whole, index, others)
            entry = None if fit is None else _judge_sum(power, fit)
            entry = entry or _moved_or_turned(by_channel, power, index, others, rest)
            found += [] if entry is None else [entry]
    return found


def find_moved_sum(
    excerpts: np.ndarray, index: int, others: Sequence[int], channels: int = 1
) -> Found | None:
    """Find the others whose sum is a recording that was moved to its likely position.

    Args:
        excerpts, channels: as in `find_relations`; the recording's own at its likely position.
        index: the recording.
        others: those that it may be the sum of.

    Returns:
        The entry, with its remaining delay; None if it is not a sum of them.
    """
    power = np.einsum("res,res->re", excerpts, excerpts, dtype=np.float64) / excerpts.shape[2]
    if len(others) < 2 or sounding_excerpts(power[index]).sum() < FEWEST_EXCERPTS:
        return None
    by_channel = split_channels(excerpts, channels)
    rest = by_channel[list(others)].sum(axis=(0, 2))
    return _moved_or_turned(by_channel, power, index, others, rest)


def _moved_or_turned(
    by_channel: np.ndarray,
    power: np.ndarray,
    index: int,
    others: Sequence[int],
    rest: np.ndarray,
) -> Found | None:
    """A sum that is a few milliseconds later or earlier than all others, or inverted.

    Args:
        by_channel: (recordings, excerpts, channels, samples).
        power: (recordings, excerpts).
        index: the recording.
        others: those that it may be the sum of.
        rest: (excerpts, samples), their plain sum.
    """
    reach = round(_LONGEST_SUM_MOVE_S * EXCERPTS_RATE_HZ)
    found = find_lag(by_channel[index].sum(axis=1), rest, reach, _MOVED_SUM_BELOW_DB)
    if found is None:
        return None
    lag = round(found.samples)
    n_samples = by_channel.shape[3] - 2 * reach
    still = by_channel[..., reach : reach + n_samples].copy()
    moved = by_channel[index, ..., reach + lag : reach + lag + n_samples]
    still[index] = np.float32(found.sign) * moved
    fit = fit_sum(still, triangles(still), index, others)
    entry = None if fit is None else _judge_sum(power, fit)
    # Beside a mix that is upside down, each part is minus the sum of the mix and the other parts.
    if (
        entry is None
        or fit is None
        or (found.sign < 0 and fit.cancels(entry.others, _CANCELS_BELOW))
    ):
        return None
    return replace(entry, inverted=found.sign < 0, later_s=lag / EXCERPTS_RATE_HZ)


def _judge_sum(power: np.ndarray, fit: SumFit) -> Found | None:
    sounding = sounding_excerpts(power[fit.index])
    worst_db = fit.worst_db(sounding)
    if worst_db > _LIKELY_BELOW_DB:
        return None
    named = fit.parts(max(_PART_FROM_DB, worst_db))
    if len(named) < 2:
        return None
    names = tuple(other for _, other in named)
    missing = power[[o for o in fit.others if o not in names]].sum() / power[list(fit.others)].sum()
    is_whole = missing < max(_WHOLE_MIX_MISSES, 10.0 ** (worst_db / 10.0))
    relation = Relation.MIX if is_whole and len(names) > 2 else Relation.SUM
    certain = worst_db < CERTAIN_BELOW_DB and not fit.is_faded
    if relation is Relation.MIX and worst_db < EQUAL_GAINS_BELOW_DB and not certain:
        certain = _have_equal_gains(fit, power, worst_db) or (
            fit.is_faded and worst_db < CERTAIN_BELOW_DB
        )
    reversible = relation is Relation.SUM and fit.cancels(names, _CANCELS_BELOW)
    return Found(
        fit.index, relation, names, worst_db, certain and not reversible, reversible=reversible
    )


def _have_equal_gains(fit: SumFit, power: np.ndarray, left_over_db: float) -> bool:
    """Whether every part well above the residual has the same gain."""
    own_power = power[fit.index].sum()
    gains_db = [
        10.0 * np.log10(share * own_power / power[other].sum())
        for share, other in fit.parts(left_over_db + 6.0)
    ]
    return len(gains_db) > 1 and bool(np.ptp(gains_db) < 2.0 * _EQUAL_WITHIN_DB)
