"""docs/references.md: its commands run in order, its tables and bounds are the program's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.reference.asking import ASPECTS
from mixer.reference.match import ANOTHER_ARRANGEMENT_DB
from mixer.reference.moves import MOST_EQ_DB, MOST_FADER_DB, MOST_RIDE_DB, MOST_WIDTH_DB
from mixer.reference.sources import SHORTEST_S
from tests.reference.songs import another_song
from tests.signals import band

PAGE = Path(__file__).resolve().parents[2] / "docs" / "references.md"
RATE_HZ = 44_100


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_aspects_and_bounds_are_the_programs() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", text(), re.MULTILINE)
    assert [name for name, _ in rows] == list(ASPECTS)
    by = dict(rows)
    assert f"up to {MOST_EQ_DB:g} dB a band" in by["tone"]
    assert f"up to {MOST_WIDTH_DB:g} dB a band" in by["width"]
    assert f"up to {MOST_FADER_DB:g} dB" in by["level"]
    assert f"up to {MOST_RIDE_DB:g} dB" in by["dynamics"]
    assert f"more than {ANOTHER_ARRANGEMENT_DB:g} dB" in text()
    assert f"less than {SHORTEST_S:g} seconds" in text()


@pytest.mark.slow
def test_the_commands_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    Path("my_song").mkdir()
    Path("references").mkdir()
    for stem, audio in band(rng, 6.0, RATE_HZ).items():
        soundfile.write(f"my_song/{stem}.wav", audio.T, RATE_HZ, subtype="PCM_16")
    names = ("reference.wav", "other.wav", "references/one.wav", "references/two.wav")
    for seed, name in enumerate(names):
        soundfile.write(name, another_song(6.0, seed).T, RATE_HZ, subtype="PCM_16")
    (block,) = re.findall(r"```sh\n(.*?)```", text(), re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(line)
        assert words[0] == "mixer"
        assert run(words[1:]) == 0, line
    assert Path("mixes/two.take2.wav").is_file()
    assert Path("again/two.wav").read_bytes() == Path("mixes/two.wav").read_bytes()
