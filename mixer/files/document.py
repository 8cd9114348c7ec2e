"""A table from anyone, in TOML or JSON: read within bounds, checked against its shape, built.

Every bound of an untrusted table is here or in `mixer.files.mistakes`: the file's size, how deep it
is nested, its numbers, its texts, how many entries it has. Each mistake is one line: file, line (of
TOML), key, what is wrong and what to do.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mixer.errors import MixerError
from mixer.files.mistakes import NOTHING, Keys, Mistake, dotted, find_mistakes
from mixer.files.regular_file import read_regular
from mixer.files.shape import LeafKind, Names, Rows, Shape, Table, table_of
from mixer.files.toml_lines import find_lines, line_of
from mixer.files.toml_text import parse_toml
from mixer.files.wording import quote, visible

MOST_TOML_BYTES = 1_000_000
MOST_JSON_BYTES = 16 << 20
# Further ones do not help.
MOST_MISTAKES = 50
# Far above what any of our tables has, far below Python's stack.
MOST_LEVELS = 32
_LARGEST_WHOLE = 2**63
# Values in a JSON document, each of which takes up to 72 bytes of memory.
_MOST_VALUES = 8_000_000
_LONGEST_CAUSE = 200

Built = TypeVar("Built")


@dataclass(frozen=True)
class Document:
    """A table that was read, with what its error messages need.

    Attributes:
        where: its name in messages, usually its file.
        table: as TOML or JSON gave it, within the bounds, unchecked.
        error: class of the errors to raise.
        advice: what to do about a mistake that its user did not make, e.g. "build it again".
        text: text of a TOML file, for line numbers.
        sha256: hash of a TOML file's bytes.
        inside: the key of the file under which the table lies.
    """

    where: str
    table: Mapping[str, Any]
    error: type[MixerError]
    advice: str = ""
    text: str = ""
    sha256: str = ""
    inside: Keys = ()

    def refusal(self, keys: Keys, what: str) -> MixerError:
        """One line about a key: file, line, key, what is wrong, what to do."""
        keys = (*self.inside, *keys)
        line = _line(self.text, keys) if self.text else None
        at = "" if line is None else f" line {line}:"
        advice = f"; {self.advice}" if self.advice else ""
        name = f" {dotted(keys)}" if keys else ""
        return self.error(f"{self.where}:{at}{name} {what}{advice}")

    def refuse(self, mistakes: Iterable[Mistake]) -> None:
        """Raise an error with a line for each mistake, up to `MOST_MISTAKES`, if there are any."""
        found = list(itertools.islice(mistakes, MOST_MISTAKES))
        if found:
            raise self.error(*(str(self.refusal(*mistake)) for mistake in found))

    def check(self, shape: Shape, *, is_layer: bool = False) -> None:
        """Raise an error with all mistakes, if there are any."""
        self.refuse(find_mistakes(shape, self.table, is_layer=is_layer))

    def build(self, shape: Table) -> Any:
        """Build the object that the table describes.

        Raises:
            MixerError: of the class `error`, with all of its mistakes.
        """
        self.check(shape)
        try:
            return build(shape, self.table)
        except MisfitError as misfit:
            keys, what = misfit.args
            name = dotted((*self.inside, *keys))
            raise self.error(f"{self.where}: {name + ': ' if name else ''}{what}") from None

    def read_as(self, kind: type[Built], *, is_open: bool = False) -> Built:
        """The dataclass that the table describes; as `build`.

        Args:
            kind: the dataclass.
            is_open: whether to ignore unknown keys, which a newer version may have written.
        """
        built: Built = self.build(table_of(kind, is_open=is_open))
        return built

    def part(self, key: str) -> Document:
        """The table under a key, which was checked to be one."""
        return dataclasses.replace(self, table=self.table[key], inside=(*self.inside, key))

    def check_version(self, key: str, newest: int, *, name: str | None = None) -> None:
        """Raise if the table is of another format, or of a version that we do not read.

        Args:
            key: key of the version.
            newest: the newest version that we read.
            name: what `format` must say; None for a table without it.
        """
        if name is not None and self.table.get("format") != name:
            raise self.refusal(
                ("format",), f"must be {name}, not {quote(self.table.get('format'))}"
            )
        version = self.table.get(key)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self.refusal((key,), f"must be a whole number from 1, not {quote(version)}")
        if version > newest:
            what = f"is {version}, and this version of mixer reads up to {newest}; update mixer"
            raise self.error(f"{self.where}: {key} {what}")


class MisfitError(Exception):
    """Values that fit one by one contradict each other; carries the keys and a sentence."""


def build(shape: Shape, value: Any, path: Keys = ()) -> Any:
    """Build the object that a checked table describes.

    Args:
        shape: a shape of which the value has passed the check.
        value: the table, a list or a value.
        path: its location.

    Raises:
        MisfitError: a dataclass refused its fields.
    """
    if value is None:
        return None
    if isinstance(shape, Table) and shape.is_layer:
        return value
    if isinstance(shape, Table):
        value = shape.whole(value)
        known = {
            key: build(shape.fields[key], inner, (*path, key))
            for key, inner in value.items()
            if key in shape.fields
        }
        try:
            return shape.make(**known)
        except (ValueError, MixerError) as error:
            raise MisfitError(path, str(error)) from None
    if isinstance(shape, Rows):
        rows = value if isinstance(value, list | tuple) else [value]
        return tuple(build(shape.at(i), row, (*path, i)) for i, row in enumerate(rows))
    if isinstance(shape, Names):
        return shape.make({k: build(shape.item, row, (*path, k)) for k, row in value.items()})
    if shape.kind == LeafKind.NUMBER:
        if isinstance(value, list | tuple):
            return tuple((float(time_s), float(number)) for time_s, number in value)
        return shape.none if value == NOTHING else float(value)
    if shape.kind == LeafKind.CHOICE:
        return next(option for option in shape.choices if option == value)
    return value


def read_toml(path: Path, what: str, error: type[MixerError]) -> Document:
    """Read a TOML file.

    Args:
        path: the file.
        what: it should be, for messages, with its article: "a preset".
        error: what to raise.

    Raises:
        MixerError: of that class: it cannot be read, is larger than `MOST_TOML_BYTES`, not UTF-8,
            not TOML, or nested too deeply.
    """
    where = visible(path)
    content = _read(path, where, what, MOST_TOML_BYTES, error)
    try:
        # Editors on Windows put a byte order mark in front.
        text = content.decode("utf-8-sig")
        table = parse_toml(text)
        _check_depth(table)
    except UnicodeDecodeError:
        raise error(f"{where}: not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError) as cause:
        raise error(f"{where}: not valid TOML: {_cause(cause)}") from None
    return Document(where, table, error, text=text, sha256=hashlib.sha256(content).hexdigest())


def read_json(
    path: Path,
    what: str,
    error: type[MixerError],
    *,
    advice: str = "",
    most_bytes: int = MOST_JSON_BYTES,
) -> Document:
    """Read a JSON file that holds a table.

    Args:
        path: the file.
        what: it should be, for messages, with its article: "a profile".
        error: what to raise.
        advice: what to do about a mistake in it.
        most_bytes: a larger file is refused.

    Raises:
        MixerError: of that class: it cannot be read, is too large, or as `parse_json`.
    """
    where = visible(path)
    content = _read(path, where, what, most_bytes, error)
    return parse_json(content, where, what, error, advice=advice, most_bytes=most_bytes)


def parse_json(
    content: bytes | str,
    where: str,
    what: str,
    error: type[MixerError],
    *,
    advice: str = "",
    most_bytes: int = MOST_JSON_BYTES,
) -> Document:
    """Parse JSON like `read_json`, from bytes or text in memory.

    Raises:
        MixerError: of the class `error`: not JSON, not a table, nested too deeply, or with a number
            that is not finite or beyond 64 bit.
    """
    try:
        _check_size(content, where, what, most_bytes, error)
        _check_count(content, where, what, error)
        table = json.loads(content)
        wrong = _first_wrong_number(table) if isinstance(table, dict) else None
    except (ValueError, RecursionError) as cause:
        hint = f"; {advice}" if advice else ""
        raise error(f"{where}: not {what}: not valid JSON: {_cause(cause)}{hint}") from None
    if not isinstance(table, dict):
        raise error(f"{where}: not {what}; it must hold a table, not {quote(table)}")
    document = Document(where, table, error, advice)
    if wrong is not None:
        keys, value = wrong
        raise document.refusal(keys, f"must be a finite 64-bit number, not {quote(value)}")
    return document


def _read(path: Path, where: str, what: str, most_bytes: int, error: type[MixerError]) -> bytes:
    try:
        # A folder or a pipe would be waited for, or would never end.
        if path.exists() and not path.is_file():
            raise error(f"{where}: not a file; give {what}")
        content = read_regular(path, most_bytes + 1)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or cause
        raise error(f"{where}: cannot be read ({visible(reason)}); give {what}") from None
    _check_size(content, where, what, most_bytes, error)
    return content


def _check_size(
    content: bytes | str, where: str, what: str, most_bytes: int, error: type[MixerError]
) -> None:
    if len(content) > most_bytes:
        size = f"{most_bytes >> 20} MiB" if most_bytes >= 1 << 20 else f"{most_bytes // 1000} kB"
        raise error(f"{where}: larger than {size}; this is not {what}")


def _check_count(content: bytes | str, where: str, what: str, error: type[MixerError]) -> None:
    if isinstance(content, str):
        n_values = sum(map(content.count, ",[{"))
    else:
        n_values = sum(map(content.count, (b",", b"[", b"{")))
    if n_values > _MOST_VALUES:
        raise error(f"{where}: more than {_MOST_VALUES} values; this is not {what}")


def _check_depth(table: Any) -> None:
    for _ in _leaves(table):
        pass


def _first_wrong_number(table: Any) -> tuple[Keys, Any] | None:
    """The first number that no field can have, with its keys.

    1e999 is JSON, NaN is Python's JSON; no float holds the one, no figure is the other.

    Raises:
        ValueError: as `_leaves`.
    """
    for outer, key, value in _leaves(table):
        is_small = value is None or (isinstance(value, int) and abs(value) < _LARGEST_WHOLE)
        if not is_small and (isinstance(value, int) or not math.isfinite(value)):
            return (*outer, key), value
    return None


def _leaves(table: Any) -> Iterator[tuple[Sequence[str | int], str | int, Any]]:
    """Every value that is not a table, a list or a text, with the keys above it and its own.

    The keys above are one list that changes from leaf to leaf: for each a tuple of its own, a file
    of a few megabytes would take gigabytes.

    Raises:
        ValueError: there are more than `MOST_LEVELS` levels.
    """
    outer, holders = list[str | int](), [_entries(table)]
    while holders:
        for key, value in holders[-1]:
            if isinstance(value, dict | list):
                if len(holders) == MOST_LEVELS:
                    raise ValueError(f"nested more than {MOST_LEVELS} levels deep")
                outer.append(key)
                holders.append(_entries(value))
                break
            if not isinstance(value, str):
                yield outer, key, value
        else:
            holders.pop()
            del outer[-1:]


def _entries(holder: Any) -> Iterator[tuple[str | int, Any]]:
    return iter(holder.items()) if isinstance(holder, dict) else enumerate(holder)


def _cause(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"nested more than {MOST_LEVELS} levels deep"
    return visible(error, _LONGEST_CAUSE)


def _line(text: str, keys: Keys) -> int | None:
    try:
        return line_of(_lines(text), keys)
    except (ValueError, RecursionError):  # nested too deeply for the scanner
        return None


@functools.lru_cache(maxsize=1)
def _lines(text: str) -> dict[Keys, int]:
    """Many mistakes of one file are found by one scan."""
    return find_lines(text)
