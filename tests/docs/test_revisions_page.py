"""docs/revisions.md: its commands run in order, its keys are understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.files.toml_text import parse_toml
from mixer.preset.assignments import read_assignment
from mixer.preset.merge import resolve
from tests.signals import band

PAGE = Path(__file__).resolve().parents[2] / "docs" / "revisions.md"


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("mixer ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def test_keys_and_toml_of_the_page_are_understood(tmp_path: Path) -> None:
    keys = re.findall(r"`([\w.\"' ]+=+[-+\d.]+)`", text())
    assert len(keys) > 8
    for key in keys:
        if not key.startswith("explicit"):
            read_assignment(key.replace("==", "="))
    (block,) = re.findall(r"```toml\n(.*?)```", text(), re.DOTALL)
    assert parse_toml(block)
    preset = tmp_path / "page.toml"
    preset.write_text(block)
    assert resolve([preset]).console.strip("drums").network is not None


@pytest.mark.slow
def test_the_commands_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    Path("my_song").mkdir()
    for stem, audio in band(rng, 3.0, 44_100).items():
        soundfile.write(f"my_song/{stem}.wav", audio.T, 44_100, subtype="PCM_16")
    Path("my_song/song.toml").write_text("explicit = [{ from_s = 1.0, to_s = 1.5 }]\n")
    for words in commands():
        assert run(words) == 0, words
    assert Path("mixes/my_song.take3.wav").is_file()
    assert len(list(Path("out/my_song.versions").iterdir())) == 10
    assert Path("out/streaming.take2.mix.json").is_file()
