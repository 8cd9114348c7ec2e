"""A plain table as TOML: the same table gives the same text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# A key that is written without quotes.
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def table_lines(table: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """The lines of a table: values first, then the tables below, which TOML would else take in.

    Args:
        table: a table of texts, numbers, booleans, lists and tables.
        name: dotted path under which it lies; "" for the whole file.

    Returns:
        Lines that read back as the same table; an empty one stands before each header.
    """
    inner = {key: value for key, value in table.items() if _is_table(value)}
    values = {key: value for key, value in table.items() if key not in inner}
    if name and (values or not inner):
        yield from ("", f"[{name}]")
    for key, value in values.items():
        yield f"{_key(key)} = {value_text(value)}"
    for key, value in inner.items():
        path = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, Mapping):
            yield from table_lines(value, path)
        else:
            for row in value:
                yield from ("", f"[[{path}]]")
                yield from (f"{_key(k)} = {value_text(v)}" for k, v in row.items())


def value_text(value: Any) -> str:
    """One value as it stands after the equals sign."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's texts are TOML's, except for this one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {value_text(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(value_text, value)) + "]"
    # no whole number is written as 90.0; TOML reads both as the same
    return str(int(value)) if float(value).is_integer() else repr(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else value_text(key)
