"""A console's plain table as the text of a preset: the same table gives the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mixer.preset.shape import SUMMARY

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def preset_text(table: Mapping[str, Any], *, summary: str = "") -> str:
    """The TOML of a preset.

    Args:
        table: as `plain_table` gives it.
        summary: when to use it, one line; "" for none.

    Returns:
        Text that reads back as the same table.
    """
    lines = [f"{SUMMARY} = {_value(summary)}"] if summary else []
    lines += _table_lines(table, "")
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


def _table_lines(table: Mapping[str, Any], name: str) -> Iterator[str]:
    """Values first, then the tables below, which TOML would else take them into."""
    inner = {key: value for key, value in table.items() if _is_table(value)}
    values = {key: value for key, value in table.items() if key not in inner}
    if name and (values or not inner):
        yield from ("", f"[{name}]")
    for key, value in values.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        path = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, Mapping):
            yield from _table_lines(value, path)
        else:
            for row in value:
                yield from ("", f"[[{path}]]")
                yield from (f"{_key(k)} = {_value(v)}" for k, v in row.items())


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's texts are TOML's, but for this one sign
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    # no whole number is written as 90.0; TOML reads both as the same
    return str(int(value)) if float(value).is_integer() else repr(value)
