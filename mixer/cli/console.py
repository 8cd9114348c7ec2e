"""Talking to the user: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, TextIO

import click

from mixer.files.wording import CONTROL_CHARACTER, clock_time

if TYPE_CHECKING:
    from mixer.rendering.timing.progress import Progress as ProgressCallback

_LONGEST_LINE = 2_000


class Tone(Enum):
    """Kind of a line, shown by its colour on a terminal."""

    PLAIN = None
    WARNING = "yellow"
    ERROR = "red"


def printable(text: object) -> str:
    """Text that is safe for any stream: invalid UTF-8 and control characters are escaped."""
    whole = str(text)
    if whole.isascii() and whole.isprintable():
        return whole
    whole = whole.encode("utf-8", "backslashreplace").decode("utf-8")
    return CONTROL_CHARACTER.sub(lambda sign: ascii(sign.group())[1:-1], whole)


def talk(text: str, *, tone: Tone = Tone.PLAIN) -> None:
    """Lines on stderr; one that a stranger has made endless is cut."""
    told = "\n".join(map(_cut, printable(text).split("\n")))
    click.echo(_coloured(told, tone, sys.stderr), err=True)


def talk_warning(text: str) -> None:
    """A warning on stderr, yellow on a terminal."""
    talk(f"warning: {text}", tone=Tone.WARNING)


def talk_error(text: str) -> None:
    """Print an error on stderr, red on a terminal."""
    talk(text, tone=Tone.ERROR)


def _coloured(text: str, tone: Tone, stream: TextIO) -> str:
    """Printable text in its colour, on a terminal whose user wants colours (no-color.org)."""
    unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if tone is Tone.PLAIN or unwanted or not stream.isatty():
        return text
    return click.style(text, fg=tone.value)


def _cut(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[:_LONGEST_LINE]}... ({len(line)} characters)"


def say(text: str, *, tone: Tone = Tone.PLAIN) -> None:
    """A line on stdout."""
    click.echo(_coloured(printable(text), tone, sys.stdout))


def answer(value: Mapping[str, object]) -> None:
    """One JSON object on stdout."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    # As JSON escapes them: what is left of them is in its texts.
    say(CONTROL_CHARACTER.sub(lambda sign: f"\\u{ord(sign.group()):04x}", text))


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[ProgressCallback]:
    """A bar with stage, detail and time left; a line a stage where stderr is not a terminal."""
    if quiet:
        from mixer.rendering.timing.progress import unheard

        yield unheard
        return
    # Not at the top: what says one line alone need not load it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
    )

    from mixer.cli.time_left import TimeLeftColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _stage_lines()
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeLeftColumn(clock_time),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def show(stage: str, detail: str, share: float) -> None:
            bar.update(task, completed=share, description=f"{stage} {detail}")

        yield show


def _stage_lines() -> ProgressCallback:
    # Loading is mostly over in no time, and says by itself what is wrong.
    seen = {"load"}

    def show(stage: str, detail: str, share: float) -> None:
        if stage not in seen:
            seen.add(stage)
            talk(f"{stage} ...")

    return show


def level(value: float | None, unit: str) -> str:
    """A level for a person: one decimal and its unit, or "silent"."""
    return "silent" if value is None else f"{value:.1f} {unit}"


def cell(value: float | None) -> str:
    """A level for a table: one decimal, or a dash."""
    return "-" if value is None else f"{value:.1f}"
