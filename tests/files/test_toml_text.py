"""A key of any form that would stop TOML's parser for minutes is refused in a moment."""

from __future__ import annotations

import pytest

from mixer.files.toml_text import MOST_KEY_PARTS, parse_toml

MANY = 100_000
HOSTILE = {
    "plain": "a." * MANY + "a = 1",
    "spaced": "a . " * MANY + "a = 1",
    "in a header": "[" + "a." * MANY + "a]",
    "an equals sign in quotes": '"=".' * MANY + "a = 1",
    "a bracket in quotes": "[" + "']'." * MANY + "a]",
    "in an inline table": "x = {" + '"}".' * MANY + "a = 1}",
    "an escaped quote": '"\\"=".' * MANY + "a = 1",
    "between comments that look like quotes": "# '''\n" + "a." * MANY + "a = 1\n# '''",
    "after a text of many lines": 'x = """\n#"""\n' + '"=".' * MANY + "a = 1",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_key_of_many_parts_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=f"more than {MOST_KEY_PARTS} parts"):
        parse_toml(HOSTILE[kind])


def test_points_in_texts_and_lists_are_not_keys() -> None:
    points = "a." * MANY
    assert parse_toml(f'x = "{points}"')["x"] == points
    assert parse_toml(f"x = '''\n{points}'''")["x"] == points
    assert len(parse_toml("x = [" + "1.5, " * MANY + "]")["x"]) == MANY
    assert parse_toml(f"x = 1 # {points}") == {"x": 1}
