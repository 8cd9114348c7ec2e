"""Statistics against scipy, against enumeration, and on data with known answers."""

import math
from itertools import product

import numpy as np
import pytest
import scipy.stats

from mixer.evaluate.statistics import (
    LEAST_PAIRS_TO_REACH_5_PERCENT,
    bootstrap_interval,
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
