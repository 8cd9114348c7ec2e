"""Long tables of plain text look as rich lays them out, and keep to the width there is."""

from __future__ import annotations

import io
import random
import unicodedata

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mixer.cli.plain_table import table_lines

NAMES = ("row", "id", "why", "length")
SIGNS = "abcXYZ 019-_/.é漢字한👍"


def rows(seed: int, longest: int) -> list[list[str]]:
    draw = random.Random(seed)

    def text() -> str:
        signs = "".join(draw.choice(SIGNS) for _ in range(draw.randint(1, longest)))
        return unicodedata.normalize("NFC", signs).strip() or "x"

    return [[str(n), text(), text(), f"{n}:00"] for n in range(20)]


def by_rich(table_rows: list[list[str]], width: int) -> list[str]:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in NAMES[:-1]:
        table.add_column(name, overflow="fold")
    table.add_column(NAMES[-1], justify="right")
    for row in table_rows:
        table.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def lines(table_rows: list[list[str]], width: int) -> list[str]:
    return list(table_lines(NAMES, table_rows, Console(width=width), ("length",)))


@pytest.mark.parametrize("seed", range(5))
def test_a_table_that_fits_is_rich_s_to_the_letter(seed: int) -> None:
    drawn = rows(seed, 30)
    assert lines(drawn, 200) == by_rich(drawn, 200)


@pytest.mark.parametrize("width", [16, 40, 80])
def test_a_wide_table_is_folded_and_loses_no_letter(width: int) -> None:
    drawn = rows(7, 120)
    told = lines(drawn, width)
    assert all(cell_len(line) <= width for line in told)
    letters = sorted("".join("".join(row) for row in [list(NAMES), *drawn]).replace(" ", ""))
    assert sorted("".join(told).replace(" ", "")) == letters


def test_a_text_of_several_lines_stands_in_several() -> None:
    told = lines([["1", "a\nb\tc", "new", "0:01"]], 80)
    assert [line.split() for line in told[1:]] == [["1", "a", "new", "0:01"], ["b", "c"]]


def test_a_table_without_rows_is_its_heading() -> None:
    assert [line.split() for line in lines([], 80)] == [list(NAMES)]
