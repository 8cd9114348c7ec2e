"""Which recordings hold what others hold already: copies, sums, whole mixes, takes of a comp.

Names do not tell: `Kick (1).wav` may be another kick, `Drums SUM.wav` the sum of files that lie
beside it. Summed in, a copy is 6 dB too loud and a sum doubles its parts. Here the samples decide:
each recording is fitted by least squares on the others over excerpts that all share, and what is
left over says whether it is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy.linalg
import scipy.optimize

# Left over, in dB of the recording's own power. Exact copies and sums of 16-bit files leave less
# than -60 dB, lossy twins of a file -20 to -30 dB; two microphones at one source leave -15 dB and
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
# A part must make up this share of the sum's power to be named as one.
PART_FROM_DB = -40.0
# Of the other recordings' power: a sum that holds so much of it is a mix of the song.
WHOLE_MIX_FROM = 0.9
SILENT_BELOW = 1e-7  # mean square; -70 dBFS
_QUIET_EXCERPT_DB = -40.0  # against the recording's loudest excerpt: proves nothing


class Relation(StrEnum):
    """How a recording relates to others of its folder."""

    COPY = "copy"
    SUM = "sum"
    MIX = "mix"
    TAKE = "take"


@dataclass(frozen=True)
class Found:
    """One recording that others make unnecessary.

    Attributes:
        index: which recording.
        relation: what it is.
        others: of which recordings, the largest part first; for a take, the comp that holds it.
        left_over_db: of its power that the others do not explain, in dB.
        certain: False where something is left over that copying does not explain (a bus effect):
            to be said, not acted on.
        inverted: a copy of opposite polarity, which would cancel the original.
    """

    index: int
    relation: Relation
    others: tuple[int, ...]
    left_over_db: float
    certain: bool = True
    inverted: bool = False


def find_relations(
    excerpts: np.ndarray,
    preference: Sequence[int],
    twins: Sequence[tuple[int, int]] = (),
) -> list[Found]:
    """Find copies, sums, mixes and takes among recordings.

    Args:
        excerpts: (recordings, excerpts, channels x samples), the same stretches of time of each
            recording as it stands in the mix (a mono file on both sides, half a pair on its own).
        preference: for each recording a rank; of two copies the one of lower rank stays.
        twins: pairs of recordings whose names differ in the format alone, for which a lossy
            encoder's error is allowed.

    Returns:
        At most one entry for each recording; nothing for silent ones.
    """
    power = np.einsum("res,res->re", excerpts, excerpts, dtype=np.float64) / excerpts.shape[2]
    audible = [int(i) for i in np.flatnonzero(power.max(axis=1, initial=0.0) > SILENT_BELOW)]
    found = _copies(excerpts, power, audible, preference, {frozenset(pair) for pair in twins})
    rest = [i for i in audible if i not in {entry.index for entry in found}]
    takes = _takes(excerpts, power, rest)
    rest = [i for i in rest if i not in {entry.index for entry in takes}]
    return sorted(found + takes + _sums(excerpts, power, rest), key=lambda entry: entry.index)


def _sounding(power: np.ndarray) -> np.ndarray:
    """Excerpts in which a recording plays: bool, of its power by excerpt."""
    return power > max(SILENT_BELOW, power.max() * 10.0 ** (_QUIET_EXCERPT_DB / 10.0))


def _copies(
    excerpts: np.ndarray,
    power: np.ndarray,
    audible: Sequence[int],
    preference: Sequence[int],
    twins: set[frozenset[int]],
) -> list[Found]:
    kept: list[int] = []
    found: list[Found] = []
    for index in sorted(audible, key=lambda i: (preference[i], i)):
        for other in kept:
            limit_db = TWIN_BELOW_DB if frozenset((index, other)) in twins else CERTAIN_BELOW_DB
            left_db, sign = _fit_one(excerpts, power, index, other)
            if left_db < limit_db:
                found.append(Found(index, Relation.COPY, (other,), left_db, True, sign < 0))
                break
        else:
            kept.append(index)
    return found


def _fit_one(
    excerpts: np.ndarray, power: np.ndarray, index: int, other: int
) -> tuple[float, float]:
    """Worst power left over in any excerpt when one recording is scaled to another, and the sign.

    Fitted over all excerpts at once, both ways round: a recording that holds more than the other is
    no copy of it.
    """
    both = _sounding(power[index]) | _sounding(power[other])
    own, its = excerpts[index][both], excerpts[other][both]
    cross = float(np.vdot(own, its))
    if cross == 0.0:
        return 0.0, 1.0
    gain = cross / float(np.vdot(its, its))
    left = own - np.float32(gain) * its
    left_power = np.einsum("es,es->e", left, left) / left.shape[1]
    share = left_power / np.maximum(power[index][both], gain**2 * power[other][both])
    return float(10.0 * np.log10(max(share.max(), 1e-12))), gain


def _takes(excerpts: np.ndarray, power: np.ndarray, among: Sequence[int]) -> list[Found]:
    """Takes that a comp was cut from: in each excerpt it equals one of several recordings."""
    found: dict[int, Found] = {}
    for comp in among:
        sounding = np.flatnonzero(_sounding(power[comp]))
        if sounding.size < FEWEST_EXCERPTS:
            continue
        sources: set[int] = set()
        for excerpt in sounding:
            equal = [
                other
                for other in among
                if other != comp and _is_equal(excerpts[comp, excerpt], excerpts[other, excerpt])
            ]
            if not equal:
                break
            sources.add(equal[0])
        else:
            if len(sources) > 1:
                for take in sorted(sources):
                    found.setdefault(take, Found(take, Relation.TAKE, (comp,), CERTAIN_BELOW_DB))
    comps = {entry.others[0] for entry in found.values()}
    return [entry for entry in found.values() if entry.index not in comps]


def _is_equal(one: np.ndarray, other: np.ndarray) -> bool:
    left = one - other
    return float(np.vdot(left, left)) < 10.0 ** (CERTAIN_BELOW_DB / 10.0) * float(np.vdot(one, one))


def _sums(excerpts: np.ndarray, power: np.ndarray, among: Sequence[int]) -> list[Found]:
    if len(among) < 3:
        return []
    flat = excerpts[list(among)].reshape(len(among), -1).astype(np.float64)
    # All fits come from one triangle: its columns have the recordings' own products.
    triangle = scipy.linalg.qr(flat.T, mode="r")[0][: len(among)]
    total_power = power.sum(axis=1)
    found = []
    for position, index in enumerate(among):
        others = [p for p in range(len(among)) if p != position]
        gains, _ = scipy.optimize.nnls(triangle[:, others], triangle[:, position])
        entry = _judge_sum(excerpts, power, total_power, index, [among[p] for p in others], gains)
        if entry is not None:
            found.append(entry)
    return found


def _judge_sum(
    excerpts: np.ndarray,
    power: np.ndarray,
    total_power: np.ndarray,
    index: int,
    others: Sequence[int],
    gains: np.ndarray,
) -> Found | None:
    shares = gains**2 * total_power[list(others)] / total_power[index]
    parts = [
        (share, other)
        for share, other in sorted(zip(shares, others, strict=True), reverse=True)
        if share > 10.0 ** (PART_FROM_DB / 10.0)
    ]
    sounding = _sounding(power[index])
    if len(parts) < 2 or sounding.sum() < FEWEST_EXCERPTS:
        return None
    left = excerpts[index][sounding] - np.einsum(
        "o,oes->es", gains.astype(np.float32), excerpts[list(others)][:, sounding]
    )
    left_power = np.einsum("es,es->e", left, left) / left.shape[1]
    worst_db = float(10.0 * np.log10(max((left_power / power[index][sounding]).max(), 1e-12)))
    if worst_db > LIKELY_BELOW_DB:
        return None
    names = tuple(other for _, other in parts)
    held = total_power[list(names)].sum() / total_power[list(others)].sum()
    relation = Relation.MIX if held >= WHOLE_MIX_FROM else Relation.SUM
    certain = worst_db < CERTAIN_BELOW_DB
    if not certain and worst_db < EQUAL_GAINS_BELOW_DB:
        certain = _have_equal_gains(gains, shares, worst_db)
    return Found(index, relation, names, worst_db, certain)


def _have_equal_gains(gains: np.ndarray, shares: np.ndarray, left_over_db: float) -> bool:
    """Whether every part that stands clear of what is left over has the same gain."""
    clear = shares > 10.0 ** ((left_over_db + 6.0) / 10.0)
    gains_db = 20.0 * np.log10(gains[clear])
    return bool(clear.sum() > 1 and np.ptp(gains_db) < 2.0 * _EQUAL_WITHIN_DB)
