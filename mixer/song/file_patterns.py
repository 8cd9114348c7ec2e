"""Files matched by an entry of `song.toml`: a name, or a pattern with * and ?."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def matches(pattern: str, name: str) -> bool:
    """Whether an entry matches a file.

    `*` matches any text and `?` one character; anything else, brackets included, matches itself.
    The pattern may omit folders inside the song's folder. Unicode normal forms are ignored.
    """
    return any(_fits(_normal(pattern), form) for form in _forms(name))


def is_exactly(pattern: str, name: str) -> bool:
    """Whether an entry is a file's name, with or without its folders."""
    return _normal(pattern) in _forms(name)


def files_meant(pattern: str, names: Iterable[str]) -> list[str]:
    """The files that an entry matches: those of exactly that name, else those of its pattern.

    A name with its folders wins over the same name in another folder.
    """
    names = list(names)
    for whole in (True, False):
        exact = [
            name
            for name in names
            if (_normal(name) == _normal(pattern) if whole else is_exactly(pattern, name))
        ]
        if exact:
            return exact
    return [name for name in names if matches(pattern, name)]


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _forms(name: str) -> tuple[str, str]:
    return _normal(name), _normal(name).rpartition("/")[2]


def _fits(pattern: str, text: str) -> bool:
    """Match without backtracking beyond the last *: time is at most the product of the lengths."""
    place = start = 0
    star: int | None = None
    tried = 0
    while start < len(text):
        sign = pattern[place : place + 1]
        if sign == "*":
            star, tried = place, start
            place += 1
        elif sign in ("?", text[start]):
            place, start = place + 1, start + 1
        elif star is not None:
            tried += 1
            place, start = star + 1, tried
        else:
            return False
    return not pattern[place:].strip("*")
