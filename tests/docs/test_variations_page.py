"""docs/variations.md: its commands run in order, its table of axes is the program's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.rendering.axes import AXES, named_moves
from tests.docs.page import page_text, run_commands

BEGIN, END = "<!-- axes: begin -->", "<!-- axes: end -->"


def test_the_table_of_axes_is_the_programs() -> None:
    rows = ["| axis | spread | names | moved by |", "| --- | --- | --- | --- |"]
    for axis in AXES:
        names = [name for name, moves in named_moves().items() if axis.name in moves]
        listed = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| {axis.name} | {axis.spread_db:.2f} dB | {listed} | {axis.moved_by} |")
    page = page_text("variations")
    assert page.split(BEGIN)[1].split(END)[0].strip() == "\n".join(rows)


@pytest.mark.slow
@pytest.mark.usefixtures("my_song")
def test_the_commands_run_in_their_order() -> None:
    run_commands("variations")
    variations = sorted(Path("mixes").glob("my_song.var?.wav"))
    assert len(variations) == 9
    assert Path("mixes/my_song.var2.take2.wav").is_file()
    again = soundfile.read("out/my_song.wav")[0]
    assert np.array_equal(again, soundfile.read("mixes/my_song.var2.wav")[0])
