"""The frames of an MPEG audio file (MP3, MP2): what decodes, counted by their heads.

A length stands in an MP3 only in its first frame, where an encoder put an Info, Xing or VBRI table;
without one libsndfile guesses from the bit rate, and stops where it guessed. Frames are found here
and given to it under a table of our own, without the tags, cuts and foreign bytes between them that
libmpg123 would print remarks about. Sources: ISO 11172-3 (section 2.4.1), 13818-3; the table of
Xing and its extension by LAME (gabriel.mp3-tech.org/mp3infotag.html).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixer.audio.spliced_file import Pieces, Span

_BIT_RATES = {  # kbit/s, by (version is 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44_100, 48_000, 32_000)
_DECODER_DELAY_SAMPLES = 529
_MAX_LEADING_BYTES = 1 << 20  # foreign bytes in front of the first frame
_ID3V1_BYTES = 128
_FRAMES_IN_A_ROW = 4  # that random bytes do not make


class FrameHead(NamedTuple):
    """What the four bytes in front of a frame say."""

    n_bytes: int
    n_samples: int
    sample_rate: int
    layer: int
    n_channels: int
    side_bytes: int
    """Bytes of its side information, behind the head and its check sum."""


class _Table(NamedTuple):
    n_frames: int | None
    n_bytes: int | None
    delay: int
    padding: int
    has_delay: bool


@dataclass(frozen=True)
class MpegLayout:
    """How an MPEG audio file decodes.

    Attributes:
        pieces: what libsndfile is given; None for the file as it is.
        n_samples: of the recording.
        dropped: spans of what libsndfile decodes, first and end sample, that are not recording.
        fault: how it breaks off or is damaged, or None.
        remark: why its length was counted, or None where a table states it.
        is_uneven: it is cut, damaged, or files were put behind one another: FFmpeg, which goes on
            decoding through what is broken, reads it better where it is there.
    """

    pieces: Pieces | None
    n_samples: int
    dropped: tuple[tuple[int, int], ...]
    fault: str | None
    remark: str | None
    is_uneven: bool = False


def mpeg_layout(path: Path) -> MpegLayout | None:
    """Find the frames; None where the file does not begin with two of them.

    Raises:
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    found = _frames(data)
    if found is None:
        return None
    frames, stray, rest = found
    first = frame_head(data, frames[0].start)
    assert first is not None
    cut = _cut_frame(data, rest, first)
    table = _table(data, frames[0], first)
    audio = frames[1:] if table is not None else frames
    if not audio:
        return None
    n_all = (len(audio) + (cut is not None)) * first.n_samples
    broken = _broken_frames(data, audio)
    is_uneven = cut is not None or stray > 0 or bool(broken) or _is_joined(data, audio)
    if table is not None and table.has_delay and (table.n_frames or len(audio)) < len(audio):
        is_uneven = True
    is_uneven = is_uneven or _begins_inside(data, audio[0])
    is_right = table is not None and table.n_frames == len(audio) and table.has_delay
    fault = None
    if cut is not None:
        fault = f"breaks off inside a frame after {n_all / first.sample_rate:.2f} s"
    elif _lacks_frames(table, audio):
        frame_s = first.n_samples / first.sample_rate
        fault = (
            f"breaks off: {len(audio) * frame_s:.2f} of the "
            f"{((table and table.n_frames) or 0) * frame_s:.2f} s that its header promises"
        )
    elif stray:
        fault = f"damaged: {stray} bytes between its frames are not audio"
    elif broken:
        fault = f"damaged: {len(broken)} of its {len(audio)} frames do not decode"
    if is_right and not is_uneven and fault is None and table is not None:
        n_samples = max(0, n_all - table.delay - table.padding)
        tidy = _contiguous([frames[0], *audio])
        is_whole = tidy == ((0, len(data)),) or _only_tags_around(data, tidy)
        pieces = None if is_whole else tuple(Span(*span) for span in tidy)
        return MpegLayout(pieces, n_samples, (), None, None)
    layout = _counted(data, audio, cut, table, broken)
    remark = "its header does not state its length"
    if table is not None and table.n_frames:
        remark = "its header states a wrong length"
    is_stated = table is not None and table.n_frames == len(audio)
    return replace(layout, fault=fault, is_uneven=is_uneven, remark=None if is_stated else remark)


def _lacks_frames(table: _Table | None, audio: list[Span]) -> bool:
    """Whether a table promises frames that are missing: by its bytes too, or it is merely wrong."""
    if table is None or table.n_frames is None or table.n_bytes is None:
        return False
    there = sum(n_bytes for _, n_bytes in audio)
    return table.n_frames > len(audio) + 1 and table.n_bytes > there + 4_096


