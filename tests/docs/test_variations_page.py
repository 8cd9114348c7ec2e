"""docs/variations.md: its commands run in order, its table of axes is the program's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.rendering.axes import AXES, named_moves
from tests.signals import band

PAGE = Path(__file__).resolve().parents[2] / "docs" / "variations.md"
BEGIN, END = "<!-- axes: begin -->", "<!-- axes: end -->"


def test_the_table_of_axes_is_the_programs() -> None:
    rows = ["| axis | spread | names | moved by |", "| --- | --- | --- | --- |"]
    for axis in AXES:
        names = [name for name, moves in named_moves().items() if axis.name in moves]
        listed = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| {axis.name} | {axis.spread_db:.2f} dB | {listed} | {axis.moved_by} |")
    page = PAGE.read_text(encoding="utf-8")
    assert page.split(BEGIN)[1].split(END)[0].strip() == "\n".join(rows)


@pytest.mark.slow
def test_the_commands_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    Path("my_song").mkdir()
    for stem, audio in band(rng, 3.0, 44_100).items():
        soundfile.write(f"my_song/{stem}.wav", audio.T, 44_100, subtype="PCM_16")
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in (line for block in blocks for line in block.splitlines()):
        assert run(shlex.split(line)[1:]) == 0, line
    variations = sorted(Path("mixes").glob("my_song.var?.wav"))
    assert len(variations) == 9
    assert Path("mixes/my_song.var2.take2.wav").is_file()
    again = soundfile.read("out/my_song.wav")[0]
    assert np.array_equal(again, soundfile.read("mixes/my_song.var2.wav")[0])
