"""Positions of the keys and values of a TOML text, which its parser does not report.

A scanner for texts that `tomllib` has accepted: it knows where keys and values begin and end, and
leaves all checking to the parser.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

Keys = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_KEY_PART = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
# the long quotes first: an empty text is two quotes that no third one follows
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'", re.DOTALL
)
_BARE_VALUE = re.compile(r"[^,\]}#\n]*")


def find_lines(text: str) -> dict[Keys, int]:
    """The line of every key, table and list entry of a valid TOML text, counted from 1.

    Args:
        text: as given to `tomllib.loads`.

    Returns:
        path of the key, with numbers for entries of lists, to its line.
    """
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.lines


def line_of(lines: dict[Keys, int], path: Keys) -> int | None:
    """The line of a key, or of the nearest table around it that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


@dataclass(frozen=True)
class Places:
    """Offsets into a TOML text, in characters.

    Attributes:
        pairs: path of a key to the start of its line, the start of its value and the value's end.
        headers: path of a table to the start and the end of its header's line.
    """

    pairs: dict[Keys, tuple[int, int, int]]
    headers: dict[Keys, tuple[int, int]]


def find_places(text: str) -> Places:
    """The places of all keys and headers of a valid TOML text.

    Args:
        text: as given to `tomllib.loads`, with lines that end in "\\n" alone.
    """
    scanner = _Scanner(text)
    scanner.scan()
    return Places(scanner.pairs, scanner.headers)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.place = 0
        self.lines: dict[Keys, int] = {}
        self.pairs: dict[Keys, tuple[int, int, int]] = {}
        self.headers: dict[Keys, tuple[int, int]] = {}
        # how many tables an array of tables has so far
        self.counts: dict[Keys, int] = {}
        self._line, self._counted_to = 1, 0

    def scan(self) -> None:
        table: Keys = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.place] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Keys:
        line, start = self._current_line(), self.place
        doubled = self.text.startswith("[[", self.place)
        self.place += 2 if doubled else 1
        *parents, last = self._key()
        self.place += 2 if doubled else 1
        path: Keys = ()
        for part in parents:
            path = self._inside((*path, part))
        path = (*path, last)
        if doubled:
            self.lines.setdefault(path, line)
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self._inside(path)
        self.lines.setdefault(path, line)
        self.headers[path] = (start, self._end_of_line())
        return path

    def _inside(self, path: Keys) -> Keys:
        """A path through an array of tables goes through its last one."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _pair(self, table: Keys) -> None:
        line, start = self._current_line(), self.place
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.place += 1  # the sign =
        first = self._skip(_SPACES)
        self._value(path)
        value = self.text[first : self.place]
        self.pairs[path] = (start, first, first + len(value.rstrip()))

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACES)
            found = _KEY_PART.match(self.text, self.place)
            if found is None:
                raise ValueError("the text was not parsed as TOML before")
            self.place = found.end()
            part = found.group()
            if part[0] in "\"'":
                # the parser itself says what a quoted key means
                part = next(iter(tomllib.loads(f"{part} = 0")))
            parts.append(part)
            self._skip(_SPACES)
            if not self.text.startswith(".", self.place):
                return parts
            self.place += 1

    def _value(self, path: Keys) -> None:
        first = self.text[self.place : self.place + 1]
        if first == "[":
            self.place += 1
            number = 0
            while self._next_of_list("]"):
                self.lines[(*path, number)] = self._current_line()
                self._value((*path, number))
                number += 1
        elif first == "{":
            self.place += 1
            while self._next_of_list("}"):
                self._pair(path)
        else:
            pattern = _TEXT if first in ('"', "'") else _BARE_VALUE
            self._skip(pattern)

    def _next_of_list(self, end: str) -> bool:
        """Go to the next entry, or past the end."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.place):
            self.place += 1
            self._skip(_BLANK)
        if self.place < len(self.text) and not self.text.startswith(end, self.place):
            return True
        self.place += 1
        return False

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
        return self.place

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.place)
        return len(self.text) if end < 0 else end + 1

    def _current_line(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.place)
        self._counted_to = self.place
        return self._line
