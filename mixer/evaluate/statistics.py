"""Statistics over songs: bootstrap intervals, and paired tests between systems.

Songs differ far more than systems do, so systems are compared song by song: Wilcoxon's signed-rank
test on the differences, corrected after Holm for the number of comparisons.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentile
interval); Wilcoxon, Biometrics Bulletin 1945; Holm, Scandinavian Journal of Statistics 1979; Kerby,
"The simple difference formula", Comprehensive Psychology 2014 (rank-biserial correlation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.stats

CONFIDENCE = 0.95
N_RESAMPLES = 5_000
# With fewer pairs that differ no signed-rank test reaches 0.05.
LEAST_PAIRS_TO_REACH_5_PERCENT = 6
# beyond, the normal approximation is as good
EXACT_UP_TO = 200
_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A mean over songs and its percentile bootstrap interval.

    Attributes:
        mean, median: of the defined values; NaN where there is none.
        low, high: bounds of the mean at the confidence asked for; NaN for fewer than two values.
        n: how many values were defined.
    """

    mean: float
    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class PairedTest:
    """One system against another on the songs that both have.

    Attributes:
        first, second: names of the systems.
        n: songs with a value for both.
        median_difference: of first less second.
        effect: matched-pairs rank-biserial correlation, -1 (first always smaller) to 1.
        p: two-sided, of this test alone; 1 where no song differs.
        p_holm: corrected for all comparisons of the family.
    """

    first: str
    second: str
    n: int
    median_difference: float
    effect: float
    p: float
    p_holm: float


def bootstrap_interval(
    values: Sequence[float],
    rng: np.random.Generator,
    confidence: float = CONFIDENCE,
    n_resamples: int = N_RESAMPLES,
) -> Interval:
    """Mean of values with a percentile bootstrap interval.

    Args:
        values: one a song; NaN where a song has none.
        rng: draws the resamples.
        confidence: 0 to 1.
        n_resamples: how many.
    """
    defined = np.asarray(values, dtype=np.float64)
    defined = defined[np.isfinite(defined)]
    nothing = float("nan")
    if defined.size == 0:
        return Interval(nothing, nothing, nothing, nothing, 0)
    mean, median = float(defined.mean()), float(np.median(defined))
    if defined.size == 1:
        return Interval(mean, median, nothing, nothing, 1)
    means = np.empty(n_resamples)
    step = max(1, _BLOCK_VALUES // defined.size)
    for start in range(0, n_resamples, step):
        n_block = min(step, n_resamples - start)
        drawn = rng.integers(0, defined.size, (n_block, defined.size))
        means[start : start + n_block] = defined[drawn].mean(axis=1)
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return Interval(mean, median, float(low), float(high), int(defined.size))


def paired_tests(values: Mapping[str, Sequence[float]]) -> list[PairedTest]:
    """Every system against every other, song by song, corrected together.

    Args:
        values: system to one value a song, in the same order of songs; NaN where a song has none.

    Returns:
        A test a pair of systems that share a song, in the order given.
    """
    tests = []
    for first, second in combinations(values, 2):
        a, b = (np.asarray(values[name], dtype=np.float64) for name in (first, second))
        both = np.isfinite(a) & np.isfinite(b)
        if both.any():
            tests.append((first, second, (a - b)[both]))
    uncorrected = [signed_rank_p(differences) for _, _, differences in tests]
    return [
        PairedTest(
            first=first,
            second=second,
            n=differences.size,
            median_difference=float(np.median(differences)),
            effect=rank_biserial(differences),
            p=p,
            p_holm=p_holm,
        )
        for (first, second, differences), p, p_holm in zip(
            tests, uncorrected, holm(uncorrected), strict=True
        )
    ]


def signed_rank_p(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; zeros are left out, 1 where nothing is left.

    Exact up to `EXACT_UP_TO` differences, ties included (their mean ranks are taken as given).
    """
    differences = differences[differences != 0.0]
    if differences.size == 0:
        return 1.0
    if differences.size > EXACT_UP_TO:
        return float(scipy.stats.wilcoxon(differences).pvalue)
    # Mean ranks are halves at most: twice each is whole.
    ranks = np.rint(2.0 * scipy.stats.rankdata(np.abs(differences))).astype(np.int64)
    # The distribution of the sum of the positive ranks, each sign a fair coin.
    chances = np.ones(1)
    for rank in ranks:
        longer = np.zeros(chances.size + rank)
        longer[: chances.size] += 0.5 * chances
        longer[rank:] += 0.5 * chances
        chances = longer
    positive = int(ranks[differences > 0.0].sum())
    tails = chances[: positive + 1].sum(), chances[positive:].sum()
    return float(min(1.0, 2.0 * min(tails)))


def rank_biserial(differences: np.ndarray) -> float:
    """Sum of the ranks of positive differences less that of negative ones, over the sum of all."""
    differences = differences[differences != 0.0]
    if differences.size == 0:
        return 0.0
    ranks = scipy.stats.rankdata(np.abs(differences))
    return float(np.sum(ranks * np.sign(differences)) / ranks.sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p values in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted.tolist()