def _counted(
    data: bytes, audio: list[Span], cut: Span | None, table: _Table | None, broken: set[int]
) -> MpegLayout:
    """A layout under a table of our own, with what an encoder's table says about both ends.

    A silent frame goes in front, since libmpg123 takes 529 samples off where a table does not say
    otherwise; the decoder is in the same state behind it as at the start.
    """
    first = frame_head(data, audio[0].start)
    assert first is not None
    n_frames = len(audio) + (cut is not None)
    if first.layer != 3:
        n_samples = n_frames * first.n_samples
        return MpegLayout(tuple(audio), n_samples, (), None, None)
    silent = _silent_frame(data, audio[0])
    stated = bytearray(silent)
    at = 4 + first.side_bytes
    stated[at : at + 12] = b"Info" + (1).to_bytes(4, "big") + (n_frames + 1).to_bytes(4, "big")
    pieces: list[bytes | Span] = [bytes(stated), silent]
    pieces += _with_silence(data, audio, broken)
    if cut is not None:
        head = frame_head(data, cut.start)
        pieces.append(_silent_frame(data, Span(cut.start, head.n_bytes if head else 4)))
    lead = first.n_samples - _DECODER_DELAY_SAMPLES
    n_samples = n_frames * first.n_samples
    dropped = [(0, lead)]
    if table is not None and table.has_delay:
        dropped.append((lead, lead + min(table.delay, n_samples)))
        if table.n_frames is not None:
            end = table.n_frames * first.n_samples
            start = max(end - table.padding, table.delay)
            if start < min(end, n_samples):
                dropped.append((lead + start, lead + min(end, n_samples)))
    n_samples -= sum(end - start for start, end in dropped[1:])
    return MpegLayout(tuple(pieces), max(0, n_samples), tuple(dropped), None, None)


def _silent_frame(data: bytes, span: Span) -> bytes:
    """A frame like that one, of zeros and without a check sum."""
    head = data[span.start : span.start + 4]
    return bytes([head[0], head[1] | 1, head[2], head[3]]) + bytes(span.n_bytes - 4)


def _with_silence(data: bytes, audio: list[Span], broken: set[int]) -> list[bytes | Span]:
    """The frames, with silent ones in place of those that do not decode."""
    pieces: list[bytes | Span] = []
    start = 0
    for index in [*sorted(broken), len(audio)]:
        pieces += [Span(*run) for run in _contiguous(audio[start:index])]
        if index < len(audio):
            pieces.append(_silent_frame(data, audio[index]))
        start = index + 1
    return pieces


def _broken_frames(data: bytes, audio: list[Span]) -> set[int]:
    """Layer III frames whose side information asks for what cannot be (ISO 11172-3, 2.4.1.7)."""
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


def _begins_inside(data: bytes, span: Span) -> bool:
    """Whether the first frame asks for bytes of frames that are missing: cut at its start."""
    head = frame_head(data, span.start)
    if head is None or head.layer != 3:
        return False
    at = span.start + 4 + 2 * (1 - (data[span.start + 1] & 1))
    begin = int.from_bytes(data[at : at + 2], "big")
    return begin >> (7 if head.n_samples == 1_152 else 8) > 0


def _is_joined(data: bytes, audio: list[Span]) -> bool:
    """Whether another file's table or tag stands between the frames."""
    return len(_contiguous(audio)) > 1 or any(
        data.find(name, audio[0].start, audio[-1].start) >= 0
        and any(_table_at(data, span) for span in audio)
        for name in (b"Info", b"Xing")
    )


def _table_at(data: bytes, span: Span) -> bool:
    head = frame_head(data, span.start)
    return head is not None and _table(data, span, head) is not None


def frame_head(data: bytes, at: int) -> FrameHead | None:
    """Read the head of a frame; None where there is none (free format counts as none)."""
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


def _frames(data: bytes) -> tuple[list[Span], int, int] | None:
    """All whole frames of one kind, bytes between them that are none, and where they end."""
    at = begin = _after_id3v2(data, 0)
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
            at = max(at + 1, _after_id3v2(data, at))
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
            return may_be_few and following >= len(data) - _ID3V1_BYTES and following > at
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


def _after_id3v2(data: bytes, at: int) -> int:
    """Behind the ID3v2 tags that begin there."""
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


def _cut_frame(data: bytes, rest: int, first: FrameHead) -> Span | None:
    """The frame at the file's end that is not all there."""
    head = frame_head(data, rest)
    if head is None or head[2:4] != first[2:4] or rest + head.n_bytes <= len(data):
        return None
    return Span(rest, len(data) - rest)


def _table(data: bytes, span: Span, head: FrameHead) -> _Table | None:
    """The table in a first frame, where there is one."""
    frame = data[span.start : span.start + span.n_bytes]
    if head.layer != 3:
        return None
    crc = 0 if frame[1] & 1 else 2
    at = 4 + head.side_bytes
    for start in (at, at + crc):
        if frame[start : start + 4] in (b"Xing", b"Info"):
            return _xing_table(frame, start)
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return _Table(int.from_bytes(frame[50:54], "big"), None, 0, 0, False)
    return None


def _xing_table(frame: bytes, at: int) -> _Table:
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
        return _Table(n_frames, n_bytes, 0, 0, False)
    ends = int.from_bytes(lame[21:24], "big")
    delay = (ends >> 12) + _DECODER_DELAY_SAMPLES
    padding = max(0, (ends & 0xFFF) - _DECODER_DELAY_SAMPLES)
    return _Table(n_frames, n_bytes, delay, padding, True)


def _contiguous(spans: list[Span]) -> tuple[tuple[int, int], ...]:
    """Neighbours joined: start and bytes of each run."""
    runs: list[list[int]] = []
    for start, n_bytes in spans:
        if runs and runs[-1][0] + runs[-1][1] == start:
            runs[-1][1] += n_bytes
        else:
            runs.append([start, n_bytes])
    return tuple((start, n_bytes) for start, n_bytes in runs)


def _only_tags_around(data: bytes, runs: tuple[tuple[int, int], ...]) -> bool:
    """Whether nothing but an ID3v2 tag before and an ID3v1 tag behind is not frames."""
    if len(runs) != 1 or runs[0][0] != _after_id3v2(data, 0):
        return False
    tail = data[runs[0][0] + runs[0][1] :]
    return not tail or (len(tail) == _ID3V1_BYTES and tail[:3] == b"TAG")
