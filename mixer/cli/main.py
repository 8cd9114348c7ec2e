"""`mixer`: the group of commands, and the one place that turns errors into exit codes.

0 done, 1 a song failed, 2 usage, 3 environment or model, 130 interrupted. Commands are loaded when
they are called, so that `mixer --help` answers at once.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from mixer.cli.console import talk_error
from mixer.cli.elapsed import WATCH, process_age_s
from mixer.cli.groups import Commands
from mixer.cli.memory_limit import why_it_cannot_start
from mixer.cli.paths import NO_CURRENT_FOLDER, current_folder_is_gone
from mixer.cli.streams import open_streams, why_not_written
from mixer.errors import EXIT_ENVIRONMENT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, MixerError
from mixer.files.interruption import (
    ignore_signals,
    interrupt_on_signals,
    is_interruption,
)
from mixer.version import __version__

# name -> one line of help; the command is `command` in mixer.cli.NAME
COMMANDS = {
    "render": "Mix a song folder: stems or raw tracks in, finished mix out.",
    "check": "Show how a song's files are classified, and any problems; renders nothing.",
    "demo": "Compose a demo song: four dry stems in a folder.",
    "studio": "Mix a song by hand in the browser (needs the studio extra).",
    "preset": "List, show, check, compare, save and delete presets.",
    "learn": "Read changes made in a session back into the song.",
    "revise": "Render the next take of a mix; only your changes differ.",
    "variations": "Make other mixes of a song: brighter, vocals up, wider, or blends.",
    "takes": "List the takes of a mix with their changes.",
    "replay": "Render a mix again from its recipe, bit for bit, or say what differs.",
    "compare": "Compare two mixes: settings, levels, spectrum, width.",
    "batch": "Mix many songs from a CSV manifest; resumes where it stopped.",
    "evaluate": "Measure a mix against a reference, or whole systems against each other.",
    "listen": "Build, serve and analyse a listening test.",
    "profile": "Measure, show and compare target profiles.",
    "dataset": "Prepare training data from multitracks.",
    "train": "Train a network on prepared data (needs the train extra).",
    "export": "Turn a checkpoint into a model bundle (needs the train extra).",
    "model": "List, show, verify and fetch model bundles.",
    "mcp": "Serve mixing as tools to agents (needs the mcp extra).",
    "doctor": "Check the installation and the machine, and say what to fix.",
    "config": "Show and set your own defaults for render and batch.",
    "completion": "Install Tab completion for bash, zsh, fish or PowerShell.",
    "man": "Print the manual page.",
}
# Environment variable by which a shell's completion asks.
_COMPLETE = "_MIXER_COMPLETE"


class _LazyCommands(Commands):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *_WORDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _WORDS:
            return _WORDS[cmd_name]
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"mixer.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click has it, without loading every command for its line of help."""
        names = {**COMMANDS, **{word: _WORDS[word].short_help or "" for word in _WORDS}}
        found = [
            CompletionItem(name, help=text)
            for name, text in names.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mixer")
def cli() -> None:
    """Mix songs from their stems or raw tracks, offline, on CPU or GPU.

    \b
    mixer demo my_song          compose a song to try it on
    mixer check my_song         see how its files are understood
    mixer render my_song        mix it into mixes/my_song.wav
    """


@click.command(name="help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def _help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show this help, or a command's."""
    context = ctx.find_root()
    for word in words:
        group = context.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{context.command_path} has no commands of its own", context)
        _, command, _ = group.resolve_command(context, [word])
        assert command is not None
        context = click.Context(command, info_name=word, parent=context)
    click.echo(context.get_help())


@click.command(name="version")
def _version() -> None:
    """Show the version."""
    click.echo(f"mixer, version {__version__}")


# Words that people try first; the options --help and --version say the same.
_WORDS: dict[str, click.Command] = {"help": _help, "version": _version}


def main() -> None:
    """Run the command line and exit with its code."""
    # A termination and a terminal that goes away clean up behind themselves like Ctrl-C.
    interrupt_on_signals()
    open_streams()
    # Modules make objects by the ten thousand that stay. To look for cycles among them again and
    # again costs a short render a twentieth of its time, and at the end another tenth of a second.
    # So many are not made before the sound is.
    gc.set_threshold(100_000, 20, 20)
    code = run(sys.argv[1:], process_age_s())
    ignore_signals()
    reason = why_not_written()
    if reason is not None:
        talk_error(f"mixer: {reason}")
    if code != 0:
        # The failure may hold objects of libraries that complain at exit if they are left over.
        gc.collect()
    gc.freeze()
    sys.exit(EXIT_FAILED if reason is not None and code == 0 else code)


def run(arguments: list[str], before_s: float = 0.0) -> int:
    """Run a command; errors become one line on stderr and an exit code.

    Args:
        arguments: arguments after the program's name.
        before_s: seconds since the command was started.
    """
    WATCH.start(before_s)
    reason = why_it_cannot_start() if arguments and arguments[0] in COMMANDS else None
    if reason is not None:
        talk_error(f"mixer: {reason}")
        return EXIT_ENVIRONMENT
    if os.environ.get(_COMPLETE, "").startswith("powershell"):
        import_module("mixer.cli.completion_scripts")  # click knows the other shells by itself
    try:
        code = _run(arguments)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        whole = io.StringIO()
        error.show(whole)
        talk_error(whole.getvalue().rstrip("\n"))
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        talk_error("mixer: interrupted; nothing half-written is left behind")
        return EXIT_INTERRUPTED
    except MixerError as error:
        lines = [NO_CURRENT_FOLDER] if current_folder_is_gone() else error.lines
        for line in lines:
            talk_error(f"mixer: {line}")
        return error.exit_code
    except MemoryError:
        talk_error("mixer: out of memory; close other programs or split the song")
        return EXIT_FAILED
    except ImportError as error:
        talk_error(
            f"mixer: a library cannot be loaded ({error}); free memory, or install mixer again"
        )
        return EXIT_ENVIRONMENT
    except OSError as error:
        reason = f"{error.strerror or error}: {error.filename or 'output'}"
        talk_error(f"mixer: {NO_CURRENT_FOLDER if current_folder_is_gone() else reason}")
        return EXIT_FAILED
    except Exception as error:
        if os.environ.get("MIXER_TRACEBACK"):
            raise
        talk_error(
            f"mixer: internal error ({type(error).__name__}: {error}); this is a bug: "
            "please report it with what MIXER_TRACEBACK=1 shows"
        )
        return EXIT_ENVIRONMENT
    # click hands back what a command gave to ctx.exit
    return code if isinstance(code, int) else 0


def _run(arguments: list[str]) -> object:
    """Run a command; what a library makes of a signal is an interruption, not a defect."""
    try:
        return cli.main(arguments, prog_name="mixer", standalone_mode=False)
    except Exception as error:
        if is_interruption(error):
            raise KeyboardInterrupt from error
        raise


if __name__ == "__main__":
    main()
