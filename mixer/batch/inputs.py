"""The contents of a song folder: a listing that is quick to compare, and a hash."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mixer.audio.formats import is_audio_name
from mixer.errors import InputError
from mixer.files.regular_file import open_regular
from mixer.song.data_sets import description_above, is_description
from mixer.song.folders.folder import list_song_folder
from mixer.song.folders.folder_names import SONG_FILE

_HASH_BLOCK_BYTES = 1 << 20


def stat_inputs(folder: str | Path) -> str:
    """Names, sizes and dates (ns) of the files that a render reads, as JSON text.

    Equal texts mean that nothing was modified; if they differ, use `hash_inputs`.

    Raises:
        InputError: the folder does not exist or cannot be read.
    """
    found = []
    for name, place in _read_files(Path(folder)):
        try:
            about = os.stat(place)  # noqa: PTH116 - many of them
        except FileNotFoundError:  # a dead link
            continue
        except OSError as error:
            raise InputError(f"{folder}: the song cannot be read ({error.strerror})") from None
        if stat.S_ISREG(about.st_mode):
            found.append([name, about.st_size, about.st_mtime_ns])
    return json.dumps(sorted(found), separators=(",", ":"))


def _read_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names from the folder, and paths, of what is mixed and of what says how."""
    for file in list_song_folder(folder):
        says_how = file.name == SONG_FILE or (file.is_plain and is_description(file.name))
        is_audio = file.reason is None or (file.may_be_a_part and is_audio_name(file.name))
        if says_how or is_audio:
            yield file.name, file.place
    real = os.path.realpath(folder)
    above = description_above(real)
    if above is not None:
        yield above, f"{real}/{above}"


def hash_inputs(folder: str | Path, listing: str) -> str:
    """SHA-256 over the names and contents of the files in a listing of `stat_inputs`.

    Reading them through also brings them into the system's cache for the render that follows.

    Raises:
        InputError: a file was removed or cannot be read.
    """
    digest = hashlib.sha256()
    for name, _, _ in json.loads(listing):
        own = hashlib.sha256()
        try:
            with open_regular(Path(os.path.realpath(folder)) / name) as file:
                while block := file.read(_HASH_BLOCK_BYTES):
                    own.update(block)
        except OSError as error:
            raise InputError(f"{name}: cannot be read ({error.strerror}); copy it again") from None
        digest.update(f"{os.fsencode(name).hex()} {own.hexdigest()}\n".encode())
    return digest.hexdigest()
