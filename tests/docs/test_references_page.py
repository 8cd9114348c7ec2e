"""docs/references.md: its tables and bounds are the program's."""

from __future__ import annotations

import re

from mixer.reference.match import ANOTHER_ARRANGEMENT_DB
from mixer.reference.moves import MOST_EQ_DB, MOST_FADER_DB, MOST_RIDE_DB, MOST_WIDTH_DB
from mixer.reference.reference_text import ASPECTS
from mixer.reference.sources import SHORTEST_S
from tests.docs.page import page_text


def test_the_aspects_and_bounds_are_the_programs() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", page_text("references"), re.MULTILINE)
    assert [name for name, _ in rows] == list(ASPECTS)
    by = dict(rows)
    assert f"up to {MOST_EQ_DB:g} dB a band" in by["tone"]
    assert f"up to {MOST_WIDTH_DB:g} dB a band" in by["width"]
    assert f"up to {MOST_FADER_DB:g} dB" in by["level"]
    assert f"up to {MOST_RIDE_DB:g} dB" in by["dynamics"]
    assert f"more than {ANOTHER_ARRANGEMENT_DB:g} dB" in page_text("references")
    assert f"less than {SHORTEST_S:g} seconds" in page_text("references")
