"""The user's edits of a song: keys and values, checked, in layers over the song, with a history.

A key is one of `mixer render --set`, or one of the few that are not the console's: `presets`,
`settings.model`, `settings.amount`, `settings.platform`, `files."NAME".role`, and `colors."NAME"`
of a stem or a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixer.errors import Gathered, PresetError, SettingsError
from mixer.files.mistakes import find_mistakes
from mixer.files.toml_writing import BARE_KEY, value_text
from mixer.files.wording import quote, suggest
from mixer.network.model import list_bundles
from mixer.preset.assignments import parse_key, split_key
from mixer.preset.find import find_preset, is_name
from mixer.preset.merge import Resolved, resolve
from mixer.reference.reference_text import parse_reference
from mixer.rendering.choices.baselines import LEVELS, NONE
from mixer.rendering.choices.shipped import AUTO_MODEL
from mixer.rendering.options import options_of
from mixer.rendering.settings import RenderSettings
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE, UNKNOWN
from mixer.song.song import Song
from mixer.stems import HEX_COLOR

PRESETS, SETTINGS, FILES, ROLE, COLORS = "presets", "settings", "files", "role", "colors"
SETTING_NAMES = ("model", "amount", "platform", "reference")
# Settings that song.toml cannot hold.
NOT_IN_SONG = tuple(f"{SETTINGS}.{name}" for name in ("model", "amount", "reference"))
MOST_EDITS, MOST_STEPS, MOST_PRESETS = 5_000, 1_000, 20
# One value is at most an automation of a few thousand points.
_LONGEST_VALUE = 100_000
_PLUGINS, _REFERENCE = "plugins", "reference"
_REFERENCE_ID = re.compile(r"reference-[1-9]\d{0,5}")
MOST_REFERENCES = 8

Edits = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of the history: values of edits before and after it; None stands for no edit."""

    label: str
    before: Edits
    after: Edits
    gesture: str = ""


@dataclass(frozen=True)
class History:
    """The user's current edits and their undo history.

    Attributes:
        revision: increases with every change of the edits, undo and redo included.
        edits: values by key, the latest last.
        done, undone: steps that can be undone and redone, the next one last.
    """

    revision: int = 0
    edits: Edits = field(default_factory=dict)
    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()

    def edited(self, changes: Edits, *, gesture: str = "", label: str = "") -> History:
        """Apply changes on top of the history; the value None removes an edit.

        Args:
            changes: checked, from `read_changes`.
            gesture: consecutive changes with the same gesture are one step.
            label: of the step, in words.

        Raises:
            SettingsError: there would be more than `MOST_EDITS` edits.
        """
        edits = dict(self.edits)
        touched: dict[str, Any] = {}
        for key, value in changes.items():
            # A whole table replaces earlier edits of its parts.
            part = f"{key}."
            for old in [k for k in edits if k == key or k.startswith(part)]:
                touched.setdefault(old, edits.pop(old))
            touched.setdefault(key, None)
            if value is not None:
                edits[key] = value
        if len(edits) > MOST_EDITS:
            raise SettingsError(f"there are more than {MOST_EDITS} edits; undo some")
        if all(edits.get(key) == value for key, value in touched.items()):
            return self
        step = Step(label or _label(changes), touched, {k: edits.get(k) for k in touched}, gesture)
        done = self.done
        if gesture and done and done[-1].gesture == gesture and not self.undone:
            first = done[-1]
            before = {**step.before, **first.before}
            after = {**first.after, **step.after}
            step, done = Step(first.label, before, after, gesture), done[:-1]
        return History(self.revision + 1, edits, (*done, step)[-MOST_STEPS:])

    def undo(self) -> History:
        """The history without the last step; the same if it is empty."""
        if not self.done:
            return self
        step = replace(self.done[-1], gesture="")
        edits = _with(self.edits, step.before)
        return History(self.revision + 1, edits, self.done[:-1], (*self.undone, step))

    def redo(self) -> History:
        """The history with the last undone step; the same if nothing was undone."""
        if not self.undone:
            return self
        step = self.undone[-1]
        edits = _with(self.edits, step.after)
        return History(self.revision + 1, edits, (*self.done, step), self.undone[:-1])


def _with(edits: Edits, values: Edits) -> Edits:
    kept = {key: value for key, value in edits.items() if key not in values}
    return kept | {key: value for key, value in values.items() if value is not None}


