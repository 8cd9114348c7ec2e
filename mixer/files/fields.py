"""Fields of a dataclass that say what they may hold, written once for every reader of tables.

`mixer.files.shape` reads the description off the dataclass: the type of a field says what kind of
value it holds, and what these functions put into its metadata says which ones. Of a tuple or of a
table under any names, the metadata is of every entry. A field without a default must be there.
"""

from __future__ import annotations

import dataclasses
import re
from enum import StrEnum
from typing import Any

MISSING = dataclasses.MISSING
# A name, a sentence; anything longer is a file, not a value.
LONGEST_LINE = 1_000
# As systems take them: Linux's longest path, and far more than any comment.
LONGEST_PROSE = 4_096
# Range of a whole number without one of its own: SQLite and most languages can hold it.
WHOLE_RANGE = (-(2**63), 2**63 - 1)
NUMBER_RANGE = (-1e12, 1e12)
MOST_ENTRIES = 10_000
# Kinds of text: printable, on one line; without control characters; of any lines; any but NUL.
# Names of files, and what a browser cut, may hold half characters (lone surrogates): the second and
# the last take them.


class TextKind(StrEnum):
    """Constraints on a text."""

    LINE = "line"
    NAME = "name"
    PROSE = "prose"
    RAW = "raw"


SHA256 = re.compile(r"[0-9a-f]{64}")


def number(
    default: Any = MISSING,
    low: float = NUMBER_RANGE[0],
    high: float = NUMBER_RANGE[1],
    *,
    unit: str = "",
    help: str = "",
    none: float | None = None,
) -> Any:
    """A field that holds a number, or None if its type allows it.

    Args:
        default: none if it is required.
        low, high: the range, ends included.
        unit: of the number, as a user reads it: "dB", "Hz", "s".
        help: what it does, a phrase.
        none: the value of the word none, unless it means no number.
    """
    return _field(default, {"range": (low, high), "unit": unit, "help": help, "none": none})


def numbers(*ranges: tuple[float, float]) -> Any:
    """A field that holds a fixed number of numbers, each within its own range."""
    return _field(MISSING, {"ranges": ranges})


def flag(default: Any = MISSING, *, help: str = "") -> Any:
    """A field that is true or false."""
    return _field(default, {"help": help})


def choice(default: Any, options: tuple[Any, ...], *, help: str = "") -> Any:
    """A field that holds one of a few words or numbers."""
    return _field(default, {"choices": options, "help": help})


def text(
    default: Any = MISSING,
    *,
    kind: TextKind = TextKind.LINE,
    shortest: int = 1,
    longest: int | None = None,
    pattern: re.Pattern[str] | None = None,
    means: str = "",
    help: str = "",
) -> Any:
    """A field that holds a text.

    Args:
        default: none if it is required.
        kind: `TextKind.LINE`, `TextKind.NAME`, `TextKind.PROSE` or `TextKind.RAW`.
        shortest, longest: in characters.
        pattern: which it must match as a whole.
        means: what such a text is, for the message: "must be {means}".
        help: what it does, a phrase.
    """
    limits = {"text": kind, "shortest": shortest, "longest": longest or _LONGEST[kind]}
    return _field(default, {**limits, "pattern": pattern, "means": means, "help": help})


def sha256(default: Any = MISSING) -> Any:
    """A field that holds the hash of a file."""
    return text(default, pattern=SHA256, means="a SHA-256 in hex")


def table() -> Any:
    """A field that holds a required table of its own."""
    return _field(MISSING, {})


def entries(
    field: Any = None,
    *,
    default: Any = MISSING,
    least: int = 0,
    most: int = MOST_ENTRIES,
    names: str = TextKind.LINE,
) -> Any:
    """A field that holds a number of entries, each described by `field`.

    Args:
        field: result of another function of this module, without a default; None if the type is
            enough.
        default: left out if it is required.
        least, most: range of the number of entries.
        names: of a table under any names, what these may be: `TextKind.LINE` or `TextKind.RAW`.
    """
    metadata = dict(field.metadata) if field is not None else {}
    return _field(default, {**metadata, "least": least, "most": most, "names": names})


_LONGEST = {
    TextKind.LINE: LONGEST_LINE,
    TextKind.NAME: LONGEST_PROSE,
    TextKind.PROSE: LONGEST_PROSE,
    TextKind.RAW: LONGEST_PROSE,
}


def _field(default: Any, metadata: dict[str, Any]) -> Any:
    if isinstance(default, dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
