"""Properties that hold for any setting, name and table, drawn by hypothesis."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import click
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.cli.console import printable
from mixer.cli.numbers import Number, Whole
from mixer.errors import InputError, PresetError, SettingsError
from mixer.files.document import Document, parse_json
from mixer.files.toml_text import parse_toml
from mixer.files.wording import CONTROL_CHARACTER, quote, visible
from mixer.preset.assignments import read_assignment
from mixer.preset.console_shape import LAYER
from mixer.rendering.options import options_of
from mixer.rendering.settings import RenderSettings

ANY_TEXT = st.text(st.characters(), max_size=200)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
TABLES = st.dictionaries(
    st.sampled_from(["vocals", "master", "eq", "gain_db", "tracks", "roles", "reverb", "0", ""])
    | ANY_TEXT,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner)
    ),
    max_size=5,
)
quick = settings(max_examples=80, deadline=None, derandomize=True)


@quick
@given(ANY_TEXT)
def test_no_shown_text_commands_a_terminal_or_breaks_a_stream(text: str) -> None:
    for shown in (printable(text), visible(text), quote(text)):
        assert not CONTROL_CHARACTER.search(shown)
        shown.encode("utf-8")
    assert "\n" not in quote(text)


@quick
@given(SCALARS)
def test_a_setting_is_taken_or_refused_in_one_line(value: Any) -> None:
    for option in options_of(RenderSettings):
        try:
            option.check(value)
        except SettingsError as error:
            assert "\n" not in str(error)  # noqa: PT017


@quick
@given(TABLES)
def test_a_table_is_a_preset_or_has_mistakes(table: dict[str, Any]) -> None:
    with contextlib.suppress(PresetError):
        Document("a preset", table, PresetError).check(LAYER, is_layer=True)


@quick
@given(ANY_TEXT | st.builds("{}={}".format, ANY_TEXT, ANY_TEXT))
def test_an_assignment_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(PresetError):
        read_assignment(text)


@quick
@given(ANY_TEXT | st.builds(json.dumps, TABLES))
def test_a_text_is_a_table_of_json_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_json(text, "j", "a table", InputError)
    with contextlib.suppress(ValueError, RecursionError):
        parse_toml(text)


@quick
@given(st.integers() | st.floats() | ANY_TEXT)
def test_a_number_is_within_its_range_or_refused(value: object) -> None:
    with contextlib.suppress(click.BadParameter):
        assert 1 <= Whole(1, 9).convert(str(value), None, None) <= 9
    with contextlib.suppress(click.BadParameter):
        assert -1.0 <= Number(-1.0, 1.0).convert(str(value), None, None) <= 1.0
