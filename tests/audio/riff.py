"""RIFF files written chunk by chunk, for what no library writes."""

import struct
from pathlib import Path


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wave(path: Path, *chunks: bytes) -> Path:
    body = b"WAVE" + b"".join(chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def form(
    tag: int,
    channels: int,
    bits: int,
    more: bytes = b"",
    frame_bytes: int = 0,
    sample_rate: int = 44_100,
) -> bytes:
    """A `fmt ` chunk."""
    frame_bytes = frame_bytes or channels * bits // 8
    sizes = (tag, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, bits)
    return chunk(b"fmt ", struct.pack("<HHIIHH", *sizes) + more)


def extensible(tag: int, channels: int, bits: int, valid: int) -> bytes:
    """A `fmt ` chunk in the extensible form."""
    guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
    return form(0xFFFE, channels, bits, struct.pack("<HHI", 22, valid, 3) + guid)
