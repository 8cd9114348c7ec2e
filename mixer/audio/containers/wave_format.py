"""The `fmt ` chunk of WAV and Wave64 files: how their samples are coded.

Sources: RIFF (Microsoft and IBM, 1991), mmreg.h and WAVEFORMATEXTENSIBLE of the Windows SDK.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

PCM, FLOAT, ALAW, ULAW = 1, 3, 6, 7
_EXTENSIBLE = 0xFFFE
_PLAIN = struct.Struct("=HHIIHH")
# The tag is the first two bytes of an extensible format's GUID, and this the rest.
_GUID_REST = bytes.fromhex("000000001000800000aa00389b71")
MAX_32_BIT = 0xFFFFFFFF


# Codings with packets of their own, by tag, and in what they are better kept.
_PACKED = {
    **dict.fromkeys((0x00FF, 0x1600, 0x1601, 0x1602, 0x1610, 0x706D, 0xA106), ("AAC", "m4a")),
    **dict.fromkeys((0x566F, *range(0x674F, 0x6752), *range(0x676F, 0x6772)), ("Vorbis", "Ogg")),
    0x704F: ("Opus", "Ogg"),
    0xA109: ("Speex", "Ogg"),
}


class WaveFormat(NamedTuple):
    """The coding of samples.

    Attributes:
        tag: number of the coding.
        channels: number of channels.
        sample_rate: in Hz.
        frame_bytes: bytes of a sample of all channels, as stated.
        bits: of a sample as it is stored.
        valid_bits: of them that belong to it; the others are below them, and zero.
        is_extensible: whether the chunk has the extensible form.
    """

    tag: int
    channels: int
    sample_rate: int
    frame_bytes: int
    bits: int
    valid_bits: int
    is_extensible: bool = False

    def body(self, order: str) -> bytes:
        """The chunk's content in its plain form, in an order of bytes as in `struct`."""
        rate, rate_bytes = self.sample_rate, self.sample_rate * self.frame_bytes
        sizes = (min(rate, MAX_32_BIT), min(rate_bytes, MAX_32_BIT), self.frame_bytes, self.bits)
        return struct.pack(order + _PLAIN.format[1:], self.tag, self.channels, *sizes)


def plain_format(tag: int, channels: int, sample_rate: int, sample_bytes: int) -> WaveFormat:
    """A format whose samples fill the bytes that they take."""
    bits = 8 * sample_bytes
    return WaveFormat(tag, channels, sample_rate, channels * sample_bytes, bits, bits)


def read_wave_format(body: bytes, order: str) -> WaveFormat | None:
    """Read a chunk's content; None if it is cut, or extensible with a GUID that is not a tag.

    Args:
        body: the content.
        order: of its bytes, as in `struct`.
    """
    if len(body) < _PLAIN.size:
        return None
    tag, channels, rate, _, frame_bytes, bits = struct.unpack_from(order + _PLAIN.format[1:], body)
    if tag != _EXTENSIBLE:
        return WaveFormat(tag, channels, rate, frame_bytes, bits, bits)
    if len(body) < 40 or body[26:40] != _GUID_REST:
        return None
    valid, _, tag = struct.unpack_from(order + "HIH", body, 18)
    return WaveFormat(tag, channels, rate, frame_bytes, bits, valid or bits, is_extensible=True)


def packed_coding(tag: int) -> tuple[str, str] | None:
    """The coding of a tag whose packets a WAV file has no place for, and what has one."""
    return _PACKED.get(tag)
