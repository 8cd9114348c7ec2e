"""The frames of an MPEG audio file, found by their heads (ISO 11172-3, section 2.4.1; 13818-3)."""

from __future__ import annotations

from typing import NamedTuple

from mixer.audio.containers.spliced_file import Span

_BIT_RATES = {  # kbit/s, by (version is 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44_100, 48_000, 32_000)
_MAX_LEADING_BYTES = 1 << 20  # foreign bytes in front of the first frame
ID3V1_BYTES = 128
_FRAMES_IN_A_ROW = 4  # that random bytes do not make


class FrameHead(NamedTuple):
    """The four bytes in front of a frame, decoded."""

    n_bytes: int
    n_samples: int
    sample_rate: int
    layer: int
    n_channels: int
    side_bytes: int
    """Bytes of its side information, behind the head and its checksum."""


def frame_head(data: bytes, at: int) -> FrameHead | None:
    """Read the head of a frame; None if it is not one, or of free format."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    rate_index, bits = data[at + 2] >> 2 & 3, data[at + 2] >> 4
    if version == 1 or layer == 4 or rate_index == 3 or bits in (0, 15):
        return None
    is_first = version == 3
    sample_rate = _RATES_HZ[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    bit_rate = _BIT_RATES[is_first, layer][bits] * 1_000
    padded = data[at + 2] >> 1 & 1
    n_samples = 384 if layer == 1 else 576 if layer == 3 and not is_first else 1_152
    if layer == 1:
        n_bytes = (12 * bit_rate // sample_rate + padded) * 4
    else:
        n_bytes = n_samples // 8 * bit_rate // sample_rate + padded
    mono = data[at + 3] >> 6 == 3
    side = (17 if mono else 32) if is_first else (9 if mono else 17)
    return FrameHead(n_bytes, n_samples, sample_rate, layer, 1 if mono else 2, side)


def find_frames(data: bytes) -> tuple[list[Span], int, int] | None:
    """All whole frames of one kind, the number of other bytes between them, and where they end."""
    at = begin = after_id3v2(data, 0)
    limit = at + _MAX_LEADING_BYTES
    first = None
    while at < min(limit, len(data)):
        first = frame_head(data, at)
        if first is not None and _is_followed(data, at, may_be_few=at == begin):
            break
        at = data.find(b"\xff", at + 1)
        if at < 0:
            return None
    else:
        return None
    assert first is not None
    frames: list[Span] = []
    start, stray, rest = at, 0, at
    while at < len(data):
        head = frame_head(data, at) if _alike(data, start, at) else None
        if head is not None and at + head.n_bytes <= len(data):
            if at != rest:
                # after foreign bytes one head alone may be an accident
                after = at + head.n_bytes
                if after < len(data) - 4 and not _alike(data, start, after):
                    at += 1
                    continue
                stray += _stray_bytes(data, rest, at)
            frames.append(Span(at, head.n_bytes))
            at = rest = at + head.n_bytes
            continue
        if data[at : at + 3] == b"ID3":
            at = max(at + 1, after_id3v2(data, at))
            continue
        following = data.find(b"\xff", at + 1)
        at = len(data) if following < 0 else following
    return frames, stray, rest


def _is_followed(data: bytes, at: int, *, may_be_few: bool) -> bool:
    """Whether frames of one kind follow each other from there on, or a few up to the file's end."""
    following = at
    for _ in range(_FRAMES_IN_A_ROW):
        head = frame_head(data, following)
        if head is None or not _alike(data, at, following):
            return may_be_few and following >= len(data) - ID3V1_BYTES and following > at
        following += head.n_bytes
    return True


def _alike(data: bytes, at: int, other: int) -> bool:
    """Same version, layer and sample rate: what never changes within a file."""
    if other + 4 > len(data):
        return False
    return (
        data[other] == 0xFF
        and (data[other + 1] ^ data[at + 1]) & 0xFE == 0
        and (data[other + 2] ^ data[at + 2]) & 0x0C == 0
    )


def after_id3v2(data: bytes, at: int) -> int:
    """Offset after the ID3v2 tags that begin at `at`."""
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = data[at + 6 : at + 10]
        if any(part & 0x80 for part in size):
            break
        footer = 10 if data[at + 5] & 0x10 else 0
        at += 10 + footer + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    return at


def _stray_bytes(data: bytes, start: int, end: int) -> int:
    """Bytes in between that are neither tags nor zeros."""
    between = data[start:end]
    if between[:3] in (b"ID3", b"TAG") or between[:8] in (b"APETAGEX", b"LYRICSBE"):
        return 0
    return len(between.strip(b"\0"))


def cut_frame(data: bytes, rest: int, first: FrameHead) -> Span | None:
    """The truncated frame at the end of the file, or None."""
    head = frame_head(data, rest)
    if head is None or head[2:4] != first[2:4] or rest + head.n_bytes <= len(data):
        return None
    return Span(rest, len(data) - rest)
