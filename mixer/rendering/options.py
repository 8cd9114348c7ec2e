"""Options of a render: one definition for command lines, manifests and checks.

A field of `RenderSettings` or of `mixer.output.output_settings.OutputSettings` made by `option` is
an option of `mixer render`; where it has a column, it is a column of manifests too, enters the
identity of a batch's songs, and travels to workers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest

_OPTION = "option"
_UNIT_SUFFIXES = ("_lufs", "_dbtp", "_db", "_hz", "_s")
_KIND_WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple: "a list",
}
Range = tuple[float, float]


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: of the field; also of the manifest's column.
        kind: `str`, `bool`, `int`, `float`, or `tuple` of the values that `parse` returns.
        default: of the field.
        optional: None is a value.
        help: what it does, a phrase.
        title: name in messages.
        range: of a number, ends included.
        otherwise: the value that applies if none is given, in words; empty for the default.
        takes_none: the word none means None, which differs from giving no value.
        has_column: manifests have it.
        is_folder: path of a folder that exists.
        off: name of the flag that means False; empty for none.
        parse: text to value, if it is not plain text or a number; raises SettingsError.
        choices: the allowed words (for each entry of a `tuple`); empty for any.
        repeats: the flag may be repeated, each time with one entry of a list.
        flags: of a choice that is said by flags: what each is called, what it means and its help,
            the strongest last.
        for_every_row: `mixer batch` has it for rows whose cells say nothing.
        called: name of the flag, if it is not the field's name.
        in_ledger: it is stored in the ledger even if it is the default.
    """

    name: str
    kind: type
    default: Any
    optional: bool
    help: str
    title: str
    range: Range = (-math.inf, math.inf)
    otherwise: str = ""
    takes_none: bool = False
    has_column: bool = True
    is_folder: bool = False
    off: str = ""
    parse: Callable[[str], Any] | None = None
    choices: Collection[str] = ()
    repeats: bool = False
    flags: Mapping[str, tuple[Any, str]] = dataclasses.field(default_factory=dict)
    for_every_row: bool = False
    in_ledger: bool = False
    called: str = ""

    @property
    def flag(self) -> str:
        """Name on the command line: without the unit, which the help has."""
        name = self.called or self.name
        for suffix in _UNIT_SUFFIXES:
            name = name.removesuffix(suffix)
        return "--" + name.replace("_", "-")

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a choice."""
        if issubclass(self.kind, StrEnum):
            return tuple(word.value for word in self.kind)
        return tuple(self.choices)

    def check(self, value: Any) -> None:
        """Raise SettingsError if a value is of another kind or out of range."""
        if value is None and self.optional:
            return
        if isinstance(value, StrEnum) and isinstance(value, self.kind):
            return
        allowed: Any = int | float if self.kind is float else self.kind
        if not isinstance(value, allowed) or (isinstance(value, bool) and self.kind is not bool):
            what = _KIND_WORDS.get(self.kind) or f"one of {', '.join(self.words)}"
            raise SettingsError(f"{self.title} must be {what}, not {quote(value)}")
        low, high = self.range
        if self.kind in (int, float) and not low <= value <= high:
            raise SettingsError(
                f"{self.title} must be from {low:g} to {high:g}, not {quote(value)}"
            )
        for word in (value if self.kind is tuple else (value,)) if self.choices else ():
            if word not in self.choices and value != self.default:
                raise SettingsError(
                    f"unknown {self.title} {quote(word)}; {suggest(word, self.choices)}"
                )


def option(default: Any, help: str, *, title: str = "", **more: Any) -> Any:
    """A field of a dataclass of settings that is an option; see `Option` for what else it takes."""
    words = {"help": help, "title": title, **more}
    return dataclasses.field(default=default, metadata={_OPTION: words})


@cache
def options_of(settings: type) -> tuple[Option, ...]:
    """The options of a dataclass of settings, in its order."""
    hints = get_type_hints(settings)
    found = []
    for field in dataclasses.fields(settings):
        if _OPTION in field.metadata:
            words = dict(field.metadata[_OPTION])
            kind, optional = _kind_of(hints[field.name])
            title = words.pop("title") or field.name
            found.append(Option(field.name, kind, field.default, optional, title=title, **words))
    return tuple(found)


def _kind_of(hint: Any) -> tuple[type, bool]:
    """The plain type of a field, and whether it may be None."""
    parts: Sequence[Any] = get_args(hint) if get_origin(hint) in (UnionType, Union) else (hint,)
    plain = [part for part in parts if part is not type(None)]
    return get_origin(plain[0]) or plain[0], len(plain) < len(parts)
