"""All commands of the command line, as people call them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mixer.cli.main import cli


def all_commands() -> dict[tuple[str, ...], click.Command]:
    """Words of each command that does something, and the command."""
    return dict(_inside(cli, ()))


def _inside(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None, name
        yield from _inside(inner, (*words, name))
