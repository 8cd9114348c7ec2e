"""A case that seems dearer is measured again before it is believed."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from benchmarks.regression import dearer

KNOWN = {"render": 2.0, "check": 4.0}


@pytest.mark.parametrize(
    ("again", "found", "too_dear"),
    [(2.2, 1.1, []), (2.8, 1.4, ["render"])],
    ids=["a moment of noise", "dearer indeed"],
)
def test_only_what_is_dearer_twice_is_dearer(again, found, too_dear) -> None:
    asked: list[Collection[str]] = []

    def measure(only: Collection[str]) -> dict[str, float]:
        asked.append(only)
        return {"render": again} if only else {"render": 3.0, "check": 4.4}

    ratios, dear = dearer(measure, KNOWN)
    assert asked == [(), ["render"]]
    assert ratios == pytest.approx({"render": found, "check": 1.1})
    assert dear == too_dear


def test_what_costs_the_same_is_measured_once() -> None:
    asked: list[Collection[str]] = []

    def measure(only: Collection[str]) -> dict[str, float]:
        asked.append(only)
        return KNOWN

    assert dearer(measure, KNOWN)[1] == []
    assert asked == [()]
