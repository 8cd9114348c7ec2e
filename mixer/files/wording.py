"""Words of messages that name what a user or a stranger wrote: quoted, bounded, and suggested."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

# Characters that a terminal obeys, or that hide a name; tabs and ends of lines only show.
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 60
_LONGEST_LINE = 4_096
_MOST_NAMES = 20
_MOST_CHOICES = 60
# Units in the names of settings, which users leave out.
_UNIT = re.compile(r"_(?:db|dbfs|dbtp|lufs|hz|kbps|ms|s)$")
# Two words that share less than half of their letters are not a slip of the keyboard.
_CUTOFF = 0.5
_MOST_COMPARED = 8
_SHORTEST_PART = 3


def visible(value: object, longest: int = _LONGEST_LINE) -> str:
    """A value's text for a message: what a terminal would obey, or cannot show, is escaped."""
    text = _text_of(value, str)
    shortened = text if len(text) <= longest else f"{text[: max(longest - 3, 0)]}..."
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in shortened)


def quote(value: object, longest: int = _LONGEST) -> str:
    """A value as one would write it in a file, for a message: bounded, on one line.

    Texts come in quotes; true, false and null as TOML and JSON have them.
    """
    words = {True: "true", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, float) and value.is_integer():
        return f"{value:g}"
    if isinstance(value, str):
        value = value[: longest + 1]
    return visible(_text_of(value, repr), longest)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a user may have meant, perhaps without its unit; None if none is near."""
    names = list(known)
    by_lower = {name.lower(): name for name in reversed(names)}
    for name in names:
        by_lower.setdefault(_UNIT.sub("", name.lower()), name)
    low = word[:_LONGEST].lower()
    close = difflib.get_close_matches(low, by_lower, n=_MOST_COMPARED, cutoff=_CUTOFF)
    return next((by_lower[name] for name in close if _is_near(low, name)), None)


def _is_near(word: str, name: str) -> bool:
    """Whether one is the beginning or the end of the other, or differs by few slips."""
    shorter, longer = sorted((word, name), key=len)
    if len(shorter) >= _SHORTEST_PART and (longer.startswith(shorter) or longer.endswith(shorter)):
        return True
    return _slips(word, name) <= max(1, len(longer) // 3)


def _slips(a: str, b: str) -> int:
    """Letters too many, missing, wrong or exchanged with a neighbour (optimal string alignment)."""
    before, row = list[int](), list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


def suggest(word: str, known: Iterable[str]) -> str:
    """Hint for an unknown name: the nearest known one, or all of them."""
    names = list(known)
    close = nearest(word, names)
    return (
        f"did you mean {quote(close)}?" if close else f"choose from {listed(names, _MOST_CHOICES)}"
    )


def listed(names: Iterable[Any], most: int = _MOST_NAMES) -> str:
    """Comma-separated names; beyond `most`, how many more there are."""
    words = [visible(name, _LONGEST) for name in names]
    beyond = len(words) - most
    return ", ".join(words) if beyond <= 0 else f"{', '.join(words[:most])} and {beyond} more"


def joined(names: Iterable[Any], word: str = "and") -> str:
    """Names as a sentence has them: "a", "a and b", "a, b and c"; or with "or"."""
    *others, last = [str(name) for name in names] or [""]
    return f"{', '.join(others)} {word} {last}" if others else last


def counted(count: int, noun: str) -> str:
    """ "1 mistake", "2 mistakes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size_of(n_bytes: float) -> str:
    """A readable size: 12.3 MB, 4.5 GB."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"


def first_line(error: BaseException) -> str:
    """The first line of an error's message; the error's name if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def clock_time(seconds: float) -> str:
    """A time for a person: 0:07, 3:25, 2:03:25."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _text_of(value: object, show: Any) -> str:
    """The value in words: Python refuses the digits of an endless number, and an endless nest."""
    try:
        return str(show(value))
    except ValueError:
        return "a number of thousands of digits"
    except RecursionError:
        return "endlessly nested values"
