"""A fast reader of the most common file: a WAV header of uncompressed samples.

To open a file takes libsndfile twenty reads of a few bytes and its package as long again; a plan of
a batch looks at files by the tens of thousands. Only headers that leave no doubt are read
here: any other is libsndfile's.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from mixer.audio.formats import SAMPLE_RATES_HZ

# Room for what programs put before the audio, so that it begins on a page of 4 096 bytes.
START_BYTES = 8_192
_FORMAT = struct.Struct("<HHIIHH")
_SIZE = struct.Struct("<I")
_FORMAT_BYTES = (16, 18)  # without and with an empty extension
_LOWEST_HZ, _HIGHEST_HZ = SAMPLE_RATES_HZ
_MOST_CHANNELS = 2
# By the tag and the bits of a sample; under 32 bits of integers there may be floats.
_ENCODINGS = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
}
# libsndfile steps over these without a look at what is in them.
_PASSED_OVER = frozenset((b"fmt ", b"JUNK", b"junk", b"PAD ", b"FLLR", b"minf", b"elm1"))


class PlainWave(NamedTuple):
    """A WAV header: rate in Hz, channels, libsndfile's name of the coding, number of samples."""

    sample_rate: int
    channels: int
    encoding: str
    n_samples: int


def read_plain_wave(start: bytes, n_file: int) -> PlainWave | None:
    """Read a WAV header, if this module knows its form and it agrees with the file.

    Args:
        start: the file's first `START_BYTES`, or all of it.
        n_file: size of the file in bytes.
    """
    if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
        return None
    form_at, position = 0, 12
    while (name := start[position : position + 4]) != b"data":
        if name not in _PASSED_OVER or position + 8 > len(start):
            return None
        (size,) = _SIZE.unpack_from(start, position + 4)
        if name == b"fmt ":
            if form_at or size not in _FORMAT_BYTES:
                return None
            form_at = position + 8
        # Where the chunk after one of odd size begins is to be seen in the file.
        if size % 2:
            return None
        position += 8 + size
    audio_at = position + 8
    if not form_at or audio_at > len(start):
        return None
    (size,) = _SIZE.unpack_from(start, position + 4)
    # An odd number of bytes may be padded to an even one.
    if not size or n_file - audio_at - size not in (0, size % 2):
        return None
    if audio_at + 12 > len(start) < n_file or start[audio_at : audio_at + 12] == start[:12]:
        return None  # a header that may be in the file twice
    return _of_format(_FORMAT.unpack_from(start, form_at), size)


def _of_format(said: tuple[int, ...], audio_bytes: int) -> PlainWave | None:
    tag, channels, sample_rate, _, frame_bytes, bits = said
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None or not 1 <= channels <= _MOST_CHANNELS:
        return None
    if frame_bytes != channels * bits // 8 or audio_bytes % frame_bytes:
        return None
    if not _LOWEST_HZ <= sample_rate <= _HIGHEST_HZ:
        return None
    return PlainWave(sample_rate, channels, encoding, audio_bytes // frame_bytes)
