"""The page's tables come from the benchmarks, each between its marks; the clock's are reckoned."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import BENCH, PARTS
from benchmarks.clock import LOOKED_AT, errors_of_time_left, longest_rest_s, share_near
from benchmarks.clock_notes import Note
from mixer.files.marked_part import with_marked_part

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def test_the_page_has_a_place_for_every_part() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for part in ("machine", *PARTS):
        assert with_marked_part(page, part, ["| here |"]).count("| here |") == 1


def test_what_make_bench_shows_takes_under_six_minutes() -> None:
    assert sum(PARTS[part].seconds for part in BENCH) < 360


def test_the_longest_rest_is_between_moves_of_the_share() -> None:
    notes = [
        Note(0.1, "normalise", "", 0.0),
        Note(0.5, "normalise", "bass", 0.2),
        Note(1.0, "normalise", "vocals", 0.2),
        Note(1.7, "network", "", 0.6),
        Note(2.0, "end", "", 1.0),
    ]
    rest_s, at = longest_rest_s(notes)
    assert rest_s == pytest.approx(1.2)
    assert at == "normalise bass"


def test_a_share_that_is_the_time_tells_the_time_left() -> None:
    notes = [Note(at / 10, "master", "", at / 100) for at in range(101)]
    assert errors_of_time_left(notes, LOOKED_AT) == pytest.approx([0.0] * 4)
    assert share_near(notes) == 1.0
    # Twice as far as it is: a third of what is left at half of the time.
    ahead = [Note(at / 10, "master", "", min(1.5 * at / 100, 0.999)) for at in range(101)]
    assert errors_of_time_left(ahead, LOOKED_AT)[2] == pytest.approx(1.0 / 3.0 - 1.0, abs=0.01)
    # At a tenth told as 0.63 of what it is, and worse from then on.
    assert share_near(ahead) == 0.0
