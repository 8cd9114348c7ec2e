"""The speeds that models are listed with are those of the page's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixer.rendering.choices.shipped import DEFAULT_MODEL, PAPER_MODEL, TRACK_MODEL, USES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
# Tables are measured anew more often than words are changed.
WITHIN = 0.2


def measured(what: str, model: str) -> float:
    """Times real time of a row of the table of whole renders."""
    row = re.search(rf"^\| {what}, `{model}` \|.*?\| ([\d.]+)x \|", PAGE.read_text("utf-8"), re.M)
    assert row is not None
    return float(row[1])


@pytest.mark.parametrize(
    ("model", "what"), [(DEFAULT_MODEL, "four stems, 180 s"), (TRACK_MODEL, "32 tracks, 60 s")]
)
def test_times_real_time_are_as_measured(model, what) -> None:
    stated = re.search(r"(\d+)x real time", USES[model])
    assert stated is not None
    assert float(stated[1]) == pytest.approx(measured(what, model), rel=WITHIN)


def test_paper_is_as_much_slower_as_is_said() -> None:
    assert "a quarter of default's speed" in USES[PAPER_MODEL]
    share = measured("four stems, 180 s", PAPER_MODEL) / measured(
        "four stems, 180 s", DEFAULT_MODEL
    )
    assert share == pytest.approx(1 / 4, rel=WITHIN)
