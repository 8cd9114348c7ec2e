"""Tables on a terminal: what a stranger wrote into a cell never commands it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.segment import Segment

from mixer.cli.console import printable

_WIDTH_OTHERWISE = 200
_NARROWEST = 60


class _PrintableConsole(Console):
    """Styles come from us, after this; every character of a text is shown or escaped."""

    def render(self, renderable: RenderableType, options: Any = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)


def table_console(*, stderr: bool = False) -> Console:
    """The console for tables; wide if the output is not a terminal."""
    console = _PrintableConsole(stderr=stderr)
    if not (console.is_terminal or stderr):
        console.width = _WIDTH_OTHERWISE
    # In fewer columns, words would be cut into pieces; the terminal breaks the lines instead.
    console.width = max(console.width, _NARROWEST)
    return console
