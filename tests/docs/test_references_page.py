"""docs/references.md: its commands run in order, its tables and bounds are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soundfile

from mixer.reference.asking import ASPECTS
from mixer.reference.match import ANOTHER_ARRANGEMENT_DB
from mixer.reference.moves import MOST_EQ_DB, MOST_FADER_DB, MOST_RIDE_DB, MOST_WIDTH_DB
from mixer.reference.sources import SHORTEST_S
from tests.docs.page import RATE_HZ, page_text, run_commands
from tests.reference.songs import another_song


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


@pytest.mark.slow
@pytest.mark.usefixtures("my_song")
def test_the_commands_run_in_their_order() -> None:
    Path("references").mkdir()
    names = ("reference.wav", "other.wav", "references/one.wav", "references/two.wav")
    for seed, name in enumerate(names):
        soundfile.write(name, another_song(6.0, seed).T, RATE_HZ, subtype="PCM_16")
    run_commands("references")
    assert Path("mixes/two.take2.wav").is_file()
    assert Path("again/two.wav").read_bytes() == Path("mixes/two.wav").read_bytes()
