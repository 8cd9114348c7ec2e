"""Other files that determine a mix, besides recordings, model, profile and presets."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from mixer.console.settings import Console
from mixer.files.whole_file import hash_file
from mixer.fxnorm.rooms import room_files
from mixer.preset.console_shape import strip_tables
from mixer.preset.schema import plain_table
from mixer.rendering.settings import RenderSettings

# A plug-in may be a folder of programs and pictures.
_MOST_FILES = 10_000


class UsedFiles(TypedDict):
    """SHA-256 by path: of plug-ins and their presets, and of impulse responses."""

    plugins: dict[str, str]
    rooms: dict[str, str]


def used_files(settings: RenderSettings, console: Console) -> UsedFiles:
    """Every file that a render takes beside its song and its model.

    Args:
        settings: of the render.
        console: its desk.

    Returns:
        The files that exist.
    """
    folder = settings.rooms
    rooms = room_files(Path(folder)) if folder is not None and Path(folder).is_dir() else ()
    return {
        "plugins": _hashes(_plugin_paths(plain_table(console))),
        "rooms": _hashes(map(str, rooms)),
    }


def _hashes(paths: Iterable[str]) -> dict[str, str]:
    hashes = {path: _hash(Path(path)) for path in paths}
    return {path: sha256 for path, sha256 in hashes.items() if sha256 is not None}


def _plugin_paths(table: Mapping[str, Any]) -> Iterator[str]:
    for _, strip in strip_tables(table):
        rows = strip.get("plugins", ())
        for plugin in rows.values() if isinstance(rows, Mapping) else rows:
            if isinstance(plugin, Mapping):
                yield from (plugin[key] for key in ("path", "preset") if plugin.get(key))


def _hash(path: Path) -> str | None:
    """Hash of a file's bytes; for a folder that of the names and hashes of all files in it.

    None if it is not there, cannot be read, or has more than `_MOST_FILES` entries.
    """
    try:
        if path.is_file():
            return hash_file(path)
        if not path.is_dir():
            return None
        # A recipe may name any folder, even the whole disk's.
        there = list(itertools.islice(path.rglob("*"), _MOST_FILES + 1))
        if len(there) > _MOST_FILES:
            return None
        inside = sorted(p for p in there if p.is_file() and not p.is_symlink())
        lines = [f"{p.relative_to(path).as_posix()} {hash_file(p)}" for p in inside]
    except OSError:
        return None
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()
