"""Fields of a dataclass that say what they may hold, written once for every reader of tables.

`mixer.files.shape` reads the description off the dataclass: the type of a field says what kind of
value it holds, and what these functions put into its metadata says which ones. A field without a
default must be there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

MISSING = dataclasses.MISSING
# A name, a sentence; what is longer is no value but a file.
LONGEST_TEXT = 1_000
LONGEST_PATH = 4_096
# What a whole number can be without a range of its own: what other languages and SQLite can hold.
WHOLE_RANGE = (-(2**63), 2**63 - 1)
MOST_ROWS = 10_000


def number(
    default: Any = MISSING,
    low: float = -1e12,
    high: float = 1e12,
    *,
    unit: str = "",
    help: str = "",
) -> Any:
    """A field that holds a number, or None where that is the default or its type allows it.

    Args:
        default: none where it must be there.
        low, high: the range, ends included. Of a tuple, every entry lies in it.
        unit: of the number, as a user reads it: "dB", "Hz", "s".
        help: what it does, a phrase.
    """
    return _field(default, {"range": (low, high), "unit": unit, "help": help})


def choice(default: Any, options: tuple[Any, ...], *, help: str = "") -> Any:
    """A field that holds one of a few words or numbers."""
    return _field(default, {"choices": options, "help": help})


def text(
    default: Any = MISSING,
    *,
    longest: int = LONGEST_TEXT,
    pattern: re.Pattern[str] | None = None,
    means: str = "",
    help: str = "",
) -> Any:
    """A field that holds one line of text; of a tuple or a table, every entry does.

    Args:
        default: none where it must be there.
        longest: in characters.
        pattern: which it must match as a whole.
        means: what such a text is, for the message: "must be {means}".
        help: what it does, a phrase.
    """
    return _field(default, {"longest": longest, "pattern": pattern, "means": means, "help": help})


def prose(default: Any = MISSING, *, longest: int = LONGEST_TEXT) -> Any:
    """A field that holds text of any lines and signs but NUL: a comment, a path of any system."""
    return _field(default, {"longest": longest, "prose": True})


def rows(default: Any = MISSING, *, least: int = 0, most: int = MOST_ROWS, **of_each: Any) -> Any:
    """A field that holds a list or a table under any names, with bounds on how many entries.

    Args:
        default: none where it must be there.
        least, most: entries.
        of_each: metadata of the entries, as the other functions here set it.
    """
    return _field(default, {"least": least, "most": most, **of_each})


def _field(default: Any, metadata: dict[str, Any]) -> Any:
    if isinstance(default, dict | list):
        make: Callable[[], Any] = default.copy
        return dataclasses.field(default_factory=make, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
