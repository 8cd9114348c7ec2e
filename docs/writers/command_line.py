"""The page of the command line: every command with its options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mixer.cli.main import cli
from writers.markdown import NOTE, escaped, table


def command_line() -> str:
    """Every command with its arguments and options."""
    parts = [
        NOTE,
        "# Command line",
        "Results go to standard output (`--json` for one object), everything else to standard "
        "error. Exit codes: 0 done, 1 a song failed, 2 usage, 3 environment or model, 130 "
        "interrupted; see [errors](errors.md).",
    ]
    context = click.Context(cli, info_name="mixer")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None and not command.hidden:
            parts += _command(command, click.Context(command, context, info_name=name), 2)
    return "\n\n".join(parts) + "\n"


def _command(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{context.command_path}`"
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if not isinstance(command, click.Group):
        usage = " ".join([context.command_path, *(["[OPTIONS]"] if options else []), *pieces])
        yield f"```text\n{usage}\n```"
    yield from _paragraphs(inspect.cleandoc(command.help or ""))
    if options:
        yield table(("option", "what it does", "default"), map(_option_row, options))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _command(child, click.Context(child, context, info_name=name), level + 1)


def _paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what click is told to leave as it is becomes a block."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield f"```text\n{paragraph.removeprefix(chr(8) + chr(10)).rstrip()}\n```"
        elif paragraph.strip():
            yield escaped(" ".join(paragraph.split()))


def _option_row(option: click.Option) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    text = (option.help or "").strip().replace("[default]", f"[default: {option.opts[0]}]")
    help_text, _, said = text.rpartition("[default: ")
    default = said.rstrip("] ") if help_text else ""
    help_text = help_text or said
    if not option.is_flag:
        if isinstance(option.type, click.Choice):
            names += " " + " \\| ".join(f"`{word}`" for word in option.type.choices)
        else:
            names += " " + escaped(option.metavar or option.type.name.upper())
    if option.show_default and option.default is not None and not default:
        default = str(option.default)
    what = escaped(" ".join(help_text.split()))
    return names, what, escaped(default)
