"""The user's own defaults of renders and batches: `config.toml`.

Its keys are the fields of `RenderSettings` and `OutputSettings`; those in the table `render` or
`batch` apply to that command only, the others to both. They have the lowest precedence: the command
line, a manifest's cells, `song.toml` and presets override them, and they override only built-in
defaults. A mix's recipe has the settings that it was made with, so a replay does not read them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import platformdirs

from mixer.audio.formats import BIT_DEPTHS, FORMATS
from mixer.console.settings import TARGETS, Console
from mixer.errors import SettingsError
from mixer.files.document import Document, read_toml
from mixer.files.mistakes import Mistake
from mixer.files.wording import suggest
from mixer.output.output_settings import OutputSettings
from mixer.rendering.options import Option, options_of
from mixer.rendering.settings import RenderSettings

VARIABLE = "MIXER_CONFIG"
WHAT = "a config.toml"
RENDER, BATCH = "render", "batch"
_COMMANDS = (RENDER, BATCH)
# Settings of a song or of one render, not of a user, and where to state them.
_ELSEWHERE = {
    "dry": "a setting of one song; set it in its song.toml",
    "reference": "a setting of one mix; give it on the command line or in a manifest",
    "variation": "a setting of one mix; give it on the command line or in a manifest",
}
_PLATFORM = "platform"
# Settings that depend on the format of the mix.
CODING = ("format", "bit_depth", "bitrate_kbps", "quality")


@dataclass(frozen=True)
class Config:
    """The defaults of one command.

    Attributes:
        settings: arguments of `RenderSettings`.
        output: arguments of `OutputSettings`.
        places: for each key, the table that it comes from, "" for the file's own.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def settings_beside(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults that apply beside settings that are given.

        A platform and a target of loudness or peak set the same values: if one of them is given,
        the other's default does not apply.
        """
        weaker = {name: value for name, value in self.settings.items() if name not in said}
        if said.get(_PLATFORM) is not None:
            return {name: value for name, value in weaker.items() if name not in TARGETS}
        if any(name in said for name in TARGETS):
            weaker.pop(_PLATFORM, None)
        return weaker

    def output_beside(self, said: Mapping[str, Any], named_format: str) -> dict[str, Any]:
        """The output defaults that apply beside settings that are given.

        Args:
            said: arguments of `OutputSettings`.
            named_format: that the file's name asks for; empty if it asks for none.

        Returns:
            The defaults without those that the format does not have: a bit rate for WAV.
        """
        weaker = {name: value for name, value in self.output.items() if name not in said}
        if named_format:
            weaker.pop("format", None)
        file_format = said.get("format") or named_format or weaker.get("format") or "wav"
        of_format = FORMATS[file_format]
        is_coded = any(said.get(name) is not None for name in ("bitrate_kbps", "quality"))
        if is_coded or weaker.get("bitrate_kbps") not in of_format.bitrates_kbps:
            weaker.pop("bitrate_kbps", None)
        if is_coded or not of_format.has_quality or "bitrate_kbps" in weaker:
            weaker.pop("quality", None)
        if weaker.get("bit_depth") not in of_format.subtypes:
            weaker.pop("bit_depth", None)
        return weaker


NOTHING_SAID = Config()


def config_path() -> Path | None:
    """Path of the user's defaults, by the custom of the platform; None without a home folder."""
    own = os.environ.get(VARIABLE)
    if own:
        return Path(own)
    folder = platformdirs.user_config_path("mixer", appauthor=False, roaming=True)
    return folder / "config.toml" if folder.is_absolute() else None


def read_config(command: str) -> Config:
    """The user's defaults of a command, `RENDER` or `BATCH`; none without the file.

    Raises:
        SettingsError: it cannot be read, is not TOML, or a line for each mistake in it.
    """
    path = config_path()
    # A folder is refused when it is read; /dev/null is empty.
    if path is None or not (path.is_file() or path.is_dir()):
        return NOTHING_SAID
    return config_of(read_toml(path, WHAT, SettingsError), command)


def config_of(document: Document, command: str) -> Config:
    """The defaults of a command in a file that was read; see `read_config`.

    Raises:
        SettingsError: a line for each mistake in it.
    """
    values: dict[str, dict[str, Any]] = {"": {}, RENDER: {}, BATCH: {}}
    document.refuse(_read(document.table, values))
    both = {**values[""], **values[command]}
    places = {name: command if name in values[command] else "" for name in both}
    outputs = {one.name for one in options_of(OutputSettings)}
    if both.get("bitrate_kbps") is not None and both.get("quality") is not None:
        raise SettingsError(
            f"{document.where}: bitrate_kbps and quality contradict each other; keep one"
        )
    return Config(
        {name: value for name, value in both.items() if name not in outputs},
        {name: value for name, value in both.items() if name in outputs},
        places,
    )


def settings_over_defaults(asked: Mapping[str, Any], console: Console) -> RenderSettings:
    """The settings of a render over the user's own defaults.

    Args:
        asked: arguments of `RenderSettings`.
        console: its targets count as given too, weaker than the request.

    Raises:
        SettingsError: as in `read_config`, or settings that do not fit.
    """
    brought = {name: getattr(console, name) for name in TARGETS}
    said = {name: value for name, value in brought.items() if value is not None} | {**asked}
    return RenderSettings(**read_config(RENDER).settings_beside(said) | {**asked})


def known_options() -> dict[str, Option]:
    """The keys of the file."""
    options = (*options_of(RenderSettings), *options_of(OutputSettings))
    return {one.name: one for one in options if one.name not in _ELSEWHERE}


def _read(table: Mapping[str, Any], values: dict[str, dict[str, Any]]) -> Iterator[Mistake]:
    """Read valid keys into `values`; yield the mistakes."""
    known = known_options()
    for place, inner in (("", table), *((name, table.get(name, {})) for name in _COMMANDS)):
        if not isinstance(inner, Mapping):
            yield Mistake((place,), "must be a table")
            continue
        for name, value in inner.items():
            keys = (place, name) if place else (name,)
            if not place and name in _COMMANDS:
                continue
            why = why_not_a_key(place, name)
            if why is not None:
                yield Mistake(keys, why)
                continue
            try:
                values[place][name] = value_of(known[name], value)
            except SettingsError as error:
                yield Mistake(keys, f"is refused: {error}")


def why_not_a_key(table: str, name: str) -> str | None:
    """Reason that the file cannot have a key, in words that follow its name; None if it can.

    Args:
        table: `RENDER`, `BATCH` or "" for both commands.
        name: of the key.
    """
    known = known_options()
    if name in _ELSEWHERE:
        return f"is {_ELSEWHERE[name]}"
    if name not in known:
        return f"is unknown; {suggest(name, known)}"
    if table == BATCH and not known[name].has_column:
        return "is only for mixer render: a batch has no such column"
    return None


def value_of(option: Option, value: Any) -> Any:
    """Convert a value of the file to the type of its field.

    Raises:
        SettingsError: the value does not fit the field.
    """
    if option.takes_none and value == "none":
        return None
    if issubclass(option.kind, StrEnum):
        word = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
        if word not in option.words:
            raise SettingsError(f"unknown word {value!r}; choose from {', '.join(option.words)}")
        return option.kind(word)
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        value = tuple(value)
    elif option.kind is tuple and isinstance(value, str) and option.parse is None:
        value = (value,)
    if option.parse is not None and isinstance(value, str | tuple):
        value = option.parse(value if isinstance(value, str) else ",".join(value))
    if option.name == "bit_depth" and isinstance(value, int) and str(value) in BIT_DEPTHS:
        value = str(value)
    option.check(value)
    return value
