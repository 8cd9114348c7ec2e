"""An audio file as its header describes it, and how to say that it is unusable."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Small enough that Vorbis encoding does not overrun libvorbis's stack, large enough to be quick.
BLOCK_SAMPLES = 65_536


@dataclass(frozen=True)
class AudioSource:
    """One stream of one audio file, as its header describes it.

    Attributes:
        path: the file.
        stream: index among the file's audio streams; 0 but for `.stem.mp4`.
        sample_rate: in Hz.
        channels: 1 or 2.
        n_samples: length the header claims; decoding holds it to that.
        encoding: e.g. "PCM_24", "FLOAT", "VORBIS", "aac".
    """

    path: Path
    stream: int
    sample_rate: int
    channels: int
    n_samples: int
    encoding: str


def system_name(path: Path) -> str | bytes:
    """The name for libsndfile; POSIX names are bytes and need not be text."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def unreadable(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"{path}: no such file"
    if path.stat().st_size == 0:
        return f"{path.name}: the file is empty"
    return f"{path.name}: cannot be read as audio ({reason_of(error)}); export it again"


def reason_of(error: Exception) -> str:
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return str(text).strip().rstrip(".")
