"""Statistics against scipy, against enumeration, and on data with known answers."""

import math
from itertools import product

import numpy as np
import pytest
import scipy.stats

from mixer.evaluate.statistics import (
    LEAST_PAIRS_TO_REACH_5_PERCENT,
    bootstrap_interval,
    cliffs_delta,
    friedman,
    grouped_location,
    holm,
    paired_tests,
    rank_biserial,
    signed_rank_p,
)


@pytest.mark.parametrize("n", [5, 12, 40])
def test_signed_rank_is_scipys_exact_test(rng, n) -> None:
    differences = rng.standard_normal(n) + 0.3
    expected = scipy.stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-9)


def test_ties_are_enumerated() -> None:
    differences = np.array([1.0, 1.0, -1.0, 2.0, 2.0, -3.0, 4.0, 0.0])
    nonzero = differences[differences != 0.0]
    ranks = scipy.stats.rankdata(np.abs(nonzero))
    observed = ranks[nonzero > 0].sum()
    sums = np.array([np.dot(ranks, signs) for signs in product((0, 1), repeat=nonzero.size)])
    tail = min((sums <= observed).mean(), (sums >= observed).mean())
    assert signed_rank_p(differences) == pytest.approx(min(1.0, 2.0 * tail))


def test_many_songs_use_the_normal_approximation(rng) -> None:
    differences = rng.standard_normal(300) + 0.1
    assert signed_rank_p(differences) == pytest.approx(scipy.stats.wilcoxon(differences).pvalue)


def test_no_difference_is_no_evidence() -> None:
    assert signed_rank_p(np.zeros(10)) == 1.0
    assert rank_biserial(np.zeros(10)) == 0.0


def test_how_many_songs_a_test_needs() -> None:
    n = LEAST_PAIRS_TO_REACH_5_PERCENT
    assert signed_rank_p(np.arange(1.0, n + 1)) < 0.05
    assert signed_rank_p(np.arange(1.0, n)) > 0.05


def test_rank_biserial_of_one_minus() -> None:
    # Ranks 1 to 4, the 2 negative: (8 - 2) / 10.
    assert rank_biserial(np.array([1.0, -2.0, 3.0, 4.0])) == pytest.approx(0.6)
    assert rank_biserial(np.array([-1.0, -2.0])) == -1.0


def test_holm_on_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_paired_tests_pair_by_song() -> None:
    # Songs differ by 100, systems by 1: only pairing shows it.
    songs = 100.0 * np.arange(8.0)
    values = {"a": songs, "b": songs + 1.0 + 0.01 * np.arange(8), "c": songs + [math.nan] * 8}
    (test,) = paired_tests(values)
    assert (test.first, test.second, test.n) == ("a", "b", 8)
    assert test.effect == -1.0
    assert test.p == pytest.approx(2 / 2**8)
    assert test.median_difference == pytest.approx(-1.035)


def test_holm_corrects_over_every_pair_of_systems(rng) -> None:
    values = {name: rng.random(10) for name in "abc"}
    tests = paired_tests(values)
    assert len(tests) == 3
    assert [t.p_holm for t in tests] == pytest.approx(holm([t.p for t in tests]))


def test_the_interval_covers_the_mean_as_often_as_it_says(rng) -> None:
    covered = 0
    for _ in range(200):
        interval = bootstrap_interval(rng.standard_normal(30), rng, n_resamples=400)
        covered += interval.low <= 0.0 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


def test_an_interval_is_near_students_for_normal_data() -> None:
    values = np.random.default_rng(3).standard_normal(200)
    interval = bootstrap_interval(values, np.random.default_rng(0))
    half = 1.96 * values.std(ddof=1) / math.sqrt(200)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)
    again = bootstrap_interval(values, np.random.default_rng(0))
    assert again == interval


def test_undefined_values_are_left_out(rng) -> None:
    one = bootstrap_interval([math.nan, 2.0], rng)
    assert (one.mean, one.median, one.n) == (2.0, 2.0, 1)
    assert math.isnan(one.low)
    none = bootstrap_interval([math.nan], rng)
    assert none.n == 0
    assert math.isnan(none.mean)
    same = bootstrap_interval([1.0, 1.0, 1.0], rng)
    assert (same.low, same.high) == (1.0, 1.0)


def test_friedman_of_a_hand_computed_example() -> None:
    # Ranks a 1 1 2 1, b 2 3 1 2, c 3 2 3 3: sums 5, 8, 11.
    # 12 / (4 * 3 * 4) * (25 + 64 + 121) - 3 * 4 * 4 = 4.5; exp(-4.5 / 2) with 2 degrees.
    test = friedman({"a": [1, 5, 20, 3], "b": [2, 9, 10, 4], "c": [3, 7, 30, 5]})
    assert test is not None
    assert test.mean_ranks == {"a": 1.25, "b": 2.0, "c": 2.75}
    assert test.chi_squared == pytest.approx(4.5)
    assert (test.n_blocks, test.degrees_of_freedom) == (4, 2)
    assert test.p == pytest.approx(math.exp(-2.25))
    assert test.kendalls_w == pytest.approx(4.5 / 8.0)


