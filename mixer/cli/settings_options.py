"""The options of a command that come from the fields of a dataclass of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mixer.cli.numbers import Number, NumberOrNone, Whole
from mixer.cli.paths import FilePath
from mixer.errors import SettingsError
from mixer.rendering.options import Option, options_of


class _Parsed(click.ParamType):
    """A text that the option's own parser reads."""

    name = "text"

    def __init__(self, parse: Callable[[str], Any]) -> None:
        self._parse = parse

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return self._parse(value) if isinstance(value, str) else value
        except SettingsError as error:
            self.fail(str(error), param, ctx)


def settings_options(
    settings: type, keep: Callable[[Option], bool] = lambda option: True, more: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command every option of a dataclass of settings.

    Args:
        settings: the dataclass.
        keep: selects the options.
        more: text to add to the help of each.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options_of(settings)):
            if keep(option):
                for add in reversed(_click_options(option, more)):
                    command = add(command)
        return command

    return decorate


def given_settings(settings: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings given on the command line, as arguments of the dataclass; no defaults.

    Args:
        settings: as given to `settings_options`.
        values: the parameters of the command that is running.
    """
    said = click.get_current_context().get_parameter_source
    given = {}
    for option in options_of(settings):
        for name, (meant, _) in option.flags.items():
            if values.get(name):
                given[option.name] = meant
        if said(option.name) is ParameterSource.COMMANDLINE and not option.flags:
            given[option.name] = _plain(option, values[option.name])
    return given


def _plain(option: Option, value: Any) -> Any:
    if option.is_folder:
        return str(value)
    if issubclass(option.kind, StrEnum):
        return option.kind(value)
    if option.repeats:
        return tuple(entry for said in value for entry in said)
    return tuple(dict.fromkeys(value)) if _repeats(option) else value


def _shown(default: Any) -> Any:
    """A default in the words of the command line: of an enumeration click would show the name."""
    return default.value if isinstance(default, StrEnum) else default


def _repeats(option: Option) -> bool:
    """Whether it is said word by word, not as a list."""
    return option.kind is tuple and bool(option.choices)


def _click_options(
    option: Option, more: str
) -> list[Callable[[Callable[..., Any]], Callable[..., Any]]]:
    """An option as click has it; a choice that is said by flags is one of each."""
    if option.flags:
        return [
            click.option(f"--{name}", is_flag=True, help=what + more)
            for name, (_, what) in option.flags.items()
        ]
    is_flag = option.kind is bool and not option.off
    shows_default = option.default is not None and not (
        option.otherwise or is_flag or _repeats(option) or option.repeats
    )
    flag = f"{option.flag}/--{option.off}" if option.off else option.flag
    return [
        click.option(
            flag,
            option.name,
            type=_type_of(option),
            is_flag=is_flag or None,
            multiple=_repeats(option) or option.repeats,
            default=_shown(option.default) if shows_default or is_flag else None,
            show_default=shows_default,
            help=option.help
            + more
            + (f" [default: {option.otherwise}]" if option.otherwise else ""),
        )
    ]


def _type_of(option: Option) -> Any:
    if option.parse is not None:
        return _Parsed(option.parse)
    if option.words:
        return click.Choice(list(option.words))
    if option.takes_none:
        return NumberOrNone()
    if option.is_folder:
        return FilePath(exists=True, file_okay=False, path_type=Path)
    # The option's own range is checked with its own words, wherever the number comes from.
    return {int: Whole(), float: Number()}.get(option.kind, option.kind)
