"""A JSON table from anyone, read field by field: bounded, and each mistake is one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from mixer.errors import InputError

MAX_TEXT = 4_096
_MAX_BYTES = 1 << 24
_MAX_ENTRIES = 10_000
_MAX_DEPTH = 12
_HASH_SIGNS = frozenset("0123456789abcdef")


class CheckedTable:
    """A table of a JSON file; each reader raises InputError naming what is wrong.

    Attributes:
        value: the table as it is, unchecked.
        path: of the file.
    """

    def __init__(self, value: dict[str, Any], path: Path, name: str = "") -> None:
        self.value, self.path, self._name = value, path, name

    def fail(self, key: str, what: str) -> NoReturn:
        where = f"{self._name}.{key}" if self._name else key
        raise InputError(f"{shown(self.path)} cannot be used: {shown(where)} {what}")

    def table(self, key: str) -> CheckedTable:
        value = self.value.get(key)
        if not isinstance(value, dict) or len(value) > _MAX_ENTRIES:
            self.fail(key, "must be a table")
        return CheckedTable(value, self.path, f"{self._name}.{key}" if self._name else key)

    def tables(self, key: str) -> list[CheckedTable]:
        value = self.value.get(key)
        if not isinstance(value, list) or len(value) > _MAX_ENTRIES:
            self.fail(key, "must be a list")
        if not all(isinstance(entry, dict) for entry in value):
            self.fail(key, "must hold tables")
        return [CheckedTable(v, self.path, f"{self._name}.{key}.{n}") for n, v in enumerate(value)]

    def text(self, key: str) -> str:
        value = self.value.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or "\0" in value:
            self.fail(key, f"must be a text, not {_brief(value)}")
        return value

    def boolean(self, key: str) -> bool:
        value = self.value.get(key)
        if not isinstance(value, bool):
            self.fail(key, f"must be true or false, not {_brief(value)}")
        return value

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        value = self.value.get(key)
        if value not in options:
            self.fail(key, f"must be one of {', '.join(options)}, not {_brief(value)}")
        return str(value)

    def number(self, key: str, allowed: tuple[float, float]) -> float:
        value = self.value.get(key)
        low, high = allowed
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not low <= value <= high
        ):
            self.fail(key, f"must be from {low:g} to {high:g}, not {_brief(value)}")
        return float(value)

    def optional_number(self, key: str, allowed: tuple[float, float]) -> float | None:
        return None if self.value.get(key) is None else self.number(key, allowed)

    def sha256(self, key: str) -> str:
        value = self.text(key)
        if len(value) != 64 or not _HASH_SIGNS.issuperset(value):
            self.fail(key, "must be a SHA-256 in hex")
        return value


def read_table(path: Path, what: str) -> CheckedTable:
    """Read a JSON file of one table; `what` it should be, for messages, e.g. "recipe of a mix".

    Raises:
        InputError: no such file, larger than 16 MiB, or no JSON table.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    if not path.is_file():
        raise InputError(f"{shown(path)}: no such file; give the {what}")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError("larger than 16 MiB")
        value = json.loads(content, parse_constant=refuse)
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown(path)} is no {what}: {shown(error)[:200]}") from None
    if not isinstance(value, dict):
        raise InputError(f"{shown(path)} is no {what}: it holds no table")
    return CheckedTable(value, path)


def shown(value: object) -> str:
    """A value for a message: what a terminal would obey, or cannot show, is escaped."""
    text = str(value)[:MAX_TEXT]
    return "".join(s if s.isprintable() else ascii(s)[1:-1] for s in text)


def leaves(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Everything in a tree of tables and lists, by dotted name; what lies too deep is left out."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        inner: Any = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    else:
        yield name, value
        return
    for key, part in inner:
        yield from leaves(part, f"{name}.{key}" if name else str(key), depth + 1)


def is_number(value: object) -> bool:
    """Whether it is a finite number that a float can hold; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _brief(value: object) -> str:
    """A stranger's value for a message; of an endless number Python tells no digits."""
    try:
        return shown(repr(value)[:40])
    except ValueError:
        return "that"