def test_friedman_is_scipys_and_knows_ties(rng) -> None:
    table = rng.integers(0, 6, (40, 5)).astype(float)
    table[:, 4] += 1.0
    expected = scipy.stats.friedmanchisquare(*table.T)
    with_a_hole = np.vstack([table, [math.nan, 1.0, 2.0, 3.0, 4.0]])
    test = friedman(dict(zip("abcde", with_a_hole.T, strict=True)))
    assert test is not None
    assert test.n_blocks == 40
    assert test.chi_squared == pytest.approx(expected.statistic)
    assert test.p == pytest.approx(expected.pvalue)


def test_friedman_where_all_agree_and_where_nothing_differs() -> None:
    orders = {name: [float(place)] * 7 for place, name in enumerate("abcd")}
    agreed = friedman(orders)
    assert agreed is not None
    assert agreed.kendalls_w == pytest.approx(1.0)
    tied = friedman({name: [50.0] * 7 for name in "abcd"})
    assert tied is not None
    assert (tied.chi_squared, tied.p, tied.kendalls_w) == (0.0, 1.0, 0.0)
    assert friedman({"a": [1.0, 2.0], "b": [2.0, 3.0]}) is None
    assert friedman({"a": [1.0], "b": [2.0], "c": [3.0]}) is None
    assert friedman({}) is None


def test_cliffs_delta_by_counting(rng) -> None:
    # Of the 6 pairs 4 above, 1 tie, 1 below.
    assert cliffs_delta([3, 2], [1, 2, 2.5]) == pytest.approx((4 - 1) / 6)
    assert cliffs_delta([1, 2], [3, 4]) == -1.0
    first, second = rng.integers(0, 9, 30), rng.integers(2, 11, 50)
    signs = np.sign(first[:, np.newaxis] - second[np.newaxis, :])
    assert cliffs_delta(first, second) == pytest.approx(signs.mean())


def test_cliffs_delta_is_the_rank_sum_of_mann_and_whitney(rng) -> None:
    first, second = rng.random(20), rng.random(25) + 0.2
    u = scipy.stats.mannwhitneyu(first, second).statistic
    assert cliffs_delta(first, second) == pytest.approx(2.0 * u / 500.0 - 1.0)


def test_a_grouped_resample_is_a_plain_one_where_each_group_has_one_value() -> None:
    values = np.random.default_rng(5).standard_normal(60)
    location = grouped_location(values, [str(i) for i in range(60)], np.random.default_rng(0))
    plain = scipy.stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=5_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert location.median == pytest.approx(np.median(values))
    assert location.median_low == pytest.approx(plain.low, abs=0.05)
    assert location.median_high == pytest.approx(plain.high, abs=0.05)
    interval = bootstrap_interval(values, np.random.default_rng(2))
    assert location.mean == pytest.approx(interval.mean)
    assert location.mean_low == pytest.approx(interval.low, abs=0.02)
    assert location.mean_high == pytest.approx(interval.high, abs=0.02)


def test_grouped_resamples_are_medians_of_whole_groups() -> None:
    # Two groups: only one, the other, or both can be drawn.
    location = grouped_location(
        [1.0, 2.0, 3.0, 4.0, 10.0, 20.0], list("aaaabb"), np.random.default_rng(0)
    )
    assert (location.n, location.n_groups) == (6, 2)
    assert (location.median, location.mean) == (3.5, pytest.approx(40.0 / 6.0))
    assert (location.median_low, location.median_high) == (2.5, 15.0)
    assert (location.mean_low, location.mean_high) == (2.5, 15.0)


def test_the_grouped_interval_covers_where_the_plain_one_does_not(rng) -> None:
    covered = plain = 0
    for _ in range(150):
        people = np.repeat(rng.standard_normal(15), 8)
        values = people + 0.3 * rng.standard_normal(people.size)
        groups = np.repeat(np.arange(15), 8).astype(str)
        location = grouped_location(values, groups, rng, n_resamples=300)
        covered += location.mean_low <= 0.0 <= location.mean_high
        interval = bootstrap_interval(values, rng, n_resamples=300)
        plain += interval.low <= 0.0 <= interval.high
    assert covered / 150 > 0.84
    assert plain / 150 < 0.7


def test_a_location_of_little(rng) -> None:
    none = grouped_location([math.nan], ["a"], rng)
    assert (none.n, none.n_groups) == (0, 0)
    assert math.isnan(none.median)
    one = grouped_location([3.0, 5.0], ["a", "a"], rng)
    assert (one.median, one.mean, one.n_groups) == (4.0, 4.0, 1)
    assert math.isnan(one.median_low)
