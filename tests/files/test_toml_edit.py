"""One value of a TOML text is set or removed, and every other character stays."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.files.toml_edit import with_value, without_value

TEXT = """\
# my defaults
format = "flac"  # lossless
amount = 0.5

# only for batches
[batch]
stems = true
deliver = [
  "mix",  # first
  "tv",
]

[render]
"""


@pytest.mark.parametrize(
    ("table", "key", "value", "old", "new"),
    [
        ("", "format", "mp3", '"flac"  # lossless', '"mp3"  # lossless'),
        ("", "seed", 3, "amount = 0.5\n", "amount = 0.5\nseed = 3\n"),
        ("batch", "stems", False, "stems = true", "stems = false"),
        ("batch", "seed", 3, '  "tv",\n]\n', '  "tv",\n]\nseed = 3\n'),
        ("batch", "deliver", "mix", '[\n  "mix",  # first\n  "tv",\n]\n', '"mix"\n'),
        ("render", "seed", -1.5, "[render]\n", "[render]\nseed = -1.5\n"),
    ],
)
def test_a_value_is_set_and_all_else_stays(table, key, value, old, new) -> None:
    assert TEXT.count(old) == 1
    assert with_value(TEXT, table, key, value) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "table", "key", "expected"),
    [
        ("", "", "seed", "seed = 3\n"),
        ("# mine", "", "seed", "# mine\nseed = 3\n"),
        ("a = 1", "render", "seed", "a = 1\n\n[render]\nseed = 3\n"),
        (
            "# mine\n\n# batches\n[batch]\n",
            "",
            "seed",
            "# mine\n\nseed = 3\n\n# batches\n[batch]\n",
        ),
        ("render.a = 1\n", "render", "seed", "render.a = 1\nrender.seed = 3\n"),
        ("a = 1\r\n[b]\r\n", "", "seed", "a = 1\r\nseed = 3\r\n[b]\r\n"),
        ("\"a\" = 1 # one\n'b'=2", "", "a", "\"a\" = 3 # one\n'b'=2"),
    ],
)
def test_a_value_finds_its_place(text: str, table: str, key: str, expected: str) -> None:
    assert with_value(text, table, key, 3) == expected


def test_a_value_goes_with_its_line_and_no_other() -> None:
    assert without_value(TEXT, "", "format") == TEXT.replace('format = "flac"  # lossless\n', "")
    multi_line = 'deliver = [\n  "mix",  # first\n  "tv",\n]\n'
    assert without_value(TEXT, "batch", "deliver") == TEXT.replace(multi_line, "")
    for table, key in (("", "stems"), ("render", "stems"), ("nothing", "stems")):
        with pytest.raises(KeyError):
            without_value(TEXT, table, key)


@pytest.mark.parametrize("text", ["render = { a = 1 }\n", "render = 3\n", "a = \n"])
def test_what_cannot_be_edited_safely_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\[render\]|not a table|Invalid value"):
        with_value(text, "render", "seed", 3)


_KEYS = st.sampled_from(["a", "b", "c"])
_VALUES = st.one_of(st.booleans(), st.integers(-9, 9), st.text("#=[]\"'\\x", max_size=4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "t", "u"]), _KEYS, _VALUES), max_size=8))
def test_any_values_set_one_after_the_other_read_back(steps) -> None:
    text, expected = "# first\n\n# of t\n[t]\n# last\n", {"t": {}}
    for table, key, value in steps:
        text = with_value(text, table, key, value)
        (expected.setdefault(table, {}) if table else expected)[key] = value
        assert tomllib.loads(text) == expected
    assert all(f"# {word}\n" in text for word in ("first", "of t", "last"))
    for table, key in {(table, key) for table, key, _ in steps}:
        text = without_value(text, table, key)
        (expected[table] if table else expected).pop(key)
        assert tomllib.loads(text) == expected
