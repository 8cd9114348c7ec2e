"""Statistics over songs: bootstrap intervals, and paired tests between systems.

Songs differ far more than systems do, so systems are compared song by song: Wilcoxon's signed-rank
test on the differences, corrected after Holm for the number of comparisons. Where people judge,
what they judge together is a block, Friedman's test asks whether any system differs, and intervals
come from drawing whole people.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentile
interval); Davison and Hinkley, "Bootstrap Methods and their Application", 1997, 3.8 (drawing whole
groups); Wilcoxon, Biometrics Bulletin 1945; Holm, Scandinavian Journal of Statistics 1979; Kerby,
"The simple difference formula", Comprehensive Psychology 2014 (rank-biserial correlation);
Friedman, Journal of the American Statistical Association 1937; Kendall and Babington Smith, Annals
of Mathematical Statistics 1939 (W); Cliff, Psychological Bulletin 1993 (delta).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.stats

CONFIDENCE = 0.95
N_RESAMPLES = 5_000
# For two systems the signed-rank test says it already.
_LEAST_SYSTEMS_OF_FRIEDMAN = 3
# With fewer pairs that differ no signed-rank test reaches 0.05.
LEAST_PAIRS_TO_REACH_5_PERCENT = 6
# beyond, the normal approximation is as good
EXACT_UP_TO = 200
_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A mean over songs and its percentile bootstrap interval.

    Attributes:
        mean, median: of the defined values; NaN if none is defined.
        low, high: bounds of the mean at the requested confidence; NaN for fewer than two values.
        n: number of defined values.
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
        median_difference: median of first minus second.
        effect: matched-pairs rank-biserial correlation, -1 (first always smaller) to 1.
        p: two-sided p value of this test alone; 1 if no song differs.
        p_holm: p value corrected for all comparisons of the family.
    """

    first: str
    second: str
    n: int
    median_difference: float
    effect: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class Location:
    """Median and mean of grouped values, with percentile bootstrap intervals over the groups.

    Attributes:
        median, mean: of all defined values; NaN if none is defined.
        median_low, median_high, mean_low, mean_high: bounds; NaN for fewer than two groups.
        n: how many values were defined.
        n_groups: number of groups that they belong to.
    """

    median: float
    median_low: float
    median_high: float
    mean: float
    mean_low: float
    mean_high: float
    n: int
    n_groups: int


@dataclass(frozen=True)
class FriedmanTest:
    """Whether systems differ at all, over blocks that rate every one of them.

    Attributes:
        n_blocks: blocks with a value for every system.
        chi_squared: Friedman's statistic, corrected for ties.
        degrees_of_freedom: number of systems minus 1.
        p: p value by the chi-squared distribution; 1 if all values of every block are tied.
        kendalls_w: agreement of the blocks, 0 to 1: chi squared over its largest value.
        mean_ranks: system to its mean rank; 1 is the lowest value of a block.
    """

    n_blocks: int
    chi_squared: float
    degrees_of_freedom: int
    p: float
    kendalls_w: float
    mean_ranks: Mapping[str, float]


