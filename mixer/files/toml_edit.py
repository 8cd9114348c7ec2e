"""One value of a TOML text set or removed; comments and everything else stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mixer.files.toml_lines import Keys, Places, find_places
from mixer.files.toml_text import parse_toml
from mixer.files.toml_writing import value_text

# Comments directly above a header belong to it.
_COMMENTS_ABOVE = re.compile(r"(?:^[ \t]*#[^\n]*\n)*\Z", re.MULTILINE)


def with_value(text: str, table: str, key: str, value: Any) -> str:
    """A TOML text with one value set.

    Args:
        text: valid TOML.
        table: the name of a table at its top level; "" for the top level itself.
        key: a bare key.
        value: a text, number, boolean, or list of these.

    Raises:
        ValueError: the text is not TOML, or is written in a way that cannot be edited safely.
    """
    return _checked(text, table, key, value)


def without_value(text: str, table: str, key: str) -> str:
    """A TOML text without one value and the comment on its line; see `with_value`.

    Raises:
        KeyError: the key has no value.
        ValueError: as for `with_value`.
    """
    inner = parse_toml(text).get(table, {}) if table else parse_toml(text)
    if not isinstance(inner, Mapping) or key not in inner:
        raise KeyError(key)
    return _checked(text, table, key, None)


def _checked(text: str, table: str, key: str, value: Any) -> str:
    """The edited text, whose table differs from the old one by this value alone."""
    ends = "\r\n" if "\r\n" in text else "\n"
    old = text.replace("\r\n", "\n")
    wanted = parse_toml(old)
    inner = wanted.setdefault(table, {}) if table else wanted
    if not isinstance(inner, dict):
        raise ValueError(f"{table} is not a table")
    inner.pop(key, None)
    path: Keys = (table, key) if table else (key,)
    if value is None:
        new = _removed(old, path)
    else:
        inner[key] = value
        new = _set(old, path, value_text(value))
    if parse_toml(new) != wanted:
        raise ValueError(f"{key} cannot be changed without a risk to the rest")
    return new.replace("\n", ends)


def _set(text: str, path: Keys, value: str) -> str:
    places = find_places(text)
    _refuse_inline(places, path)
    if path in places.pairs:
        _, first, last = places.pairs[path]
        return text[:first] + value + text[last:]
    line = f"{path[-1]} = {value}\n"
    header = places.headers.get(path[:-1])
    beside = [span for pair, span in places.pairs.items() if pair[:-1] == path[:-1]]
    if beside:
        after = _line_after(text, max(last for _, _, last in beside))
        # Beside "render.format = ..." at the top level, the key is dotted, too.
        return _inserted(text, after, line if header or len(path) == 1 else f"{path[0]}.{line}")
    if header is not None:
        return _inserted(text, header[1], line)
    if len(path) > 1:
        gap = "\n" if text.strip() else ""
        return _inserted(text, len(text), f"{gap}[{path[0]}]\n{line}")
    if not places.headers:
        return _inserted(text, len(text), line)
    first_header = min(start for start, _ in places.headers.values())
    above = _COMMENTS_ABOVE.search(text, 0, first_header)
    return _inserted(text, above.start() if above else first_header, f"{line}\n")


def _removed(text: str, path: Keys) -> str:
    places = find_places(text)
    _refuse_inline(places, path)
    start, _, last = places.pairs[path]
    return text[: text.rfind("\n", 0, start) + 1] + text[_line_after(text, last) :]


def _refuse_inline(places: Places, path: Keys) -> None:
    if path[:-1] in places.pairs:
        raise ValueError(f"{path[0]} is written on one line; write it as [{path[0]}]")


def _line_after(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


def _inserted(text: str, at: int, line: str) -> str:
    before = text[:at]
    gap = "" if not before or before.endswith("\n") else "\n"
    return before + gap + line + text[at:]
