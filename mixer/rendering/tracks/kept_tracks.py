"""Wet tracks and groups of an earlier mix of the same song, cached for the next one.

The key of each covers all its inputs, so a mix runs only the tracks and buses that a change
affects, and has the same samples as one that runs them all.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.files.array_file import read_array
from mixer.rendering.tracks.user_strip_chain import UserStripRecord

# The largest share of the free disk space that tracks may take.
_DISK_SHARE = 0.25


@dataclass(frozen=True)
class KeptGroup:
    """A group after its bus, float32 (2, samples), and its tracks' records of the user's strips."""

    key: str
    audio: FloatArray
    report: Mapping[str, UserStripRecord]


@dataclass(frozen=True)
class _KeptTrack:
    key: str
    path: Path
    n_bytes: int


class KeptTracks:
    """The latest version of each wet track (in files) and group (in memory); thread-safe.

    If the disk is full or read-only, nothing is cached, which costs time only.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Start with an empty cache.

        Args:
            folder: of the files; it need not exist, and the caller removes it.
            most_bytes: limit on the total size of the files.
        """
        self._folder, self._most_bytes = folder, most_bytes
        self._tracks: dict[str, _KeptTrack] = {}
        self._groups: dict[str, KeptGroup] = {}
        self._lock, self._numbers = threading.Lock(), itertools.count()

    def track(self, name: str, key: str, make: Callable[[], FloatArray]) -> FloatArray:
        """A wet track, float32 (2, samples), which must not be changed.

        Args:
            name: of the track; an earlier version under this name is replaced.
            key: equal keys mean equal samples.
            make: called if the key is not cached.
        """
        kept = self._tracks.get(name)
        if kept is not None and kept.key == key:
            with contextlib.suppress(OSError, ValueError):
                found: FloatArray = read_array(kept.path, mmap_mode="r")
                return found
        audio = make()
        self._keep(name, key, audio)
        return audio

    def group(self, stem: str, key: str) -> KeptGroup | None:
        """The cached group of a key, or None."""
        kept = self._groups.get(stem)
        return kept if kept is not None and kept.key == key else None

    def keep_group(self, stem: str, group: KeptGroup) -> None:
        """Cache a group, replacing the one before; its audio must not change any more."""
        self._groups[stem] = group

    def forget_groups(self) -> None:
        """Drop all cached groups and free their memory."""
        self._groups.clear()

    def _keep(self, name: str, key: str, audio: FloatArray) -> None:
        with contextlib.suppress(OSError):
            path = self._reserve(name, audio.nbytes)
            if path is None:
                return
            try:
                np.save(path, audio, allow_pickle=False)
            except OSError:
                del self._tracks[name]
                path.unlink(missing_ok=True)
            else:
                self._tracks[name] = _KeptTrack(key, path, audio.nbytes)

    def _reserve(self, name: str, n_bytes: int) -> Path | None:
        """A new file for a track, replacing its earlier one; None if it would take too much."""
        with self._lock:
            before = self._tracks.pop(name, None)
            if before is not None:
                # Whoever still reads it holds its file open.
                before.path.unlink(missing_ok=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            if n_bytes > self._room():
                return None
            path = self._folder / f"{next(self._numbers)}.npy"
            # Its room counts before it is written: others ask at the same time.
            self._tracks[name] = _KeptTrack("", path, n_bytes)
            return path

    def _room(self) -> float:
        used = sum(kept.n_bytes for kept in self._tracks.values())
        free = shutil.disk_usage(self._folder).free + used
        return min(float(self._most_bytes), _DISK_SHARE * free) - used
