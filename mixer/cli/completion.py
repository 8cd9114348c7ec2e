"""`mixer completion`: the commands, options and words of mixer at the Tab key."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mixer.cli.completion_scripts import Shell, install, next_step, script_of
from mixer.cli.console import say
from mixer.cli.groups import Commands
from mixer.errors import SettingsError
from mixer.files.wording import joined

_NAMES = [shell.value for shell in Shell]
_ALSO = {"pwsh": Shell.POWERSHELL}


@click.group(cls=Commands, name="completion")
def command() -> None:
    """Complete commands, options and words with the Tab key in bash, zsh, fish and PowerShell."""


@command.command("install")
@click.argument("shell", type=click.Choice(_NAMES), required=False)
@click.pass_context
def install_command(ctx: click.Context, shell: str | None) -> None:
    """Install completion for SHELL, by default your own; prints each change that it makes.

    The completion goes into a separate file. For bash, zsh and PowerShell a marked block, which
    reads it, is added once at the end of the start-up file; nothing else in that file is changed.
    """
    asked = Shell(shell) if shell else _own_shell()
    for line in install(asked, ctx.find_root().command):
        say(line)
    say(next_step(asked))


@command.command("show")
@click.argument("shell", type=click.Choice(_NAMES))
@click.pass_context
def show_command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL, so that you can install it yourself."""
    say(script_of(Shell(shell), ctx.find_root().command).rstrip("\n"))


def _own_shell() -> Shell:
    """The user's shell, as reported by the system.

    Raises:
        SettingsError: it does not say, or it is one without a completion.
    """
    name = Path(os.environ.get("SHELL", "")).name
    if not name and sys.platform == "win32":
        name = Shell.POWERSHELL
    if name in _ALSO:
        return _ALSO[name]
    if name not in _NAMES:
        known = joined(_NAMES, "or")
        raise SettingsError(f"unknown shell {name!r}; give one: mixer completion install {known}")
    return Shell(name)
