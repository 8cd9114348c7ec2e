"""The user's edits beside the song: one file, written whole with each edit, read at the start.

The console of song.toml has lower precedence than these edits. If the studio wrote them there, the
file remembers what was there before, so that each of them can still be undone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixer.errors import InputError, MixerError, OutputError
from mixer.files.regular_file import read_regular
from mixer.files.whole_file import write_json
from mixer.files.wording import quote, visible
from mixer.studio.edits import NOT_IN_SONG, Edits, History, Step, read_changes
from mixer.studio.studio_names import FOLDER, REFERENCES, STATE_FILE

_SCHEMA_VERSION = 1
_MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Kept:
    """Stored state of a song.

    Attributes:
        history: of the edits.
        written: the console's table in song.toml as the studio wrote it; None if it never did.
        before: the console's table before that.
        written_edits: the edits that were written to song.toml.
    """

    history: History = field(default_factory=History)
    written: Mapping[str, Any] | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    written_edits: Edits = field(default_factory=dict)

    def song_table(self, now: Mapping[str, Any]) -> Mapping[str, Any]:
        """The console of song.toml without the edits that the studio saved there."""
        return self.before if self.written is not None and self.written == now else now

    @property
    def is_written(self) -> bool:
        """Whether song.toml has every edit, or there are none."""
        return dict(self.history.edits) == dict(self.written_edits)

    def with_written(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> Kept:
        """The state after a save that changed the console's table from `before` to `now`."""
        held = {k: v for k, v in self.history.edits.items() if k not in NOT_IN_SONG}
        return replace(self, written=now, before=before, written_edits=held)


def state_path(song_folder: Path) -> Path:
    """Path of a song's stored state."""
    return song_folder / FOLDER / STATE_FILE


def refuse_missing(song_folder: Path) -> None:
    """Raise if a song's folder no longer exists, so that nothing is written in its place.

    Raises:
        OutputError: the folder was moved or removed, or the studio's in it leads elsewhere.
    """
    if not song_folder.is_dir():
        raise OutputError(f"{song_folder} is no longer there; move it back, or open the song again")
    _refuse_links(song_folder, OutputError)


def _refuse_links(song_folder: Path, error: type[MixerError]) -> None:
    """Raise if what the studio writes would go elsewhere: a song may come from anyone."""
    link = linked_folder(song_folder)
    if link is not None:
        raise error(f"{link} is a link to another folder; remove it to edit the song")


def linked_folder(song_folder: Path) -> Path | None:
    """The first of the studio's folders in a song's that is a link; None if none is."""
    folder = song_folder / FOLDER
    return next((path for path in (folder, folder / REFERENCES) if path.is_symlink()), None)


def write_kept(song_folder: Path, kept: Kept) -> None:
    """Write the state atomically.

    Raises:
        OutputError: the disk is full or read-only, or the song's folder is no longer there.
    """
    refuse_missing(song_folder)
    history = kept.history
    write_json(
        state_path(song_folder),
        {
            "schema_version": _SCHEMA_VERSION,
            "revision": history.revision,
            "edits": dict(history.edits),
            "done": [vars(step) for step in history.done],
            "undone": [vars(step) for step in history.undone],
            "written": kept.written,
            "before": kept.before,
            "written_edits": dict(kept.written_edits),
        },
    )


def read_kept(song_folder: Path) -> Kept:
    """Read the state of a song; empty if nothing was saved.

    Raises:
        InputError: the file is damaged, or was written by a later version; or the studio's folder
            is a link.
    """
    _refuse_links(song_folder, InputError)
    path = state_path(song_folder)
    try:
        data = read_regular(path, _MOST_BYTES + 1)
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("it is too large")
        return _kept(json.loads(data, parse_constant=_refuse_constant))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MixerError) as error:
        raise InputError(
            f"{path} is not a saved state of the studio ({visible(error, 200)}); move it away to"
            " start again"
        ) from None


def _kept(table: Any) -> Kept:
    if table["schema_version"] != _SCHEMA_VERSION:
        raise ValueError(f"it has the version {quote(table['schema_version'])}")
    edits = read_changes(table["edits"])
    revision = table["revision"]
    if not isinstance(revision, int) or revision < 0:
        raise ValueError("its revision is not a number")
    history = History(
        revision, edits, tuple(map(_step, table["done"])), tuple(map(_step, table["undone"]))
    )
    written = table["written"]
    return Kept(
        history,
        None if written is None else dict(written),
        dict(table["before"]),
        dict(table["written_edits"]),
    )


def _step(row: Any) -> Step:
    return Step(
        str(row["label"]),
        read_changes(row["before"]),
        read_changes(row["after"]),
        str(row["gesture"]),
    )


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not a number")
