"""The options of a command that come from the fields of a dataclass of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mixer.errors import SettingsError
from mixer.rendering.options import Option, options_of


class _NumberOrNone(click.ParamType[float | None]):
    """A number, or the word none."""

    name = "number|none"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        if value is None or str(value).lower() == "none":
            return None
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor none", param, ctx)


class _Parsed(click.ParamType[Any]):
    """A text that the option's own parser reads."""

    name = "text"

    def __init__(self, parse: Callable[[str], Any]) -> None:
        self._parse = parse

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return self._parse(value) if isinstance(value, str) else value
        except SettingsError as error:
            self.fail(str(error), param, ctx)


def settings_options(settings: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command every option of a dataclass of settings."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options_of(settings)):
            command = _click_option(option)(command)
        return command

    return decorate


def given_settings(settings: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line says itself, as arguments of the dataclass; no defaults.

    Args:
        settings: as given to `settings_options`.
        values: the parameters of the command that is running.
    """
    said = click.get_current_context().get_parameter_source
    return {
        option.name: str(values[option.name]) if option.is_path else values[option.name]
        for option in options_of(settings)
        if said(option.name) is ParameterSource.COMMANDLINE
    }


def _click_option(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    shows_default = option.default is not None and not option.otherwise
    flag = f"{option.flag}/--{option.off}" if option.off else option.flag
    return click.option(
        flag,
        option.name,
        type=_type_of(option),
        default=option.default if shows_default else None,
        show_default=shows_default,
        help=option.help + (f" [default: {option.otherwise}]" if option.otherwise else ""),
    )


def _type_of(option: Option) -> Any:
    if option.parse is not None:
        return _Parsed(option.parse)
    if option.takes_none:
        return _NumberOrNone()
    return click.Path(path_type=Path) if option.is_path else option.kind