def _label(changes: Edits) -> str:
    keys = list(changes)
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def key_of(parts: Sequence[str]) -> str:
    """Join parts to a key that `parse_key` can read."""
    return ".".join(part if BARE_KEY.fullmatch(part) else _quoted(part) for part in parts)


def _quoted(part: str) -> str:
    return f"'{part}'" if '"' in part else f'"{part}"'


def read_changes(changes: Edits) -> dict[str, Any]:
    """Check the changes that a page requests, each by itself.

    Returns:
        The changes with normalised keys.

    Raises:
        SettingsError: one line for each key that is unknown, and each value of the wrong type or
            out of range.
    """
    if len(changes) > MOST_EDITS:
        raise SettingsError(f"{len(changes)} changes at once; send at most {MOST_EDITS}")
    gathered = Gathered(SettingsError)
    found: dict[str, Any] = {}
    for key, value in changes.items():
        with gathered.gathering():
            parts = _parts(key)
            if value is not None:
                _check(parts, value)
            found[key_of(parts)] = value
    gathered.refuse()
    return found


def _parts(key: str) -> tuple[str, ...]:
    parts = split_key(key)
    if parts == (PRESETS,):
        return parts
    if parts[0] == SETTINGS:
        if len(parts) != 2 or parts[1] not in SETTING_NAMES:
            raise SettingsError(f"{quote(key)} is unknown; {suggest(parts[-1], SETTING_NAMES)}")
        return parts
    if parts[0] == FILES:
        if len(parts) != 3 or parts[2] != ROLE:
            raise SettingsError(f'{quote(key)} is unknown; write files."NAME".{ROLE}')
        return parts
    if parts[0] == COLORS:
        if len(parts) != 2:
            raise SettingsError(f'{quote(key)} is unknown; write {COLORS}."NAME"')
        return parts
    whole, _ = parse_key(key)
    if _PLUGINS in whole:
        raise SettingsError(f"{quote(key)}: a page may not load plug-ins; name them in a preset")
    return whole


def _check(parts: tuple[str, ...], value: Any) -> None:
    key = key_of(parts)
    if parts[0] == PRESETS:
        _check_presets(value)
    elif parts[0] == SETTINGS:
        _check_setting(parts[1], value)
    elif parts[0] == FILES:
        roles = [role for role in ROLE_NAMES if role != UNKNOWN]
        if value not in roles:
            raise SettingsError(f"{key}: unknown role {quote(value)}; {suggest(str(value), roles)}")
    elif parts[0] == COLORS:
        if not isinstance(value, str) or not HEX_COLOR.fullmatch(value):
            raise SettingsError(f'{key} must be a colour like "#c0402b", not {quote(value)}')
    else:
        _, shape = parse_key(key)
        mistakes = list(find_mistakes(shape, value, parts, is_layer=True))
        if mistakes:
            raise SettingsError(
                *(f"{key_of([str(p) for p in at])} {what}" for at, what in mistakes)
            )
        if names_plugins(value):
            raise SettingsError(
                f"{quote(key)}: a page may not load plug-ins; name them in a preset"
            )
        if len(value_text(value)) > _LONGEST_VALUE:
            raise SettingsError(f"{quote(key)} is longer than {_LONGEST_VALUE} characters")


def names_plugins(value: Any) -> bool:
    """Whether a value of a setting has plug-ins anywhere in it."""
    if isinstance(value, Mapping):
        return _PLUGINS in value or any(map(names_plugins, value.values()))
    return isinstance(value, list) and any(map(names_plugins, value))


def _check_presets(value: Any) -> None:
    if not isinstance(value, list) or len(value) > MOST_PRESETS:
        raise SettingsError(f"{PRESETS} must be a list of at most {MOST_PRESETS} names")
    for name in value:
        # A name leads to no file that a page could choose.
        if not isinstance(name, str) or not is_name(name):
            raise SettingsError(f"{PRESETS}: {quote(name)} is not a valid preset name")
        find_preset(name)


def _check_setting(name: str, value: Any) -> None:
    if name == _REFERENCE:
        _check_references(value)
        return
    option = next(option for option in options_of(RenderSettings) if option.name == name)
    option.check(value)
    if name == "model" and value not in model_names():
        # A folder that a page names is a stranger's.
        raise SettingsError(
            f"{SETTINGS}.{name} must be one of {', '.join(model_names())}, not {quote(value)}"
        )
    if name == "platform":
        RenderSettings(platform=value)


