"""The time reference of a Broadcast Wave file: where its first sample stands on the time line.

Source: EBU Tech 3285, version 2 (2011), section 2.3: samples since midnight, in the `bext` chunk.
"""

from __future__ import annotations

import struct
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from mixer.audio.containers.chunks import Chunk, Heads, read_head, read_heads
from mixer.files.regular_file import open_regular

# Description, originator, its reference, date and time stand before it.
_REFERENCE_AT = 256 + 32 + 32 + 10 + 8
_REFERENCE = struct.Struct("<Q")
_MOST_CHUNKS_BEHIND = 100
_LONGEST_DAY_S = 7 * 24 * 3600


def read_time_reference(path: Path, sample_rate: int) -> int | None:
    """Start of a WAV, RF64 or Wave64 file in samples since midnight; None if it states none.

    Args:
        path: any file.
        sample_rate: of the file, in Hz; a reference of more than a week is ignored as garbage.
    """
    try:
        with open_regular(path) as file:
            heads = read_heads(file)
            reference = None if heads is None else stated_reference(file, heads)
    except OSError:
        return None  # reading it in earnest says why
    return believed_reference(reference, sample_rate)


def believed_reference(reference: int | None, sample_rate: int) -> int | None:
    """The reference in samples; None if it exceeds a week, which is garbage."""
    if reference is None or reference > _LONGEST_DAY_S * sample_rate:
        return None
    return reference


def stated_reference(file: BinaryIO, heads: Heads) -> int | None:
    """The time reference in a file's first `bext` chunk, in samples, unchecked.

    Args:
        file: the file, open for reading.
        heads: its chunks, from `read_heads`.
    """
    if heads.family.kind not in ("riff", "w64"):
        return None
    for chunk in chain(heads.chunks, _behind_audio(file, heads)):
        if chunk.name == b"bext":
            file.seek(chunk.start + _REFERENCE_AT)
            data = file.read(_REFERENCE.size)
            return None if len(data) < _REFERENCE.size else int(_REFERENCE.unpack(data)[0])
    return None


def _behind_audio(file: BinaryIO, heads: Heads) -> list[Chunk]:
    """The heads of the chunks that follow the audio, if its size can be trusted."""
    found: list[Chunk] = []
    family, audio = heads.family, heads.chunks[-1] if heads.chunks else None
    if audio is None or audio.size is None or family.is_placeholder(audio.size):
        return found
    position = audio.start + audio.size
    for _ in range(_MOST_CHUNKS_BEHIND):
        position += -position % family.alignment
        if position >= heads.n_file:
            break
        chunk = read_head(file, family, position)
        if chunk is None or chunk.size is None or chunk.size < 0:
            break
        found.append(chunk)
        position = chunk.start + chunk.size
    return found
