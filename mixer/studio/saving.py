"""The user's edits in song.toml, so that `mixer render` makes the same mix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mixer.console.settings import Console
from mixer.errors import PresetError
from mixer.learn.song_toml import song_toml_with_tables, write_song_toml
from mixer.preset.layer import SONG_KEY
from mixer.preset.merge import resolve
from mixer.preset.schema import plain_table
from mixer.rendering.settings import RenderSettings, with_targets
from mixer.studio.edit_store import refuse_missing
from mixer.studio.edited_plan import Planned
from mixer.studio.edits import (
    COLORS,
    FILES,
    PRESETS,
    ROLE,
    Edits,
    colors_of,
    console_edits,
    roles_of,
    split_key,
)


def save_to_song(
    folder: Path, planned: Planned, before: Mapping[str, Any], edits: Edits
) -> tuple[Path, dict[str, Any]]:
    """Write the current console, the tracks' roles and the colours to a song's file.

    If the existing table with the edits merged in gives the same console, that table is written;
    otherwise the complete console, without `extends`.

    Args:
        folder: of the song.
        planned: the result of the edits.
        before: the console's table in song.toml without the edits.
        edits: the user's edits by key.

    Returns:
        The file, and the console's table in it.

    Raises:
        PresetError: the file is not TOML, or its console has a form that cannot be edited.
        OutputError: it cannot be written, or the folder is no longer there.
    """
    refuse_missing(folder)
    console = _with_targets(planned.full.console, planned.settings)
    table = _laid_over(before, edits)
    if not _says(table, console):
        table = plain_table(console)
    roles = {file: {ROLE: role} for file, role in roles_of(edits).items()}
    said: dict[str, Mapping[str, Any]] = {FILES: roles, COLORS: colors_of(edits)}
    text = song_toml_with_tables(
        folder, {SONG_KEY: table}, {key: more for key, more in said.items() if more}
    )
    return write_song_toml(folder, text), table


def _with_targets(console: Console, settings: RenderSettings) -> Console:
    """The console with the platform's targets."""
    if settings.platform is None:
        return console
    return with_targets(console, settings)


def _says(table: Mapping[str, Any], console: Console) -> bool:
    try:
        return resolve((), table).console == console
    except PresetError:
        return False


def _laid_over(before: Mapping[str, Any], edits: Edits) -> dict[str, Any]:
    """The existing table with the values of the edits merged in."""
    if edits.get(PRESETS):
        return {}
    table = _copied(before)
    for key, value in console_edits(edits).items():
        *outer, last = split_key(key)
        inner: Any = table
        for part in outer:
            following = inner.setdefault(part, {}) if isinstance(inner, dict) else None
            if not isinstance(following, dict):
                return {}
            inner = following
        inner[last] = value
    return table


def _copied(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copied(value) if isinstance(value, Mapping) else value for key, value in table.items()
    }