def _check_references(value: Any) -> None:
    """Accept references by their ids only: a path from a page is untrusted."""
    if not isinstance(value, list) or len(value) > MOST_REFERENCES:
        raise SettingsError(f"{SETTINGS}.{_REFERENCE} must be a list of at most {MOST_REFERENCES}")
    for text in value:
        if not isinstance(text, str) or len(text) > 200:
            raise SettingsError(f"{SETTINGS}.{_REFERENCE} must contain strings, not {quote(text)}")
        if not _REFERENCE_ID.fullmatch(parse_reference(text).path):
            raise SettingsError(
                f"{quote(text)} is not a reference of this song, such as reference-1"
            )


def model_names() -> tuple[str, ...]:
    """The models that a page may choose from."""
    return (AUTO_MODEL, *list_bundles(), LEVELS, NONE)


def console_edits(edits: Edits) -> dict[str, Any]:
    """The edits of the console."""
    return {
        key: value
        for key, value in edits.items()
        if key != PRESETS and not key.startswith((f"{SETTINGS}.", f"{FILES}.", f"{COLORS}."))
    }


def resolve_edits(song_table: Mapping[str, Any] | None, edits: Edits) -> tuple[Resolved, Resolved]:
    """The console without and with the user's edits; presets count for both.

    Args:
        song_table: what song.toml has under `console`, without the user's edits.
        edits: checked.

    Raises:
        PresetError: they do not fit together, for example a band beyond the next free place.
    """
    presets = edits.get(PRESETS, ())
    sets = [f"{key}={_text(value)}" for key, value in console_edits(edits).items()]
    base = resolve(presets, song_table)
    return base, resolve(presets, song_table, sets) if sets else base


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value)


def asked_settings(edits: Edits, references: Path) -> dict[str, Any]:
    """Settings beside the console: arguments of `RenderSettings`.

    Args:
        edits: checked.
        references: folder of the song's references.

    Raises:
        SettingsError: a reference was not found.
    """
    prefix = f"{SETTINGS}."
    asked = {k.removeprefix(prefix): v for k, v in edits.items() if k.startswith(prefix)}
    if _REFERENCE in asked:
        asked[_REFERENCE] = tuple(_found(text, references) for text in asked[_REFERENCE])
    return asked


def _found(text: str, references: Path) -> str:
    """A reference with the path of its file in place of its id, and its amounts."""
    name = parse_reference(text).path
    files = [path for path in references.glob(f"{name}.*") if path.is_file()]
    if not files:
        raise SettingsError(f"this song no longer has {name}")
    return str(files[0]) + text.strip().removeprefix(name)


def references_of(edits: Edits) -> tuple[str, ...]:
    """The references that a page requests."""
    return tuple(edits.get(f"{SETTINGS}.{_REFERENCE}", ()))


def roles_of(edits: Edits) -> dict[str, str]:
    """Roles that the user gave, by file."""
    parted = ((split_key(key), value) for key, value in edits.items())
    return {parts[1]: value for parts, value in parted if parts[0] == FILES and len(parts) == 3}


def colors_of(edits: Edits) -> dict[str, str]:
    """Colours that the user gave, by stem or file."""
    parted = ((split_key(key), value) for key, value in edits.items())
    return {parts[1]: value for parts, value in parted if parts[0] == COLORS and len(parts) == 2}


def with_colors(song: Song, colors: Mapping[str, str]) -> Song:
    """A song with other colours, as if they were set in song.toml.

    Raises:
        PresetError: a name that is neither a stem nor a recording of the song.
    """
    known = {*song.stems, *(recording.file for recording in song.recordings)}
    unknown = [name for name in colors if name not in known]
    if unknown:
        raise PresetError(
            *(f"{quote(name)} is neither a stem nor a recording of the song" for name in unknown)
        )
    return replace(song, colors={**song.colors, **colors}) if colors else song


def with_roles(song: Song, roles: Mapping[str, str]) -> Song:
    """A song whose recordings have other roles and stems, as if they were set in song.toml.

    Raises:
        PresetError: a file that is not a recording of the song.
    """
    files = {recording.file for recording in song.recordings}
    unknown = [file for file in roles if file not in files]
    if unknown:
        raise PresetError(*(f"{quote(file)} is not a recording of the song" for file in unknown))
    recordings = tuple(
        replace(one, role=roles[one.file], stem=STEM_OF_ROLE[roles[one.file]])
        if one.file in roles
        else one
        for one in song.recordings
    )
    return replace(song, recordings=recordings) if roles else song
