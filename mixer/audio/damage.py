"""Damage that shows only while a file is decoded, kept for the run so that it can be said.

A pass over FLAC and AAC, only to look for it, takes 1.5 ms for each second of stereo: time that
`mixer render` spends before its work, and a batch does not.
"""

from __future__ import annotations

import threading
from pathlib import Path

from mixer.audio.source import AudioSource

_found: dict[tuple[Path, int], str] = {}
_lock = threading.Lock()


def note_damage(source: AudioSource, text: str) -> None:
    """Remember what is wrong with a stream; the first of several is kept."""
    with _lock:
        _found.setdefault((source.path, source.stream), text)


def damage_of(source: AudioSource) -> str | None:
    """Damage found in a stream so far, when it was probed or since, or None."""
    return source.fault or _found.get((source.path, source.stream))
