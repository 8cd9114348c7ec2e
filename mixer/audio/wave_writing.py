"""WAV and RF64 files, byte by byte: the head, and the samples as they lie in the file.

libsndfile takes twice as long over 24-bit samples, and writes the head at the end, so that a
file could be hashed only by reading it again. Up to 4 GB the bytes are those of libsndfile.

Source: EBU Tech 3306 for what is longer than 4 GB.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from mixer.audio.formats import BIT_DEPTHS

_RF64_FROM_BYTES = 4_000_000_000
_SIZE_ELSEWHERE = 0xFFFFFFFF  # in the ds64 chunk
_INTEGERS, _FLOATS = 1, 3
_TAG_NAMES = {"title": b"INAM", "artist": b"IART"}


class Hasher(Protocol):
    """A hash of `hashlib` that is being computed."""

    def update(self, data: bytes | memoryview, /) -> None: ...


def write_wave(
    path: Path, head: bytes, blocks: Iterable[np.ndarray], hasher: Hasher | None = None
) -> None:
    """Write a whole file, to the disk itself.

    Args:
        path: of the file; what was in it is lost.
        head: from `wave_head`.
        blocks: one after another, `(channels, samples)`: int16, int32 with 24-bit samples in the
            upper bits, or float32; as many samples as the head says.
        hasher: updated with every byte.

    Raises:
        OSError: the disk is full or read-only.
    """
    n_bytes = 0
    with path.open("wb") as file:

        def add(data: bytes | memoryview) -> None:
            file.write(data)
            if hasher is not None:
                hasher.update(data)

        add(head)
        for block in blocks:
            data = _bytes_of(block)
            add(data)
            n_bytes += len(data)
        add(b"\0" * (n_bytes % 2))
        file.flush()
        os.fsync(file.fileno())


def wave_head(
    channels: int,
    n_samples: int,
    sample_rate: int,
    bit_depth: str,
    tags: Mapping[str, str],
    more: bytes = b"",
) -> bytes:
    """Everything in front of the samples.

    Args:
        channels: 1 or 2.
        n_samples: of each channel.
        sample_rate: in Hz.
        bit_depth: one of `BIT_DEPTHS`.
        tags: title and artist, each a single line.
        more: further chunks, whole.
    """
    is_float, frame_bytes = bit_depth == "32f", BIT_DEPTHS[bit_depth] * channels
    n_bytes = n_samples * frame_bytes
    chunks = _chunk(
        b"fmt ",
        struct.pack(
            "<HHIIHH",
            _FLOATS if is_float else _INTEGERS,
            channels,
            sample_rate,
            sample_rate * frame_bytes,
            frame_bytes,
            8 * BIT_DEPTHS[bit_depth],
        ),
    )
    if is_float:
        chunks += _chunk(b"fact", struct.pack("<I", min(n_samples, _SIZE_ELSEWHERE)))
    if tags:
        texts = (_chunk(_TAG_NAMES[name], _ended(text)) for name, text in tags.items())
        chunks += _chunk(b"LIST", b"INFO" + b"".join(texts))
    elif is_float:
        # libsndfile's place for the peaks of the channels, whose time stamp would differ.
        chunks += _chunk(b"PAD ", bytes(8 + 8 * channels))
    chunks += more
    riff_bytes = len(b"WAVE") + len(chunks) + 8 + n_bytes + n_bytes % 2
    if n_bytes <= _RF64_FROM_BYTES:
        return b"".join(
            (_start(b"RIFF", riff_bytes), b"WAVE", chunks, _start(b"data", n_bytes)),
        )
    sizes = _chunk(b"ds64", struct.pack("<QQQI", riff_bytes + 36, n_bytes, n_samples, 0))
    start, data = _start(b"RF64", _SIZE_ELSEWHERE), _start(b"data", _SIZE_ELSEWHERE)
    return b"".join((start, b"WAVE", sizes, chunks, data))


def _start(name: bytes, n_bytes: int) -> bytes:
    return name + struct.pack("<I", n_bytes)


def _chunk(name: bytes, body: bytes) -> bytes:
    return _start(name, len(body)) + body


def _ended(text: str) -> bytes:
    """A text with the zero that ends it, of even length."""
    encoded = text.encode() + b"\0"
    return encoded + b"\0" * (len(encoded) % 2)


def interleaved(block: np.ndarray) -> np.ndarray:
    """A block `(channels, samples)` as `(samples, channels)`, in one piece."""
    out = np.empty(block.shape[::-1], block.dtype)
    # Several times as fast as a copy of the transposed block.
    for place, channel in enumerate(block):
        out[:, place] = channel
    return out


def _bytes_of(block: np.ndarray) -> memoryview:
    """The samples of a block in turn, as they lie in a file."""
    if block.dtype == np.int32:
        return _upper_bytes(block.view(np.uint32))
    samples = interleaved(block).reshape(-1)
    little = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return little.view(np.uint8).data


def _upper_bytes(block: np.ndarray) -> memoryview:
    """The three upper bytes of each sample: four pairs of samples fill three words of 64 bits."""
    odd = np.zeros((1, block.shape[1] % 2), np.uint32)
    # A pair is left and right, or a sample of mono and the next one.
    turns = block if len(block) > 1 else np.hstack([block, odd]).reshape(-1, 2).T
    n_pairs = turns.shape[1]
    pairs = np.zeros(n_pairs + -n_pairs % 4, np.uint64)
    np.left_shift(turns[1], 16, out=pairs[:n_pairs], dtype=np.uint64)
    pairs[:n_pairs] |= turns[0] >> 8
    first, second, third, fourth = pairs.reshape(-1, 4).T
    words = np.empty((first.size, 3), "<u8")
    np.bitwise_or(first, second << 48, out=words[:, 0])
    np.bitwise_or(second >> 16, third << 32, out=words[:, 1])
    np.bitwise_or(third >> 32, fourth << 16, out=words[:, 2])
    return words.reshape(-1).view(np.uint8)[: 3 * block.size].data
