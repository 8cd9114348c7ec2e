"""The blocks of a Creative Voice file (.voc): one recording, made of sound, silence and repeats.

libsndfile reads the bytes from the first block of sound to the file's end as samples, the heads of
all further blocks among them. Here the samples are taken out of their blocks, behind a header of a
WAV file. Sources: Creative's Sound Blaster developer kit as noted down in the PC Game Programmer's
Encyclopedia (voc.txt), and its revision 1.20, which has blocks of type 9.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mixer.audio.containers.container import riff_header
from mixer.audio.containers.spliced_file import Piece, Pieces, Span
from mixer.audio.containers.wave_format import plain_format
from mixer.files.regular_file import open_regular

MAGIC = b"Creative Voice File\x1a"
_HEAD_BYTES = 26
_SIZES = 1 << 24
_SOUND, _CONTINUED, _SILENCE, _REPEAT, _REPEATED, _EXTENDED, _NEW_SOUND = 1, 2, 3, 6, 7, 8, 9
_SOUNDING = (_SOUND, _NEW_SOUND)
_KINDS = range(1, 10)  # 4 is a marker, 5 text
_BITS_AT = 4
_MOST_PADDING_BYTES = 4_096
_ENDLESS = 0xFFFF
# Silence and repeats take a few bytes in the file, and no more than this decoded.
_MOST_BYTES = 2 << 30
_MOST_PIECES = 1 << 20
_AT_ONCE_BYTES = 1 << 16
# By the number of a coding: its tag in a WAV file, bytes a sample, and the byte that is silence.
_CODINGS = {0: (1, 1, 0x80), 4: (1, 2, 0x00), 6: (6, 1, 0xD5), 7: (7, 1, 0xFF)}
# Rates that time constants, which are rounded, are written for.
_USUAL_RATES_HZ = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000)


class _Block(NamedTuple):
    kind: int
    body: Span


class _Format(NamedTuple):
    sample_rate: int
    channels: int
    coding: int


@dataclass
class _Voice:
    """The part of a file that has been read.

    Attributes:
        parts: spans of its bytes, and silence in seconds.
        format: of its first sound.
        next_format: stated for the next block of sound.
        repeats: index in `parts` where a repeated section begins, and how often it sounds.
        fault, remark: as in `VoiceLayout`.
    """

    parts: list[Span | float] = field(default_factory=list)
    format: _Format | None = None
    next_format: _Format | None = None
    continues: bool = False
    repeats: tuple[int, int] | None = None
    fault: str | None = None
    remark: str | None = None


class VoiceLayout(NamedTuple):
    """A Creative Voice file as one recording.

    Attributes:
        pieces: a WAV file: a header, and the file's samples.
        fault: how it is truncated or contradicts itself, or None.
        remark: why its length had to be counted, or None.
    """

    pieces: Pieces
    fault: str | None
    remark: str | None


def voice_layout(path: Path) -> VoiceLayout | None:
    """Find the samples of a Creative Voice file.

    Returns:
        None if they are coded as libsndfile does not read them, if there are none, or if silence
        and repeats make them longer than 2 GiB.

    Raises:
        OSError: the file cannot be read.
    """
    voice = _Voice()
    with open_regular(path) as file:
        head = file.read(_HEAD_BYTES)
        n_file = file.seek(0, 2)
        if len(head) < _HEAD_BYTES or not head.startswith(MAGIC):
            return None
        blocks, voice.fault = _blocks(file, struct.unpack_from("<H", head, 20)[0], n_file)
        for block in blocks:
            _take_block(voice, file, block)
    return _laid_out(voice)


def _blocks(file: BinaryIO, start: int, n_file: int) -> tuple[list[_Block], str | None]:
    """The blocks up to the last, and how the file is damaged, or None."""
    blocks: list[_Block] = []
    position = start
    while position < n_file and len(blocks) < _MOST_PIECES:
        if _is_end(file, position, n_file):
            return blocks, None
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or head[0] not in _KINDS:
            break
        block = _Block(head[0], Span(position + 4, int.from_bytes(head[1:], "little")))
        blocks.append(block)
        position += 4 + block.body.n_bytes
    if not blocks:
        return [], None
    if position == n_file:
        return _without_end(file, blocks), None
    lone = _lone_sound(file, blocks, n_file)
    if lone is not None:
        return lone, None
    if position < n_file:
        return blocks, f"damaged: no block starts at byte {position}"
    *whole, (kind, body) = blocks
    there = n_file - body.start
    cut = _Block(kind, Span(body.start, there))
    return [*whole, cut], f"truncated: its last block has {there} of {body.n_bytes} bytes"


def _is_end(file: BinaryIO, position: int, n_file: int) -> bool:
    """Whether nothing but the mark of the end and padding follows: a sample may be zero too."""
    if n_file - position > _MOST_PADDING_BYTES:
        return False
    file.seek(position)
    return not file.read().strip(b"\0\x1a")


def _without_end(file: BinaryIO, blocks: list[_Block]) -> list[_Block]:
    """The blocks of a file without a mark of its end; libsndfile may count that as a sample."""
    *whole, (kind, body) = blocks
    file.seek(body.start + _BITS_AT)
    if kind == _NEW_SOUND and file.read(1) == b"\x08":
        file.seek(-1, 2)
        return [*whole, _Block(kind, Span(body.start, body.n_bytes - (file.read(1) == b"\0")))]
    return blocks


def _lone_sound(file: BinaryIO, blocks: list[_Block], n_file: int) -> list[_Block] | None:
    """The blocks of a file with one sound that is longer than stated; None for any other.

    Sizes have 24 bits; SoX and libsndfile write a block of any length, and SoX states 8 bytes less.
    """
    first = next((n for n, block in enumerate(blocks) if block.kind in _SOUNDING), None)
    if first is None:
        return None
    kind, body = blocks[first]
    file.seek(n_file - 1)
    has_end = file.read(1) == b"\0"
    there = n_file - body.start - has_end
    if (there - body.n_bytes) % _SIZES not in (0, 8):
        return None
    return [*blocks[:first], _Block(kind, Span(body.start, there))]


def _take_block(voice: _Voice, file: BinaryIO, block: _Block) -> None:
    kind, body = block
    file.seek(body.start)
    start = file.read(min(body.n_bytes, 12))
    if kind == _SOUND and len(start) >= 2:
        own = _Format(_rate_of(start[0]), 1, start[1])
        _take_sound(voice, voice.next_format or own, _behind(body, 2))
        voice.next_format = None
    elif kind == _NEW_SOUND and len(start) >= 12:
        rate, _, channels, coding = struct.unpack_from("<IBBH", start)
        _take_sound(voice, _Format(rate, channels, coding), _behind(body, 12))
    elif kind == _CONTINUED and voice.continues:
        voice.parts.append(body)
    elif kind == _EXTENDED and len(start) >= 4:
        constant, coding, mode = struct.unpack_from("<HBB", start)
        channels = mode + 1
        voice.next_format = _Format(_rate_of(constant, 16, channels), channels, coding)
    elif kind == _SILENCE and len(start) >= 3:
        voice.parts.append((1 + int.from_bytes(start[:2], "little")) / _rate_of(start[2]))
    elif kind == _REPEAT and len(start) >= 2:
        voice.repeats = len(voice.parts), int.from_bytes(start[:2], "little")
    elif kind == _REPEATED and voice.repeats is not None:
        _repeat(voice, *voice.repeats)
        voice.repeats = None


def _behind(body: Span, n_head: int) -> Span:
    return Span(body.start + n_head, body.n_bytes - n_head)


def _take_sound(voice: _Voice, own: _Format, samples: Span) -> None:
    voice.format = voice.format or own
    voice.continues = own == voice.format
    if voice.continues:
        voice.parts.append(samples)
    else:
        voice.fault = voice.fault or "its blocks have different sample rates, channels or codings"


def _repeat(voice: _Voice, first: int, times: int) -> None:
    if times == _ENDLESS:
        voice.remark = "it repeats a part without end, which is read once"
        return
    section = voice.parts[first:]
    if len(voice.parts) + len(section) * times <= _MOST_PIECES:
        voice.parts += section * max(0, times - 1)
    else:
        voice.fault = voice.fault or f"a part of it is repeated {times} times, which is read once"


def _rate_of(constant: int, bits: int = 8, channels: int = 1) -> int:
    """The rate in Hz of a time constant: a usual one where that has this constant.

    A constant of 8 bits comes no nearer to 44 100 Hz than 43 478 or 45 455, which programs write.
    """
    scale = 1 << bits
    clock_hz = 1e6 * (scale >> 8) / max(1, channels)
    for rate in _USUAL_RATES_HZ:
        if abs(scale - clock_hz / rate - constant) < 1.0:
            return rate
    return round(clock_hz / (scale - constant))


def _laid_out(voice: _Voice) -> VoiceLayout | None:
    form = voice.format
    if form is None or form.coding not in _CODINGS or not form.channels:
        return None
    tag, sample_bytes, silence = _CODINGS[form.coding]
    frame_bytes = form.channels * sample_bytes
    pieces: list[Piece] = []
    silent = memoryview(bytes([silence]) * _AT_ONCE_BYTES)
    n_bytes = 0
    for part in voice.parts:
        if isinstance(part, Span):
            pieces.append(part)
            n_bytes += part.n_bytes
        else:
            n_silent = round(part * form.sample_rate) * frame_bytes
            n_bytes += n_silent
            if n_bytes <= _MOST_BYTES:
                pieces += _silence(n_silent, silent)
    if n_bytes > _MOST_BYTES:
        return None
    fmt = plain_format(tag, form.channels, form.sample_rate, sample_bytes).body("<")
    whole_bytes = n_bytes - n_bytes % frame_bytes
    header = riff_header("<", [(b"fmt ", fmt)], whole_bytes, frame_bytes)
    return VoiceLayout((header, *pieces), voice.fault, voice.remark)


def _silence(n_bytes: int, silent: memoryview) -> Iterator[Piece]:
    n_whole, rest = divmod(n_bytes, len(silent))
    yield from itertools.repeat(silent, n_whole)
    if rest:
        yield silent[:rest]
