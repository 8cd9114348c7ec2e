"""The manual page: every command with its options, written from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mixer.version import __version__

_SECTION = 1
_EXITS = (
    ("0", "done"),
    ("1", "a song failed"),
    ("2", "wrong usage, or a mistake in a file that was given"),
    ("3", "the environment or a model does not work; mixer doctor says what"),
    ("130", "interrupted"),
)


def man_page(command: click.Command, name: str) -> str:
    """A page for man(1), in roff.

    Args:
        command: the whole command line.
        name: name of the command.
    """
    context = click.Context(command, info_name=name)
    summary = (command.help or "").partition("\n\n")[0]
    lines = [
        f'.TH "{name.upper()}" "{_SECTION}" "" "{name} {__version__}" "User commands"',
        ".SH NAME",
        f"{name} \\- {_text(summary).rstrip('.')}",
        ".SH SYNOPSIS",
        f".B {name}",
        "COMMAND [OPTIONS] [ARGUMENTS]",
        ".SH DESCRIPTION",
        *_paragraphs(command.help or ""),
        ".SH COMMANDS",
        *_commands(command, context),
        ".SH EXIT STATUS",
    ]
    for code, meaning in _EXITS:
        lines += [".TP", f".B {code}", _text(meaning)]
    return "\n".join(lines) + "\n"


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is None or child.hidden:
            continue
        inner = click.Context(child, context, info_name=name)
        yield f".SS {_text(' '.join([inner.command_path, *child.collect_usage_pieces(inner)]))}"
        yield from _paragraphs(child.help or "")
        for option in child.params:
            record = option.get_help_record(inner) if isinstance(option, click.Option) else None
            if record is not None:
                yield from (".TP", f".B {_text(record[0])}", _text(record[1]))
        yield from _commands(child, inner)


def _paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what click is told to leave as it is stays so."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            rows = (_text(row, keeps_spaces=True) for row in paragraph.split("\n")[1:])
            yield from (".PP", ".nf", *rows, ".fi")
        elif paragraph.strip():
            yield from (".PP", _text(paragraph))


def _text(text: str, *, keeps_spaces: bool = False) -> str:
    """Text on one line, escaped for roff."""
    line = text if keeps_spaces else " ".join(text.split())
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
