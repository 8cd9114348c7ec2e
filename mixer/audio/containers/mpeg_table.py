"""The table in the first frame of an MP3: its length, and what an encoder put in front and after.

Sources: the table of Xing and its extension by LAME (gabriel.mp3-tech.org/mp3infotag.html); that of
Fraunhofer's encoders (VBRI).
"""

from __future__ import annotations

from typing import NamedTuple

from mixer.audio.containers.mpeg_frames import FrameHead
from mixer.audio.containers.spliced_file import Span

DECODER_DELAY_SAMPLES = 529


class Table(NamedTuple):
    n_frames: int | None
    n_bytes: int | None
    delay: int
    padding: int
    has_delay: bool


def read_table(data: bytes, span: Span, head: FrameHead) -> Table | None:
    """The table in a first frame, if there is one."""
    frame = data[span.start : span.start + span.n_bytes]
    if head.layer != 3:
        return None
    crc = 0 if frame[1] & 1 else 2
    at = 4 + head.side_bytes
    for start in (at, at + crc):
        if frame[start : start + 4] in (b"Xing", b"Info"):
            return _xing_table(frame, start)
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return Table(int.from_bytes(frame[50:54], "big"), None, 0, 0, False)
    return None


def _xing_table(frame: bytes, at: int) -> Table:
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    position = at + 8
    n_frames = n_bytes = None
    if flags & 1:
        n_frames = int.from_bytes(frame[position : position + 4], "big")
    if flags & 2:
        at_bytes = position + 4 * (flags & 1)
        n_bytes = int.from_bytes(frame[at_bytes : at_bytes + 4], "big")
    position += 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1)
    position += 4 * (flags >> 3 & 1)
    lame = frame[position : position + 24]
    if len(lame) < 24 or lame[:4] not in (b"LAME", b"Lavf", b"Lavc"):
        return Table(n_frames, n_bytes, 0, 0, False)
    ends = int.from_bytes(lame[21:24], "big")
    delay = (ends >> 12) + DECODER_DELAY_SAMPLES
    padding = max(0, (ends & 0xFFF) - DECODER_DELAY_SAMPLES)
    return Table(n_frames, n_bytes, delay, padding, True)
