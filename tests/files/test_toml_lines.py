"""Where the keys of a TOML text stand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from mixer.files.toml_lines import find_lines, line_of
from mixer.preset.find import list_presets

HARD = '''title = "a # no comment" # [not.a.table]
multi = """
[not.a.table]
key = 1 \\""" still in it
"""
literal = \'\'\'it's
x = 2\'\'\'
"quoted key" = 1
dotted . "in ner" = [ # a comment ] in a list
  [0, 1.5], # first
  [
    10, 3],
]

[vocals] # a table
eq = [{ q = 1, gain_db = 2 }, { q = 3 }]
empty = ""
[[drums.eq]]
q = 1
[[drums.eq]]

q = 2
[drums.eq.sub]
date = 1979-05-27T07:32:00Z
[[ "drums" . eq ]]
'''


def test_every_key_of_a_hard_text_is_found_where_it_stands() -> None:
    lines = find_lines(HARD)
    assert lines[("title",)] == 1
    assert lines[("multi",)] == 2
    assert lines[("literal",)] == 6
    assert lines[("quoted key",)] == 8
    assert lines[("dotted", "in ner")] == 9
    assert [lines[("dotted", "in ner", i)] for i in (0, 1)] == [10, 11]
    assert lines[("dotted", "in ner", 1, 1)] == 12
    assert lines[("vocals",)] == 15
    assert lines[("vocals", "eq", 1, "q")] == 16
    assert lines[("drums", "eq", 0, "q")] == 19
    assert lines[("drums", "eq", 1, "q")] == 22
    assert lines[("drums", "eq", 1, "sub", "date")] == 24
    assert lines[("drums", "eq", 2)] == 25
    assert not [path for path in lines if "not" in path or "x" in path]


def walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every path in a parsed text, and what is there."""
    if path:
        yield path, value
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(inner, (*path, key))


def all_texts() -> list[str]:
    shipped = [p.path.read_text(encoding="utf-8") for p in list_presets() if p.shipped]
    return [HARD, HARD.replace("\n", "\r\n"), *shipped]


@pytest.mark.parametrize("text", all_texts())
def test_no_value_is_missed_and_no_key_invented(text: str) -> None:
    found = set(find_lines(text))
    parsed = dict(walk(tomllib.loads(text)))
    assert found <= set(parsed)
    assert {path for path, value in parsed.items() if not isinstance(value, dict | list)} <= found


def test_the_nearest_table_stands_in_for_a_key_without_a_line() -> None:
    lines = find_lines("a = 1\n\n[vocals]\ngain_db = 1\n")
    assert line_of(lines, ("vocals", "eq", 0, "q")) == 3
    assert line_of(lines, ("master",)) is None
