"""The completion of each shell: its script, where that goes, and how the shell comes to read it.

fish looks for completions in a folder of its own, so a file there is all. The others read nothing
unasked (bash only with a package that many machines lack): their start-up file gets a marked block,
once, at its end; what else is in it is never touched.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click
import platformdirs
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from mixer.errors import OutputError
from mixer.files.whole_file import whole_file

PROGRAM = "mixer"
VARIABLE = "_MIXER_COMPLETE"
_BEGIN, _END = "# >>> mixer completion >>>", "# <<< mixer completion <<<"
_ASK_POWERSHELL_S = 20.0


class Shell(StrEnum):
    """The shells that have a completion."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


class _PowerShellComplete(ShellComplete):
    """click's completion for other shells: lines of kind, word and help, separated by tabs."""

    name = Shell.POWERSHELL.value
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($env:MIXER_WORDS, $env:MIXER_WORD, $env:%(complete_var)s)
    $words = @($commandAst.CommandElements | Where-Object {
        $_.Extent.EndOffset -lt $cursorPosition -or $wordToComplete -eq ''
    } | ForEach-Object { "$_" })
    $env:MIXER_WORDS = $words -join "`n"
    $env:MIXER_WORD = $wordToComplete
    $env:%(complete_var)s = 'powershell_complete'
    try {
        %(prog_name)s | ForEach-Object {
            $kind, $value, $help = $_ -split "`t", 3
            if ($kind -eq 'plain') {
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new(
                    $value, $value, 'ParameterValue', $help)
            }
        }
    } finally {
        $env:MIXER_WORDS, $env:MIXER_WORD, $env:%(complete_var)s = $before
    }
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words after the program's name, and the one that is being typed."""
        words = os.environ.get("MIXER_WORDS", "").split("\n")
        return words[1:], os.environ.get("MIXER_WORD", "")

    def format_completion(self, item: CompletionItem) -> str:
        """One line; files and folders the shell completes by itself."""
        return f"{item.type}\t{item.value}\t{item.help or ''}"


# Variables that request completions, and that print the script.
add_completion_class(_PowerShellComplete)


@dataclass(frozen=True)
class Place:
    """Paths of a shell's completion.

    Attributes:
        script: the file of the completion itself, ours alone.
        start_up: the user's file that is to read it; None if the shell finds it by itself.
    """

    script: Path
    start_up: Path | None


def script_of(shell: Shell, command: click.Command) -> str:
    """The completion of a shell, as text."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell.value)
    assert kind is not None
    completion = kind(command, {}, PROGRAM, VARIABLE)
    # Not `source`: of bash it would first ask the shell that is there for its version.
    return completion.source_template % completion.source_vars()


def place_of(shell: Shell) -> Place:
    """Paths of a shell's completion for this user.

    Raises:
        OutputError: no home folder was found.
    """
    own = platformdirs.user_data_path(PROGRAM, appauthor=False)
    if shell is Shell.BASH:
        return Place(own / "completion.bash", _home() / ".bashrc")
    if shell is Shell.FISH:
        config = Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config")
        return Place(config / "fish" / "completions" / f"{PROGRAM}.fish", None)
    if shell is Shell.ZSH:
        start_up = Path(os.environ.get("ZDOTDIR") or _home()) / ".zshrc"
        return Place(own / "completion.zsh", start_up)
    return Place(own / "completion.ps1", _powershell_profile())


def install(shell: Shell, command: click.Command) -> list[str]:
    """Write a shell's completion, and have the shell read it; once, however often it is called.

    Returns:
        A line for each change.

    Raises:
        OutputError: a file cannot be written, or another program's file is in its place.
    """
    place, text = place_of(shell), script_of(shell, command)
    lines = []
    try:
        there = place.script.read_text(encoding="utf-8") if place.script.exists() else None
        if there is not None and VARIABLE not in there:
            raise OutputError(f"{place.script} is not mixer's; move it away, or add to it by hand")
        if there == text:
            lines.append(f"{place.script} is up to date")
        else:
            place.script.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(place.script) as partial:
                partial.write_text(text, encoding="utf-8", newline="\n")
            lines.append(f"{'wrote' if there is None else 'updated'} {place.script}")
        if place.start_up is not None:
            lines.append(_add_block(place.start_up, _block(shell, place.script)))
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be written ({error.strerror})") from None
    except UnicodeDecodeError:
        raise OutputError(f"{place.start_up or place.script} is not UTF-8 text") from None
    return lines


def next_step(shell: Shell) -> str:
    """The user's next step, in one line."""
    if shell is Shell.FISH:
        return "fish completes mixer from now on: type mixer and press Tab"
    here = {
        Shell.BASH: f". {shlex.quote(str(place_of(shell).script))}",
        Shell.ZSH: "exec zsh",
        Shell.POWERSHELL: ". $PROFILE",
    }[shell]
    title = "PowerShell" if shell is Shell.POWERSHELL else shell.value
    return f"start a new {title} to use it, or run this in the open one: {here}"


def _block(shell: Shell, script: Path) -> str:
    if shell is Shell.ZSH:
        # compdef is there once the completion system was started.
        start = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }"
        path = str(script).replace("'", "'\\''")
        inner = f"if [[ -r '{path}' ]]; then\n  {start}\n  source '{path}'\nfi"
    elif shell is Shell.BASH:
        path = shlex.quote(str(script))
        inner = f"if [ -r {path} ]; then . {path}; fi"
    else:
        path = str(script).replace("'", "''")
        inner = f"if (Test-Path '{path}') {{ . '{path}' }}"
    return f"{_BEGIN}\n{inner}\n{_END}\n"


def _add_block(start_up: Path, block: str) -> str:
    """Add the block at the end of a start-up file that has none; in place of an older one."""
    text = start_up.read_text(encoding="utf-8") if start_up.exists() else ""
    before, found, rest = text.partition(_BEGIN)
    _, ends, after = rest.partition(_END + "\n")
    if found and not ends:
        raise OutputError(f"{start_up}: {_BEGIN!r} has no matching end; repair it by hand")
    gap = "" if not text or text.endswith("\n") else "\n"
    new = before + block + after if found else text + gap + block
    if new == text:
        return f"{start_up} already loads it"
    start_up.parent.mkdir(parents=True, exist_ok=True)
    # Written in place: it may be a link to the user's own dot files.
    start_up.write_text(new, encoding="utf-8", newline="")
    verb = "updated the marked block in" if found else "added a marked block at the end of"
    return f"{verb} {start_up}"


def _powershell_profile() -> Path:
    """The profile of PowerShell, which it is requested; else where it usually is."""
    for program in ("pwsh", "powershell"):
        found = shutil.which(program)
        if found is None:
            continue
        try:
            done = subprocess.run(
                [found, "-NoProfile", "-Command", "$PROFILE.CurrentUserCurrentHost"],
                capture_output=True,
                text=True,
                timeout=_ASK_POWERSHELL_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if done.stdout.strip():
            return Path(done.stdout.strip())
    name = "Microsoft.PowerShell_profile.ps1"
    if sys.platform == "win32":
        return platformdirs.user_documents_path() / "PowerShell" / name
    return _home() / ".config" / "powershell" / name


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise OutputError("no home folder was found; set HOME to one") from None
