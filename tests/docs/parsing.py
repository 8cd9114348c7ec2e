"""What can be said of a command without running it: program, options, extras and files exist."""

from __future__ import annotations

import configparser
import importlib.util
import re

import click

from mixer.cli.main import cli
from tests.docs.blocks import ROOT

# Programs of others, whose options are theirs.
OTHERS = {"ffmpeg", "docker", "pipx", "uv", "torchrun", "git"}

# The commands of these groups that need not be named.
UNNAMED = {"batch": "run", "evaluate": "mixes"}


def parse_line(words: list[str], where: str) -> None:
    """Fail unless a line names things that exist."""
    program, rest = words[0], words[1:]
    if program == "mixer":
        parse_mixer(rest, where)
    elif program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert rest[0] in targets, where
    elif program == "python":
        assert rest[0] == "-m", where
        assert importlib.util.find_spec(rest[1]) is not None, where
    else:
        assert program in {*OTHERS, "pip"}, f"{where}: {program}"
    for word in words:
        if found := re.fullmatch(r"(?:\.|fxnorm-mixer)\[([\w,]+)\]", word):
            assert set(found[1].split(",")) <= _extras(), where


def parse_mixer(words: list[str], where: str) -> click.Context:
    """Let click read the words behind `mixer`: commands and options exist, choices are valid."""
    words = words[: words.index(">")] if ">" in words else list(words)
    context = click.Context(cli, info_name="mixer")
    while isinstance(context.command, click.Group):
        assert words, f"{where}: a command is missing"
        known = context.command.list_commands(context)
        if words[0] not in known and context.info_name in UNNAMED:
            words = [UNNAMED[context.info_name], *words]
        name, command, words = context.command.resolve_command(context, words)
        assert command is not None, where
        settings = command.context_settings
        context = click.Context(command, info_name=name, parent=context, **settings)
    parser = context.command.make_parser(context)
    try:
        values, left, _ = parser.parse_args(args=words)
        for option in context.command.params:
            given = values.get(option.name)
            if isinstance(option.type, click.Choice) and given not in (None, []):
                option.type_cast_value(context, given)
    except click.ClickException as error:
        raise AssertionError(f"{where}: {error.format_message()}") from error
    assert not left, f"{where}: {left}"
    return context


def _extras() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return set(config["options.extras_require"])
