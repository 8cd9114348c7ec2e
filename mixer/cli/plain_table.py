"""Tables of thousands of rows as lines: what rich makes of a table of plain text, without a mark.

Laying out a table of 10 000 songs takes rich four seconds, nearly all for cells that are short,
plain and one line each. Those are padded here; only one that is to be wrapped is rich's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_BETWEEN = "  "
_TAB = 8
_WIDEST_SIGN = 2  # places that one takes


def table_lines(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    console: Console,
    right: Collection[str] = (),
) -> Iterator[str]:
    """The lines of a table, its heading first.

    Args:
        names: headings of the columns.
        rows: one printable text per column.
        console: whose width the table keeps to; the widest columns give way and are folded.
        right: names of the right-aligned columns.
    """
    natural = [max(map(_width, column)) for column in zip(names, *rows, strict=True)]
    widths = _fitted(natural, console.width - len(_BETWEEN) * (len(names) - 1))
    sides = [name in right for name in names]
    for row in (names, *rows):
        cells = [_lines(text, width, console) for text, width in zip(row, widths, strict=True)]
        for place in range(max(map(len, cells))):
            texts = [lines[place] if place < len(lines) else "" for lines in cells]
            yield _BETWEEN.join(map(_padded, texts, widths, sides))


def _is_plain(text: str) -> bool:
    """Whether each character of a text takes one place, and all are in one line."""
    return text.isascii() and text.isprintable()


def _width(text: str) -> int:
    if _is_plain(text):
        return len(text)
    return max(map(cell_len, text.expandtabs(_TAB).splitlines()), default=0)


def _lines(text: str, width: int, console: Console) -> list[str]:
    if len(text) <= width and _is_plain(text):
        return [text]
    wrapped = Text(text.expandtabs(_TAB)).wrap(console, width, overflow="fold")
    return [line.plain.rstrip() for line in wrapped] or [""]


def _padded(text: str, width: int, is_right: bool) -> str:
    padding = " " * (width - (len(text) if text.isascii() else cell_len(text)))
    return padding + text if is_right else text + padding


def _fitted(widths: list[int], room: int) -> list[int]:
    """Widths that have room together: the widest give way first, down to one wide sign."""
    while sum(widths) > room and max(widths) > _WIDEST_SIGN:
        widest = max(widths)
        narrower = (width for width in widths if _WIDEST_SIGN <= width < widest)
        following = max(narrower, default=_WIDEST_SIGN)
        excess = -(-(sum(widths) - room) // widths.count(widest))
        narrowed = widest - min(excess, widest - following)
        widths = [narrowed if width == widest else width for width in widths]
    return widths
