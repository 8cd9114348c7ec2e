"""docs/revisions.md: its commands run in order, its keys are understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixer.files.toml_text import parse_toml
from mixer.preset.assignments import read_assignment
from mixer.preset.merge import resolve
from tests.docs.page import page_text, run_commands


def test_keys_and_toml_of_the_page_are_understood(tmp_path: Path) -> None:
    keys = re.findall(r"`([\w.\"' ]+=+[-+\d.]+)`", page_text("revisions"))
    assert len(keys) > 8
    for key in keys:
        if not key.startswith("explicit"):
            read_assignment(key.replace("==", "="))
    (block,) = re.findall(r"```toml\n(.*?)```", page_text("revisions"), re.DOTALL)
    assert parse_toml(block)
    preset = tmp_path / "page.toml"
    preset.write_text(block)
    assert resolve([preset]).console.strip("drums").network is not None


@pytest.mark.slow
def test_the_commands_run_in_their_order(my_song: Path) -> None:
    (my_song / "song.toml").write_text("explicit = [{ from_s = 1.0, to_s = 1.5 }]\n")
    run_commands("revisions")
    assert Path("mixes/my_song.take3.wav").is_file()
    assert len(list(Path("out/my_song.versions").iterdir())) == 10
    assert Path("out/streaming.take2.mix.json").is_file()
