"""A case that seems dearer is measured again before it is believed."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from benchmarks.regression import BOUND, COUNTED_BOUND, _told, dearer

KNOWN = {"render": 2.0, "check": 4.0}


@pytest.mark.parametrize(
    ("again", "found"),
    [(2.2, 1.1), (2.8, 1.4)],
    ids=["a moment of noise", "dearer indeed"],
)
def test_only_what_is_dearer_twice_is_dearer(again, found) -> None:
    asked: list[Collection[str]] = []

    def measure(only: Collection[str]) -> dict[str, float]:
        asked.append(only)
        return {"render": again} if only else {"render": 3.0, "check": 4.4}

    ratios = dearer(measure, KNOWN)
    assert asked == [(), ["render"]]
    assert ratios == pytest.approx({"render": found, "check": 1.1})


def test_what_costs_the_same_is_measured_once() -> None:
    asked: list[Collection[str]] = []

    def measure(only: Collection[str]) -> dict[str, float]:
        asked.append(only)
        return KNOWN

    assert set(dearer(measure, KNOWN).values()) == {1.0}
    assert asked == [()]


@pytest.mark.parametrize("bound", [BOUND, COUNTED_BOUND])
def test_the_status_says_whether_one_case_is_dearer(bound, capsys) -> None:
    assert _told([("render", 1.01), ("check", bound - 0.01)], bound) == 0
    assert _told([("render", 1.01), ("check", bound + 0.01)], bound) == 1
    assert capsys.readouterr().out.count("too expensive") == 1