def bootstrap_interval(
    values: Sequence[float],
    rng: np.random.Generator,
    confidence: float = CONFIDENCE,
    n_resamples: int = N_RESAMPLES,
) -> Interval:
    """Mean of values with a percentile bootstrap interval.

    Args:
        values: one per song; NaN for a song without one.
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
    bounds = scipy.stats.bootstrap(
        (defined,),
        np.mean,
        n_resamples=n_resamples,
        batch=max(1, _BLOCK_VALUES // defined.size),
        confidence_level=confidence,
        method="percentile",
        random_state=rng,
    ).confidence_interval
    return Interval(mean, median, float(bounds.low), float(bounds.high), int(defined.size))


def grouped_location(
    values: Sequence[float],
    groups: Sequence[str],
    rng: np.random.Generator,
    confidence: float = CONFIDENCE,
    n_resamples: int = N_RESAMPLES,
) -> Location:
    """Median and mean of values that are correlated within groups.

    A resample draws groups (people) with all their values, so the intervals speak about other
    groups; drawing single values would make them too narrow.

    Args:
        values: NaN where undefined.
        groups: the group of each value.
        rng: draws the resamples.
        confidence: 0 to 1.
        n_resamples: how many.
    """
    given = np.asarray(values, dtype=np.float64)
    defined = np.isfinite(given)
    given = given[defined]
    nothing = float("nan")
    if given.size == 0:
        return Location(nothing, nothing, nothing, nothing, nothing, nothing, 0, 0)
    median, mean = float(np.median(given)), float(given.mean())
    names, owners = np.unique(np.asarray(groups)[defined], return_inverse=True)
    if names.size == 1:
        return Location(median, nothing, nothing, mean, nothing, nothing, given.size, 1)
    levels, found = np.unique(given, return_inverse=True)
    # How often each group has each value: ratings repeat, so this is small.
    histograms = np.zeros((names.size, levels.size))
    np.add.at(histograms, (owners, found), 1.0)
    medians, means = np.empty(n_resamples), np.empty(n_resamples)
    step = max(1, _BLOCK_VALUES // max(levels.size, names.size))
    even_chances = np.full(names.size, 1.0 / names.size)
    for start in range(0, n_resamples, step):
        block = slice(start, min(start + step, n_resamples))
        drawn = rng.multinomial(names.size, even_chances, block.stop - block.start)
        up_to = np.cumsum(drawn @ histograms, axis=1)
        n_values = up_to[:, -1]
        means[block] = np.diff(up_to, axis=1, prepend=0.0) @ levels / n_values
        # The middle value, or the two in the middle.
        low = np.argmax(up_to > ((n_values - 1) // 2)[:, np.newaxis], axis=1)
        high = np.argmax(up_to > (n_values // 2)[:, np.newaxis], axis=1)
        medians[block] = 0.5 * (levels[low] + levels[high])
    tails = [50.0 * (1.0 - confidence), 50.0 * (1.0 + confidence)]
    median_low, median_high = (float(bound) for bound in np.percentile(medians, tails))
    mean_low, mean_high = (float(bound) for bound in np.percentile(means, tails))
    return Location(
        median, median_low, median_high, mean, mean_low, mean_high, given.size, names.size
    )


def friedman(values: Mapping[str, Sequence[float]]) -> FriedmanTest | None:
    """Friedman's rank test of several systems over blocks.

    Args:
        values: system to one value a block, in the same order of blocks; NaN where a block has
            none. Only blocks with a value for every system count.

    Returns:
        None for fewer than three systems or two whole blocks.
    """
    table = np.array([np.asarray(column, dtype=np.float64) for column in values.values()]).T
    if len(values) < _LEAST_SYSTEMS_OF_FRIEDMAN:
        return None
    table = table[np.isfinite(table).all(axis=1)]
    n_blocks, n_systems = table.shape
    if n_blocks < 2:
        return None
    mean_ranks = scipy.stats.rankdata(table, axis=1).mean(axis=0)
    chi_squared, p = 0.0, 1.0
    if np.any(table != table[:, :1]):
        result = scipy.stats.friedmanchisquare(*table.T)
        chi_squared, p = float(result.statistic), float(result.pvalue)
    return FriedmanTest(
        n_blocks=n_blocks,
        chi_squared=chi_squared,
        degrees_of_freedom=n_systems - 1,
        p=p,
        kendalls_w=chi_squared / (n_blocks * (n_systems - 1)),
        mean_ranks=dict(zip(values, mean_ranks.tolist(), strict=True)),
    )


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
    """Two-sided p of Wilcoxon's signed-rank test; zeros are left out, 1 if nothing is left.

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


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """Share of pairs in which the first value is larger, minus the share in which it is smaller.

    Args:
        first, second: at least one value each, finite; they need not be paired.

    Returns:
        -1 (every value of first is below every one of second) to 1.
    """
    ordered = np.sort(np.asarray(second, dtype=np.float64))
    values = np.asarray(first, dtype=np.float64)
    above = np.searchsorted(ordered, values, side="left").sum()
    below = (ordered.size - np.searchsorted(ordered, values, side="right")).sum()
    return float((above - below) / (values.size * ordered.size))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p values in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted.tolist()
