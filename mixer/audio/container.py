"""Whether a file holds the audio that its container's header promises.

libsndfile takes the smaller of the two and says nothing, so that half a WAV passes for a whole one.
Only the heads of chunks are read. Sources: RIFF (Microsoft and IBM, 1991), EBU Tech 3306 (RF64),
Sony Wave64, Apple's AIFF-C draft of 1991. Of a CAF that is cut off libsndfile says so itself.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mixer.errors import InputError

_MAX_CHUNKS = 10_000
_UNKNOWN_32_BIT = 0xFFFFFFFF
# What recorders and converters leave in a header when they write into a pipe.
_STREAMED_SIZES = (0, _UNKNOWN_32_BIT, 2**64 - 1)
_STREAMED_RANGE = range(0x7FFFE000, 0x8000_0001)  # SoX and arecord
_WAVE64_GUID = bytes.fromhex("2e91cf11a5d628db04c10000")  # bytes 4 to 16 of `riff`


class _Layout(NamedTuple):
    """How a container lays out its chunks."""

    first: int
    """Offset of the first chunk."""
    name_bytes: int
    size: str
    """Format of the size that follows the name, for `struct`."""
    alignment: int
    head_counts: bool
    """The size includes the chunk's own head."""
    audio: bytes
    """First four bytes of the name of the chunk that holds the audio."""


_RIFF = _Layout(12, 4, "<I", 2, False, b"data")
_LAYOUTS = {
    b"RIFF": _RIFF,
    b"RF64": _RIFF,
    b"BW64": _RIFF,
    b"RIFX": _RIFF._replace(size=">I"),
    b"FORM": _RIFF._replace(size=">I", audio=b"SSND"),
    b"riff": _Layout(40, 16, "<Q", 8, True, b"data"),
}


def refuse_cut_off(path: Path) -> None:
    """Hold a WAV, RF64, Wave64 or AIFF file to the size of audio in its header.

    A size that says that the file was streamed is no promise; other containers pass.

    Raises:
        InputError: the file ends before its audio does.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(16)
        layout = _LAYOUTS.get(head[:4])
        if layout is None or (head[:4] == b"riff" and head[4:] != _WAVE64_GUID):
            return
        start, promised = _audio_chunk(file, layout)
        there = file.seek(0, 2) - start
    if promised > there and promised not in _STREAMED_SIZES and promised not in _STREAMED_RANGE:
        raise InputError(
            f"{path.name}: ends after {max(there, 0)} of the {promised} bytes of audio that its "
            "header promises; it was cut off, so export or copy it again"
        )


def _audio_chunk(file: BinaryIO, layout: _Layout) -> tuple[int, int]:
    """Where the audio begins and how many bytes are promised; 0 and 0 where there is none."""
    head_bytes = layout.name_bytes + struct.calcsize(layout.size)
    position, size_64_bit = layout.first, 0
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        head = file.read(head_bytes)
        if len(head) < head_bytes:
            break
        (size,) = struct.unpack(layout.size, head[layout.name_bytes :])
        size -= head_bytes if layout.head_counts else 0
        if size < 0:
            break
        if head[:4] == layout.audio:
            beyond_32_bit = size == _UNKNOWN_32_BIT and size_64_bit
            return position + head_bytes, size_64_bit if beyond_32_bit else size
        if head[:4] == b"ds64":
            sizes = file.read(16)
            size_64_bit = struct.unpack("<8xQ", sizes)[0] if len(sizes) == 16 else 0
        position += head_bytes + size + -(head_bytes + size) % layout.alignment
        if position >= 2**63:
            break
    return 0, 0
