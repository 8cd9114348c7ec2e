"""Relations between recordings by their samples: copies, sums, whole mixes, takes of a comp.

Names are not enough: `Kick (1).wav` may be another kick, `Drums SUM.wav` the sum of files beside
it. In the mix, a copy is 6 dB too loud and a sum doubles its parts. Here the samples decide: each
recording is fitted by least squares to the others over common excerpts, and the residual shows
whether it has new content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from mixer.song.duplicates.near_copies import MOVED_BELOW_DB, copied_from, find_lag, moved_copies
from mixer.song.duplicates.sum_fit import SumFit, fit_sum, triangles

# Waveforms up to 4 kHz tell recordings apart, and are left alone by lossy encoders.
EXCERPTS_RATE_HZ = 8_000
# Left over, in dB of the recording's own power. Exact copies and sums of 16-bit files leave less
# than -60 dB, lossy twins of a file -20 to -30 dB; two microphones on one source leave -15 dB and
# more, a bus that was compressed or equalised -5 to -20 dB.
CERTAIN_BELOW_DB = -30.0
TWIN_BELOW_DB = -14.0
# A sum whose parts all have the same gain is one although a lossy encoder or a light bus
# compressor stands between.
EQUAL_GAINS_BELOW_DB = -14.0
_EQUAL_WITHIN_DB = 1.0
LIKELY_BELOW_DB = -12.0
# One excerpt alone may agree by chance (a held tone is the sum of two others of its pitch).
FEWEST_EXCERPTS = 3
# This share of a comp's excerpts equals one of its takes; cuts are in the others.
_COMP_SHARE = 0.75
# A part must make up this share of the sum's power to be named as one.
PART_FROM_DB = -40.0
# Share of the other recordings' power: a sum that misses no more of it is a mix of the song.
WHOLE_MIX_MISSES = 0.005
# A limiter's latency, an encoder's delay; the plain sum of all others tells it roughly.
LONGEST_SUM_MOVE_S = 0.06
MOVED_SUM_BELOW_DB = -1.5
# Correlation of two parts: where A is said to be the sum of B and C, and B and C cancel in part,
# B may as well be the difference of A and C, and A the recording.
CANCELS_BELOW = -0.1
SILENT_BELOW = 1e-7  # mean square; -70 dBFS
# Sums of products in single precision are nearer to what they stand for.
_ROUNDED_BY_DB = 1.0
_QUIET_EXCERPT_DB = -40.0  # against the recording's loudest excerpt: proves nothing


class Relation(StrEnum):
    """Relation of a recording to others of its folder."""

    COPY = "copy"
    SUM = "sum"
    MIX = "mix"
    TAKE = "take"
    COPIED = "copied from"
    MOVED = "moved"


@dataclass(frozen=True)
class Found:
    """One recording that others make unnecessary.

    Attributes:
        index: of the recording.
        relation: kind of relation.
        others: the recordings, the largest part first; for a take, the comp that contains it.
        left_over_db: residual that the others do not explain, in dB relative to its power.
        certain: False if the residual is too large for a copy (a bus effect): then it is
            reported, not left out.
        inverted: of opposite polarity, which would cancel the original.
        reversible: a sum whose parts cancel in part: one of them may be the difference instead.
        later_s: its delay against the others, in seconds.
    """

    index: int
    relation: Relation
    others: tuple[int, ...]
    left_over_db: float
    certain: bool = True
    inverted: bool = False
    reversible: bool = False
    later_s: float = 0.0


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
    by_channel = _by_channel(excerpts, channels)
    products = _products(by_channel)
    found = _copies(
        by_channel, power, products, audible, preference, {frozenset(pair) for pair in twins}
    )
    rest = [i for i in audible if i not in {entry.index for entry in found}]
    # Parts that take turns make a sum that equals one of them at a time, as a comp does its takes.
    sums = _sums(excerpts, power, rest, channels)
    rest = [i for i in rest if i not in {entry.index for entry in sums}]
    takes = _takes(excerpts, power, products, rest)
    rest = [i for i in rest if i not in {entry.index for entry in takes}]
    near = _near_copies(excerpts, power, sorted(rest, key=lambda i: (preference[i], i)), channels)
    return sorted(found + takes + sums + near, key=lambda entry: entry.index)


def _by_channel(excerpts: np.ndarray, channels: int) -> np.ndarray:
    """Split the last axis into channels: (recordings, excerpts, channels, samples)."""
    n_samples = excerpts.shape[2] // channels
    return excerpts.reshape(*excerpts.shape[:2], channels, n_samples)


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
    by_channel = _by_channel(excerpts, channels)
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


def sounding_excerpts(power: np.ndarray) -> np.ndarray:
    """Excerpts in which a recording plays: bool, of its power by excerpt."""
    return power > max(SILENT_BELOW, power.max() * 10.0 ** (_QUIET_EXCERPT_DB / 10.0))


def _copies(
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
            limit_db = TWIN_BELOW_DB if frozenset((index, other)) in twins else CERTAIN_BELOW_DB
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
    return 10.0 * np.log10(np.maximum(share, 1e-12)) - _ROUNDED_BY_DB


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
    return float(10.0 * np.log10(max(share.max(), 1e-12))), float(gains.flat[0])


def _takes(
    excerpts: np.ndarray, power: np.ndarray, products: np.ndarray, among: Sequence[int]
) -> list[Found]:
    """Takes that a comp was cut from: in each excerpt it equals one of several recordings.

    Some excerpts may contain a cut. A take that plays while the comp is silent is not contained
    in it: it is reported, not left out.
    """
    found: dict[int, Found] = {}
    cross = products.sum(axis=1)
    each = np.diagonal(cross, axis1=1, axis2=2)
    left = each[:, :, None] + each[:, None, :] - 2.0 * cross
    # Nearly equal, so that it is worth while to compare samples: (excerpts, comps, takes).
    alike = left < 10.0 ** ((CERTAIN_BELOW_DB + _ROUNDED_BY_DB) / 10.0) * each[:, :, None]
    for comp in among:
        sounding = np.flatnonzero(sounding_excerpts(power[comp]))
        equal = {
            int(excerpt): next(
                (
                    other
                    for other in among
                    if other != comp
                    and alike[excerpt, comp, other]
                    and _is_equal(excerpts[comp, excerpt], excerpts[other, excerpt])
                ),
                None,
            )
            for excerpt in sounding
        }
        n_equal = sum(other is not None for other in equal.values())
        sources = sorted({other for other in equal.values() if other is not None})
        if n_equal < max(FEWEST_EXCERPTS, _COMP_SHARE * sounding.size) or len(sources) < 2:
            continue
        for take in sources:
            is_held = n_equal == sounding.size and set(
                np.flatnonzero(sounding_excerpts(power[take]))
            ) <= set(sounding)
            entry = Found(take, Relation.TAKE, (comp,), CERTAIN_BELOW_DB, is_held)
            found.setdefault(take, entry)
    comps = {entry.others[0] for entry in found.values()}
    return [entry for entry in found.values() if entry.index not in comps]


def _is_equal(one: np.ndarray, other: np.ndarray) -> bool:
    left = one - other
    return float(np.vdot(left, left)) < 10.0 ** (CERTAIN_BELOW_DB / 10.0) * float(np.vdot(one, one))


def _sums(
    excerpts: np.ndarray, power: np.ndarray, among: Sequence[int], channels: int
) -> list[Found]:
    if len(among) < 3:
        return []
    by_channel = _by_channel(excerpts, channels)
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
    by_channel = _by_channel(excerpts, channels)
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
    reach = round(LONGEST_SUM_MOVE_S * EXCERPTS_RATE_HZ)
    found = find_lag(by_channel[index].sum(axis=1), rest, reach, MOVED_SUM_BELOW_DB)
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
        or (found.sign < 0 and fit.cancels(entry.others, CANCELS_BELOW))
    ):
        return None
    return replace(entry, inverted=found.sign < 0, later_s=lag / EXCERPTS_RATE_HZ)


def _judge_sum(power: np.ndarray, fit: SumFit) -> Found | None:
    sounding = sounding_excerpts(power[fit.index])
    worst_db = fit.worst_db(sounding)
    if worst_db > LIKELY_BELOW_DB:
        return None
    named = fit.parts(max(PART_FROM_DB, worst_db))
    if len(named) < 2:
        return None
    names = tuple(other for _, other in named)
    missing = power[[o for o in fit.others if o not in names]].sum() / power[list(fit.others)].sum()
    is_whole = missing < max(WHOLE_MIX_MISSES, 10.0 ** (worst_db / 10.0))
    relation = Relation.MIX if is_whole and len(names) > 2 else Relation.SUM
    certain = worst_db < CERTAIN_BELOW_DB and not fit.is_faded
    if relation is Relation.MIX and worst_db < EQUAL_GAINS_BELOW_DB and not certain:
        certain = _have_equal_gains(fit, power, worst_db) or (
            fit.is_faded and worst_db < CERTAIN_BELOW_DB
        )
    reversible = relation is Relation.SUM and fit.cancels(names, CANCELS_BELOW)
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
