"""A group of commands that names the nearest one if a word is none of them."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mixer.files.wording import quote, suggest

_LONGEST = 1_000  # characters of a sentence


class Commands(click.Group):
    """A `click.Group` that answers a mistyped command with the one that was meant."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the whole first sentence of each, which click would cut."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, command) for name, command in commands if command and not command.hidden]
        if shown:
            with formatter.section("Commands"):
                formatter.write_dl(
                    [(name, command.get_short_help_str(_LONGEST)) for name, command in shown]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        # At the Tab key nothing is refused.
        if (
            not ctx.resilient_parsing
            and self.get_command(ctx, word) is None
            and not word.startswith("-")
        ):
            hint = suggest(word, self.list_commands(ctx))
            if ctx.parent is None and Path(word).is_dir():
                hint = f"to mix a folder: mixer render {shlex.quote(word)}"
            raise click.UsageError(f"unknown command {quote(word)}; {hint}", ctx)
        return super().resolve_command(ctx, args)
