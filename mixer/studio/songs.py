"""The songs of a folder, a few of them open at a time, and the listeners to their events."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from mixer.errors import InputError
from mixer.files.real_paths import real_path
from mixer.files.wording import visible
from mixer.song.folders.song_folders import find_song_folders
from mixer.song.load import load_song
from mixer.studio.messages.song_state import Event, SongRow, Songs
from mixer.studio.open_song import SongSession

# Each of them takes a thread, a network, and room for its wet tracks.
MOST_OPEN = 3
MOST_LISTENERS = 32
Listener = Callable[[Event], None]


class Studio:
    """Songs by id; safe to call from any thread."""

    def __init__(self, folder: Path, mixes: Path) -> None:
        """Find the songs without reading any.

        Args:
            folder: of a song, or of several songs.
            mixes: destination of renders.

        Raises:
            InputError: it contains no song.
        """
        folder = real_path(folder)
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; give the one that holds the song's files")
        found = find_song_folders(folder).songs
        if not found:
            load_song(folder)  # a folder of files that are not parts of a song: says why
            raise InputError(f"{folder}: none of its folders holds a song's recordings")
        self._folder, self._mixes = folder, mixes.absolute()
        self._songs = {_id_of(song.relative_to(folder)): song for song in found}
        self._open: dict[str, SongSession] = {}
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def songs(self) -> Songs:
        """All songs, in the order of their folders."""
        with self._lock:
            sessions = dict(self._open)
        rows: list[SongRow] = []
        for song_id, folder in self._songs.items():
            state = sessions[song_id].state() if song_id in sessions else None
            rows.append(
                {
                    "id": song_id,
                    "name": visible(folder.name),
                    "phase": "closed" if state is None else state["phase"],
                    "problem": None if state is None else state["problem"],
                }
            )
        return {"folder": visible(self._folder.name), "songs": rows}

    def session(self, song_id: str) -> SongSession:
        """The session of a song, opened if needed; the least recently used one may be closed.

        Raises:
            KeyError: the song is unknown.
        """
        with self._lock:
            folder = self._songs[song_id]
            session = self._open.pop(song_id, None)
            leaving = self._makes_room() if session is None else None
            if session is None:
                session = SongSession(song_id, folder, self._mixes, self._tell)
            self._open[song_id] = session
        if leaving is not None:
            leaving.close()
        return session

    def listen(self, listener: Listener) -> bool:
        """Add a listener, to be called from any thread; False if there are too many already."""
        with self._lock:
            if len(self._listeners) >= MOST_LISTENERS:
                return False
            self._listeners.append(listener)
            return True

    def stop_listening(self, listener: Listener) -> None:
        """Remove a listener."""
        with self._lock:
            self._listeners = [one for one in self._listeners if one is not listener]

    def close(self) -> None:
        """End all work; all edits are already on disk."""
        with self._lock:
            sessions, self._open = list(self._open.values()), {}
        for session in sessions:
            session.close()

    def _makes_room(self) -> SongSession | None:
        if len(self._open) < MOST_OPEN:
            return None
        idle = [song_id for song_id, session in self._open.items() if not session.is_busy]
        return self._open.pop(idle[0]) if idle else None

    def _tell(self, event: Event) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(event)


def _id_of(relative: Path) -> str:
    return hashlib.sha256(relative.as_posix().encode(errors="surrogateescape")).hexdigest()[:12]
