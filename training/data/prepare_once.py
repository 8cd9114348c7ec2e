"""Prepare a song of a data set once; it is kept if its inputs and settings are unchanged.

A song is complete when its `song.json`, which records what it was made from, exists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TypedDict, cast

from mixer.errors import InputError
from mixer.files.whole_file import write_json
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.recording import Recording
from training.data import prepared
from training.data.song_files import (
    Input,
    SongRecord,
    describe_inputs,
    earlier_record,
    files_are_there,
    identity,
)
from training.data.song_task import SongTask


class Made(TypedDict):
    """Additional entries of a song's record; each form of examples adds its own keys."""

    stems: list[str]
    notes: list[str]
    files: dict[str, int]


def prepare_once(
    task: SongTask,
    recordings: tuple[Recording, ...],
    settings: Mapping[str, object],
    make: Callable[[], Made],
    also: Mapping[str, object] | None = None,
    nothing: str = "",
) -> SongRecord:
    """Make a song's files unless they already exist; its record is written last.

    Args:
        task: the song and its destination.
        recordings: all recordings that are read.
        settings: all settings that affect the files; stored in the record.
        make: writes the files into the task's existing folder.
        also: other inputs that affect the files.
        nothing: error message if no file is made.

    Returns:
        The record, as in `song.json`; and in `was_there` whether nothing had to be done.

    Raises:
        InputError: a recording is damaged; also whatever `make` raises.
        OutputError: the disk is full or read-only.
    """
    record_path = task.folder / prepared.SONG_FILE
    earlier = earlier_record(record_path)
    inputs = describe_inputs(recordings, earlier)
    key = _key(task.song_id, inputs, {"settings": settings, **(also or {})})
    if earlier.get("key") == key and files_are_there(task.folder, earlier):
        return cast(SongRecord, {**earlier, "was_there": True})
    record_path.unlink(missing_ok=True)
    task.folder.mkdir(parents=True, exist_ok=True)
    made = make()
    refuse_known_damage([r.source for r in recordings])
    if not made["files"]:
        raise InputError(nothing)
    _remove_others(task, made["files"])
    record = {
        "schema_version": prepared.SCHEMA_VERSION,
        "id": task.song_id,
        "name": task.multitrack.name,
        "key": key,
        "inputs": inputs,
        "settings": settings,
        "n_samples": task.multitrack.n_samples,
        **made,
    }
    write_json(record_path, record)
    return cast(SongRecord, {**record, "was_there": False})


def _remove_others(task: SongTask, files: Mapping[str, int]) -> None:
    """Delete files that an earlier run with other settings left in the folder."""
    for path in task.folder.glob("**/*"):
        if path.is_file() and path.relative_to(task.folder).as_posix() not in files:
            path.unlink()


def _key(song_id: str, inputs: list[Input], decides: Mapping[str, object]) -> str:
    """SHA-256 hash of everything that determines the song's files."""
    content = {"id": song_id, "inputs": [identity(described) for described in inputs], **decides}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
