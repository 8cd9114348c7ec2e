"""Plug-ins are programs: whose word is enough to load one.

A preset that has a name (shipped, or in the user's own folder) and the command line are the user's
word. A preset's file from elsewhere may be untrusted; a song's own table has no plug-ins at all
(`mixer.preset.layer`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixer.errors import Gathered, PresetError
from mixer.files.mistakes import NOTHING
from mixer.preset.console_shape import strip_tables
from mixer.preset.find import Found, shipped_folder, user_folder
from mixer.preset.layer import read_layer

ALLOW = "--allow-plugins"


def names_plugins(table: Mapping[str, Any]) -> bool:
    """Whether a checked layer's table says anything of plug-ins, but to take them away."""
    strips = strip_tables(table)
    return any(strip.get("plugins", NOTHING) not in (NOTHING, [], {}) for _, strip in strips)


def refuse_foreign_plugins(
    sources: Sequence[Mapping[str, str]], *, song_path: Path | None = None
) -> None:
    """Raise if a preset's file that is not the user's own names plug-ins.

    Args:
        sources: from `mixer.preset.merge.resolve`.
        song_path: the song.toml among them, which was checked when it was read.

    Raises:
        PresetError: naming the file, and what to do.
    """
    gathered = Gathered(PresetError)
    for source in sources:
        path = Path(source["path"])
        if path == song_path or _is_own(path):
            continue
        if names_plugins(read_layer(Found(source["name"], path)).table):
            gathered.add(
                f"{path}: loads a plug-in, which is a program; add {ALLOW} if you trust it"
            )
    gathered.refuse()


def _is_own(path: Path) -> bool:
    folders = [shipped_folder()]
    with contextlib.suppress(PresetError):  # no home: then nothing in it
        folders.append(user_folder())
    return path.parent.resolve() in [folder.resolve() for folder in folders]
