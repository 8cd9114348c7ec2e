"""What libsndfile says of the commonest file there is, a WAV of uncompressed samples and no more.

To open a file takes libsndfile twenty reads of a few bytes and its package as long again; a plan of
a batch looks at files by the ten thousand. Only headers about which nothing can be doubted are read
here: any other is libsndfile's.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from mixer.audio.chunks import Heads
from mixer.audio.formats import SAMPLE_RATES_HZ

_FORMAT = struct.Struct("<HHIIHH")
_FORMAT_BYTES = (16, 18)  # without and with an empty extension
_MOST_CHANNELS = 2
# By the tag and the bits of a sample.
_ENCODINGS = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
}
# libsndfile steps over these without a look at what is in them.
_PASSED_OVER = frozenset((b"fmt ", b"data", b"JUNK", b"junk", b"PAD ", b"FLLR", b"minf", b"elm1"))


class PlainWave(NamedTuple):
    """What a header says: rate in Hz, channels, libsndfile's name of the coding, samples each."""

    sample_rate: int
    channels: int
    encoding: str
    n_samples: int


def read_plain_wave(file: BinaryIO, heads: Heads) -> PlainWave | None:
    """What a WAV's header says, where it is one that this module reads; else None.

    Args:
        file: open for reading.
        heads: its chunks, from `read_heads`.
    """
    audio = heads.audio
    if heads.family.magic != b"RIFF" or audio is None or heads.astray:
        return None
    # An odd number of bytes may be padded to an even one.
    if not audio.size or heads.n_file - audio.start - audio.size not in (0, audio.size % 2):
        return None
    names = [chunk.name for chunk in heads.chunks]
    if names.count(b"fmt ") != 1 or not _PASSED_OVER.issuperset(names):
        return None
    form = heads.chunks[names.index(b"fmt ")]
    if form.size not in _FORMAT_BYTES:
        return None
    file.seek(form.start)
    tag, channels, sample_rate, _, frame_bytes, bits = _FORMAT.unpack(file.read(_FORMAT.size))
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None or not 1 <= channels <= _MOST_CHANNELS:
        return None
    if frame_bytes != channels * bits // 8 or audio.size % frame_bytes:
        return None
    low_hz, high_hz = SAMPLE_RATES_HZ
    if not low_hz <= sample_rate <= high_hz:
        return None
    return PlainWave(sample_rate, channels, encoding, audio.size // frame_bytes)
