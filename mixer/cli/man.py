"""`mixer man`: the manual page."""

from __future__ import annotations

import click

from mixer.cli.console import say
from mixer.cli.man_page import man_page


@click.command(name="man")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the manual page, for 'mixer man | man -l -'; if it is installed, use 'man mixer'.

    It describes every command with its options, as --help does.
    """
    say(man_page(ctx.find_root().command, "mixer").rstrip("\n"))
