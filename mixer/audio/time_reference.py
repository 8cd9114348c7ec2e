"""The time reference of a Broadcast Wave file: where its first sample stands on the time line.

Source: EBU Tech 3285, version 2 (2011), section 2.3: samples since midnight, in the `bext` chunk.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from mixer.audio.chunks import Chunk, Family, family_of, read_chunks

# Description, originator, its reference, date and time stand before it.
_REFERENCE_AT = 256 + 32 + 32 + 10 + 8
_REFERENCE = struct.Struct("<Q")
_MOST_CHUNKS_BEHIND = 100
_LONGEST_DAY_S = 7 * 24 * 3600


def read_time_reference(path: Path, sample_rate: int) -> int | None:
    """Samples since midnight at which a WAV, RF64 or Wave64 file starts; None where it says none.

    Args:
        path: of any file.
        sample_rate: of the file, in Hz; a reference of more than a week is noise, and none.
    """
    try:
        with path.open("rb") as file:
            family = family_of(file.read(16))
            if family is None or family.kind not in ("riff", "w64"):
                return None
            chunks, _ = read_chunks(file, family, 0)
            chunks += _behind_audio(file, family, chunks[-1]) if chunks else []
            for chunk in chunks:
                if chunk.name == b"bext":
                    return _reference(file, chunk, sample_rate)
    except OSError:
        pass  # reading it in earnest says why
    return None


def _reference(file: BinaryIO, chunk: Chunk, sample_rate: int) -> int | None:
    file.seek(chunk.start + _REFERENCE_AT)
    data = file.read(_REFERENCE.size)
    if len(data) < _REFERENCE.size:
        return None
    (reference,) = _REFERENCE.unpack(data)
    return int(reference) if reference <= _LONGEST_DAY_S * sample_rate else None


def _behind_audio(file: BinaryIO, family: Family, audio: Chunk) -> list[Chunk]:
    """The heads of the chunks that follow the audio, where its size can be trusted."""
    found: list[Chunk] = []
    if audio.size is None or family.is_placeholder(audio.size):
        return found
    position = audio.start + audio.size
    for _ in range(_MOST_CHUNKS_BEHIND):
        position += -position % family.alignment
        file.seek(position)
        head = file.read(family.head_bytes)
        if len(head) < family.head_bytes:
            break
        (size,) = struct.unpack(family.size, head[family.name_bytes :])
        size -= family.head_bytes if family.head_counts else 0
        if size < 0:
            break
        start = position + family.head_bytes
        found.append(Chunk(head[:4], head[: family.name_bytes], start, size))
        position = start + size
    return found
