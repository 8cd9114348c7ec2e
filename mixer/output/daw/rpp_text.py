"""The text of a REAPER project as nested blocks, read with bounds: anybody may have written it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from mixer.errors import InputError
from mixer.files.regular_file import read_regular
from mixer.files.wording import visible

LONGEST_BYTES = 256 << 20
_MOST_LINES = 8_000_000
_DEEPEST = 64
_LONGEST_LINE = 1 << 20
_QUOTES = "\"'`"


@dataclass
class Block:
    """A block: `<NAME values` ... `>`.

    Attributes:
        name: in capitals.
        values: after it on its first line.
        lines: its own lines that open no block, as words.
        blocks: those inside, in order.
        order: lines and blocks as they stand among each other.
    """

    name: str
    values: list[str]
    lines: list[list[str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    order: list[list[str] | Block] = field(default_factory=list)

    def all(self, name: str) -> list[Block]:
        """Blocks of a name."""
        return [block for block in self.blocks if block.name == name]

    def first(self, name: str) -> Block | None:
        """The first block of a name."""
        return next(iter(self.all(name)), None)

    def line(self, name: str) -> list[str]:
        """The values of the first line of a name; empty without such a line."""
        return next((words[1:] for words in self.lines if words and words[0] == name), [])

    def number(self, name: str, place: int, otherwise: float) -> float:
        """A number of a line, finite; the other one if it does not exist or none."""
        return number_at(self.line(name), place, otherwise)


def number_at(words: list[str], place: int, otherwise: float) -> float:
    """A finite number among words."""
    try:
        value = float(words[place])
    except (IndexError, ValueError):
        return otherwise
    return value if math.isfinite(value) else otherwise


def read_project(path: Path) -> Block:
    """The block of a whole project.

    Raises:
        InputError: the file cannot be read, is not a REAPER project, or is too large.
    """
    try:
        if path.stat().st_size > LONGEST_BYTES:
            raise InputError(f"{visible(path)} is too large to be a project")
        text = read_regular(path).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(f"{visible(path)} cannot be read: {error.strerror}") from None
    root = Block("", [])
    stack = [root]
    for number, raw in enumerate(text.splitlines()):
        if number > _MOST_LINES or len(raw) > _LONGEST_LINE:
            raise InputError(f"{visible(path)} is too large to be a project")
        line = raw.strip()
        if line.startswith("<"):
            if len(stack) > _DEEPEST:
                raise InputError(f"{visible(path)} is nested too deeply to be a project")
            name, *values = words_of(line[1:]) or [""]
            block = Block(name, values)
            stack[-1].blocks.append(block)
            stack[-1].order.append(block)
            stack.append(block)
        elif line == ">" and len(stack) > 1:
            stack.pop()
        elif line:
            # Notes are text, whatever is in them.
            words = [line] if line.startswith("|") else words_of(line)
            stack[-1].lines.append(words)
            stack[-1].order.append(words)
    project = root.first("REAPER_PROJECT")
    if project is None:
        raise InputError(f"{visible(path)} is not a REAPER project")
    return project


def words_of(line: str) -> list[str]:
    """The words of a line; those in one of REAPER's quotes hold spaces."""
    words, at = [], 0
    while at < len(line):
        if line[at].isspace():
            at += 1
        elif line[at] in _QUOTES:
            end = line.find(line[at], at + 1)
            end = len(line) if end < 0 else end
            words.append(line[at + 1 : end])
            at = end + 1
        else:
            end = at
            while end < len(line) and not line[end].isspace():
                end += 1
            words.append(line[at:end])
            at = end
    return words
