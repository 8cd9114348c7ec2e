"""`config.toml` changed by one key at a time, checked by the same reader that renders use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mixer.errors import SettingsError
from mixer.files.document import Document, read_toml
from mixer.files.toml_edit import with_value, without_value
from mixer.files.toml_text import parse_toml
from mixer.files.toml_writing import value_text
from mixer.files.whole_file import write_output
from mixer.files.wording import quote, suggest
from mixer.output.config import (
    BATCH,
    RENDER,
    WHAT,
    config_of,
    config_path,
    known_options,
    value_of,
    why_not_a_key,
)
from mixer.rendering.options import Option

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(frozen=True)
class Changed:
    """Result of an edit.

    Attributes:
        path: the file.
        key: as it was given, such as "batch.format".
        value: as TOML; "" for a key that was removed.
        winners: tables of one command that set the same key, which win there.
    """

    path: Path
    key: str
    value: str
    winners: tuple[str, ...] = ()


def set_default(key: str, text: str) -> Changed:
    """Set one of the user's defaults; the file is created if it does not exist.

    Args:
        key: a setting, such as "format", or "render.format" or "batch.format" for one command.
        text: its value, as on the command line.

    Raises:
        SettingsError: an unknown key, a value that does not fit, or a mistake in the file.
        OutputError: the file cannot be written.
    """
    path = _path()
    table, name = _split(key)
    why = why_not_a_key(table, name)
    if why is not None:
        raise SettingsError(f"{quote(key)} {why}")
    option = known_options()[name]
    value = _as_toml(option, text)
    value_of(option, value)
    old = _read(path).text
    new = _edited(path, lambda: with_value(old, table, name, value))
    for command in (RENDER, BATCH):
        config_of(Document(str(path), parse_toml(new), SettingsError, text=new), command)
    write_output(path, new)
    there = parse_toml(new)
    winners = tuple(
        command
        for command in (RENDER, BATCH)
        if not table and isinstance(there.get(command), Mapping) and name in there[command]
    )
    return Changed(path, key, value_text(value), winners)


def unset_default(key: str) -> Changed:
    """Remove one of the user's defaults, known to mixer or not.

    Raises:
        SettingsError: the file does not set it, or is not valid TOML.
        OutputError: the file cannot be written.
    """
    path = _path()
    table, name = _split(key)
    document = _read(path)
    try:
        new = _edited(path, lambda: without_value(document.text, table, name))
    except KeyError:
        there = tuple(_keys_of(document.table))
        hint = f"; {suggest(key, there)}" if there else ""
        raise SettingsError(f"{path} does not set {quote(key)}{hint}") from None
    write_output(path, new)
    return Changed(path, key, "")


def keys_in_config() -> tuple[str, ...]:
    """The keys that the user's file sets, those for one command as "render.format".

    Raises:
        SettingsError: it is not valid TOML.
    """
    return tuple(_keys_of(_read(_path()).table))


def _keys_of(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        if name in (RENDER, BATCH) and isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def _path() -> Path:
    path = config_path()
    if path is None:
        raise SettingsError("no home folder was found; set MIXER_CONFIG to a file")
    # Through a link, as people who keep their settings elsewhere have one.
    return path.resolve()


def _split(key: str) -> tuple[str, str]:
    table, dot, name = key.partition(".")
    return (table, name) if dot and table in (RENDER, BATCH) else ("", key)


def _as_toml(option: Option, text: str) -> Any:
    """A word of the command line as TOML has it; what does not fit is left to the reader."""
    if option.takes_none and text == "none":
        return text
    if option.kind is bool and text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    if option.kind in (int, float):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    if option.kind is tuple and option.parse is None:
        return [word.strip() for word in text.split(",") if word.strip()]
    if issubclass(option.kind, StrEnum) and text.lower() in (*_TRUE, *_FALSE):
        return text if text in option.words else text.lower() in _TRUE
    return text


def _read(path: Path) -> Document:
    if not path.exists():
        return Document(str(path), {}, SettingsError, text="")
    return read_toml(path, WHAT, SettingsError)


def _edited(path: Path, edit: Callable[[], str]) -> str:
    try:
        return edit()
    except ValueError as error:
        raise SettingsError(f"{path}: {error}; edit it by hand") from None
