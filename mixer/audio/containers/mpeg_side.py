"""Side information of MP3 frames: damage, and a cut at the start."""

from __future__ import annotations

import numpy as np

from mixer.audio.containers.mpeg_frames import frame_head
from mixer.audio.containers.spliced_file import Span


def broken_frames(data: bytes, audio: list[Span]) -> set[int]:
    """Layer III frames whose side information is impossible (ISO 11172-3, 2.4.1.7), by index."""
    first = frame_head(data, audio[0].start)
    if first is None or first.layer != 3:
        return set()
    raw = np.frombuffer(data, np.uint8)
    spans = np.array(audio, np.int64)
    behind_head = spans[:, 0] + 4 + 2 * (1 - (raw[spans[:, 0] + 1] & 1).astype(np.int64))
    side = np.minimum(behind_head[:, None] + np.arange(first.side_bytes), len(raw) - 1)
    bits = np.unpackbits(raw[side], axis=1)

    def field(at: int, n_bits: int) -> np.ndarray:
        return bits[:, at : at + n_bits] @ (1 << np.arange(n_bits - 1, -1, -1, dtype=np.int64))

    is_first = first.n_samples == 1_152
    n_channels = first.n_channels
    n_granules = 2 if is_first else 1
    begin_bits = 9 if is_first else 8
    at = begin_bits + ({1: 5, 2: 3} if is_first else {1: 1, 2: 2})[n_channels]
    at += 4 * n_channels if is_first else 0
    gain_bits = 4 if is_first else 9
    asked = np.zeros(len(spans), np.int64)
    broken = np.zeros(len(spans), bool)
    for _ in range(n_granules * n_channels):
        asked += field(at, 12)
        broken |= field(at + 12, 9) > 288
        switch = at + 29 + gain_bits
        broken |= (bits[:, switch] == 1) & (field(switch + 1, 2) == 0)
        at = switch + 26
    held = field(0, begin_bits) + spans[:, 0] + spans[:, 1] - behind_head - first.side_bytes
    broken |= asked > 8 * held
    return set(np.flatnonzero(broken).tolist())


def begins_inside(data: bytes, span: Span) -> bool:
    """Whether the first frame needs bytes of earlier frames: the file was cut at its start."""
    head = frame_head(data, span.start)
    if head is None or head.layer != 3:
        return False
    at = span.start + 4 + 2 * (1 - (data[span.start + 1] & 1))
    begin = int.from_bytes(data[at : at + 2], "big")
    return begin >> (7 if head.n_samples == 1_152 else 8) > 0
