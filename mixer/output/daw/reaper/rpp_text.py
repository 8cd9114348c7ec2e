"""The text of a REAPER project as nested blocks, read with bounds: anybody may have written it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mixer.errors import InputError
from mixer.files.regular_file import open_regular
from mixer.files.wording import visible

LONGEST_BYTES = 256 << 20
# A line, a word and a block take about 190, 55 and 450 bytes of memory, however short they are.
_MOST_LINES, _MOST_WORDS, _MOST_BLOCKS = 3_000_000, 8_000_000, 500_000
_DEEPEST = 64
_LONGEST_LINE = 1 << 20
_WORD = re.compile(r"\"([^\"]*)\"?|'([^']*)'?|`([^`]*)`?|(\S+)")


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
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > LONGEST_BYTES:
                raise InputError(f"{visible(path)} is too large to be a project")
            root = _block_of(_lines(file), path)
    except OSError as error:
        raise InputError(f"{visible(path)}: cannot be read ({error.strerror})") from None
    project = root.first("REAPER_PROJECT")
    if project is None:
        raise InputError(f"{visible(path)} is not a REAPER project")
    return project


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines without the space around them; a line that is too long comes in parts."""
    while line := file.readline(_LONGEST_LINE):
        yield line.decode("utf-8", "surrogateescape").strip()


def _block_of(lines: Iterator[str], path: Path) -> Block:
    """A block of all lines."""
    root = Block("", [])
    stack, n_words, n_blocks = [root], 0, 0
    for number, line in enumerate(lines):
        if line.startswith("<"):
            if len(stack) > _DEEPEST:
                raise InputError(f"{visible(path)} is nested too deeply to be a project")
            name, *values = words_of(line[1:]) or [""]
            block = Block(name, values)
            stack[-1].blocks.append(block)
            stack[-1].order.append(block)
            stack.append(block)
            n_words, n_blocks = n_words + len(values), n_blocks + 1
        elif line == ">" and len(stack) > 1:
            stack.pop()
        elif line:
            # Notes are text, whatever is in them.
            words = [line] if line.startswith("|") else words_of(line)
            stack[-1].lines.append(words)
            stack[-1].order.append(words)
            n_words += len(words)
        if number > _MOST_LINES or n_words > _MOST_WORDS or n_blocks > _MOST_BLOCKS:
            raise InputError(f"{visible(path)} is too large to be a project")
    return root


def words_of(line: str) -> list[str]:
    """The words of a line; those in one of REAPER's quotes hold spaces."""
    return [word[word.lastindex or 0] for word in _WORD.finditer(line)]
