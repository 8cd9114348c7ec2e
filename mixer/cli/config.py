"""`mixer config`: the defaults of one's own, and where each value comes from."""

from __future__ import annotations

from typing import Any

import click

from mixer.cli.console import answer, say
from mixer.cli.groups import Commands
from mixer.errors import SettingsError
from mixer.output.config import BATCH, RENDER, Config, config_path, known_options, read_config
from mixer.rendering.options import Option

_BUILT_IN = "built in"


@click.group(cls=Commands, name="config")
def command() -> None:
    """Show your own defaults for render and batch, and where each value comes from.

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


@command.command("show")
@click.option(
    "--batch",
    "is_batch",
    is_flag=True,
    help="Show the settings of mixer batch, not of mixer render.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(is_batch: bool, as_json: bool) -> None:
    """Show each setting with its default, and whether that is your own or built in."""
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


def _value_and_source(option: Option, config: Config) -> tuple[Any, str]:
    """A setting's default, and who says so."""
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
