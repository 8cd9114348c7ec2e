"""Strict reading of the page's requests: JSON of exactly the expected form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest


class BadBodyError(Exception):
    """A body that is not JSON, or not an object."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The object of a JSON text.

    Raises:
        BadBodyError: the text is not a JSON object, holds NaN, or has a key twice.
    """
    try:
        parsed = json.loads(
            body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_once_each
        )
    except (ValueError, RecursionError) as error:
        raise BadBodyError(f"not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise BadBodyError("must be an object")
    return parsed


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key appears twice")
    return table


def read_fields(
    table: Mapping[str, Any], wanted: Mapping[str, type], optional: Mapping[str, type]
) -> dict[str, Any]:
    """Read the fields of an object and check their types.

    Args:
        table: from `parse_object`.
        wanted: required fields and their types.
        optional: fields that may be missing, and their types.

    Raises:
        SettingsError: a field is missing, unknown, or of the wrong type.
    """
    known = {**wanted, **optional}
    for key in table:
        if key not in known:
            raise SettingsError(f"{quote(key)} is unknown; {suggest(key, known)}")
    for key in wanted:
        if key not in table:
            raise SettingsError(f"{key} is missing")
    for key, value in table.items():
        # A truth value is a whole number to Python, and to nobody else.
        if not isinstance(value, known[key]) or (
            isinstance(value, bool) and known[key] is not bool
        ):
            raise SettingsError(f"{key} must be {_WORDS[known[key]]}, not {quote(value)}")
    return dict(table)


_WORDS: Mapping[type, str] = {
    int: "a whole number",
    str: "text",
    bool: "true or false",
    dict: "an object",
}
