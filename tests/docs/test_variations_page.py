"""docs/variations.md: its table of axes is the program's."""

from __future__ import annotations

from mixer.rendering.choices.axes import AXES, named_moves
from tests.docs.page import page_text

BEGIN, END = "<!-- axes: begin -->", "<!-- axes: end -->"


def test_the_table_of_axes_is_the_programs() -> None:
    rows = ["| axis | spread | names | moved by |", "| --- | --- | --- | --- |"]
    for axis in AXES:
        names = [name for name, moves in named_moves().items() if axis.name in moves]
        listed = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| {axis.name} | {axis.spread_db:.2f} dB | {listed} | {axis.moved_by} |")
    page = page_text("variations")
    assert page.split(BEGIN)[1].split(END)[0].strip() == "\n".join(rows)
