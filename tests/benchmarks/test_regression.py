"""A third more is refused and a tenth is not; what seems costlier is measured again first."""

from __future__ import annotations

import pytest

from benchmarks.regression import (
    BOUND,
    COUNTED_BOUND,
    Ratios,
    costlier,
    exceeding,
    judged,
    ratios,
    without_small_stages,
)

OWN = {"render": 3.0e9, "check": 2.0e9}
bounds = pytest.mark.parametrize("bound", [BOUND, COUNTED_BOUND])


@bounds
@pytest.mark.parametrize(("more", "refused"), [(1.3, True), (1.1, False), (1.0, False)])
def test_a_third_more_is_refused_and_a_tenth_is_not(bound, more, refused) -> None:
    before = {**OWN, "render": OWN["render"] / more}
    assert exceeding(ratios(OWN, before), bound) == (["render"] if refused else [])


@bounds
def test_the_status_says_whether_one_case_is_dearer(bound, capsys) -> None:
    assert judged({"render": 1.01, "check": bound - 0.01}, bound, "before") == 0
    assert judged({"render": 1.01, "check": bound + 0.01}, bound, "before") == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told if "too expensive" in line] == ["check"]


def test_what_the_other_cannot_run_is_compared_with_nothing(capsys) -> None:
    found = ratios(OWN, {"render": 2.9e9, "check": None})
    assert found == {"render": pytest.approx(3.0 / 2.9), "check": None}
    assert ratios(OWN, {"render": 2.9e9}) == found
    assert judged(found, BOUND, "before") == 0
    assert "cannot be run by before" in capsys.readouterr().out


def test_what_fails_here_is_never_passed_over() -> None:
    with pytest.raises(ValueError, match="check: failed here"):
        ratios({**OWN, "check": None}, OWN)


@pytest.mark.parametrize(
    ("again", "found"),
    [([1.1], 1.1), ([1.4, 1.1], 1.1), ([1.4, 1.3], 1.3), ([1.7, 1.6], 1.5)],
    ids=["a moment of noise", "a longer one", "costlier indeed", "the least of all"],
)
def test_only_what_is_dearer_each_time_is_dearer(again, found) -> None:
    answers: list[Ratios] = [{"render": ratio, "new": None} for ratio in (1.5, *again)]
    assert costlier(lambda: answers.pop(0)) == {"render": found, "new": None}
    assert not answers


def test_what_costs_the_same_is_measured_once() -> None:
    answers: list[Ratios] = [{"render": 1.0}, {"render": 0.5}]
    assert costlier(lambda: answers.pop(0)) == {"render": 1.0}
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("whole", "refused"), [(1.03, ["a, 9 s: network"]), (1.0, [])], ids=["costlier", "moved"]
)
def test_a_stage_is_refused_where_its_case_is_dearer_too(whole, refused, capsys) -> None:
    found: Ratios = {"a, 9 s": whole, "a, 9 s: network": 1.3, "a, 9 s: write": 0.7}
    assert exceeding(found, COUNTED_BOUND) == refused
    assert judged({**found, "a, 9 s: new": None}, COUNTED_BOUND, "before") == len(refused)
    assert "new" not in capsys.readouterr().out


def test_a_small_stage_is_not_looked_at_by_itself() -> None:
    costs = {"a": 100.0, "a: network": 60.0, "a: begin": 4.0, "b": None, "c": 4.0}
    assert without_small_stages(costs) == {"a": 100.0, "a: network": 60.0, "b": None, "c": 4.0}
