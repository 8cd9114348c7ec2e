"""`mixer config`: the user's own defaults, and the source of each value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from mixer.cli.console import answer, say, talk
from mixer.cli.groups import Commands
from mixer.errors import SettingsError
from mixer.output.config import BATCH, RENDER, Config, config_path, known_options, read_config
from mixer.output.config_edit import keys_in_config, set_default, unset_default
from mixer.rendering.options import Option

_BUILT_IN = "built in"


@click.group(cls=Commands, name="config")
def command() -> None:
    """Show and set your own defaults for render and batch.

    They are in config.toml, one line per setting, such as 'format = "flac"' or 'loudness_lufs =
    -14', or in the tables [render] and [batch] for one command only. From highest to lowest
    precedence: the command line, a manifest and song.toml, presets, config.toml, built-in defaults.
    """


@command.command("path")
def path_command() -> None:
    """Print the path of config.toml, whether it exists or not."""
    path = config_path()
    if path is None:
        raise SettingsError("no home folder was found; set MIXER_CONFIG to a file")
    say(str(path))


# A negative number is a value, not an option.
@command.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("key", shell_complete=lambda ctx, param, text: _matching(text, _settable()))
@click.argument("value", shell_complete=lambda ctx, param, text: _values(ctx, text))
def set_command(key: str, value: str) -> None:
    """Set KEY to VALUE in config.toml.

    Comments and everything else in the file stay as they are. KEY is a setting that 'mixer config
    show' lists; write render.KEY or batch.KEY to set it for one command only.
    """
    changed = set_default(key, value)
    say(f"{changed.path}: {changed.key} = {changed.value}")
    for winner in changed.winners:
        talk(f"note: {winner}.{key} is also set, and takes precedence in mixer {winner}")


@command.command("unset")
@click.argument("key", shell_complete=lambda ctx, param, text: _matching(text, keys_in_config()))
def unset_command(key: str) -> None:
    """Remove KEY from config.toml.

    The built-in default applies again.
    """
    changed = unset_default(key)
    say(f"{changed.path}: {changed.key} removed")


@command.command("show")
@click.option(
    "--batch",
    "is_batch",
    is_flag=True,
    help="Show the settings of mixer batch, not of mixer render.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(is_batch: bool, as_json: bool) -> None:
    """Show each setting and where its value comes from."""
    command = BATCH if is_batch else RENDER
    config = read_config(command)
    options = [one for one in known_options().values() if one.has_column or not is_batch]
    rows = [(one.name, *_value_and_source(one, config)) for one in options]
    if as_json:
        answer(
            {
                "path": str(config_path()),
                "settings": {name: {"value": v, "from": source} for name, v, source in rows},
            }
        )
        return
    name_width = max(len(name) for name, _, _ in rows)
    value_width = max(len(_shown(value)) for _, value, _ in rows)
    for name, value, source in rows:
        say(f"{name:<{name_width}}  {_shown(value):<{min(value_width, 30)}}  {source}")


def _matching(text: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(text)]


def _settable() -> list[str]:
    known = known_options()
    batch = [name for name, option in known.items() if option.has_column]
    return [*known, *(f"{RENDER}.{name}" for name in known), *(f"{BATCH}.{name}" for name in batch)]


def _values(ctx: click.Context, text: str) -> list[str]:
    option = known_options().get(str(ctx.params.get("key", "")).rpartition(".")[2])
    if option is None:
        return []
    return _matching(text, ("yes", "no") if option.kind is bool else option.words)


def _value_and_source(option: Option, config: Config) -> tuple[Any, str]:
    """A setting's default and where it comes from."""
    said = {**config.settings, **config.output}
    if option.name not in said:
        return option.otherwise or option.default, _BUILT_IN
    table = config.places[option.name]
    return said[option.name], f"{config_path()}" + (f" [{table}]" if table else "")


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == "" else f"{value}"
