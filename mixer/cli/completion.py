"""`mixer completion`: the commands, options and words of mixer at the Tab key."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mixer.cli.completion_scripts import Shell, install, script_of
from mixer.cli.console import say
from mixer.cli.groups import Commands
from mixer.errors import SettingsError
from mixer.files.wording import joined

_NAMES = [shell.value for shell in Shell]
_ALSO = {"pwsh": Shell.POWERSHELL}


@click.group(cls=Commands, name="completion")
def command() -> None:
    """Complete commands, options and words at the Tab key, in bash, zsh, fish and PowerShell."""


@command.command("install")
@click.argument("shell", type=click.Choice(_NAMES), required=False)
@click.pass_context
def install_command(ctx: click.Context, shell: str | None) -> None:
    """Install the completion of SHELL, by default of the one that you use; says what it changes.

    A file of its own is written. zsh and PowerShell read it from a marked block at the end of their
    start-up file, which is added once; nothing else in that file is touched.
    """
    asked = Shell(shell) if shell else _own_shell()
    for line in install(asked, ctx.find_root().command):
        say(line)
    say(f"start a new {asked} to use it")


@command.command("show")
@click.argument("shell", type=click.Choice(_NAMES))
@click.pass_context
def show_command(ctx: click.Context, shell: str) -> None:
    """Print the completion of SHELL, to be put where you want it."""
    say(script_of(Shell(shell), ctx.find_root().command).rstrip("\n"))


def _own_shell() -> Shell:
    """The user's shell, as the system says.

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
