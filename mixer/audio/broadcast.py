"""The `bext` chunk of a Broadcast Wave file: what it is, where it starts, how loud it is.

Source: EBU Tech 3285, version 2 (2011), section 2.3. Players and workstations read the time
reference from it, so that files of one mix line up, and meters the loudness. Dates stay empty:
equal renders are equal files.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

ORIGINATOR = "mixer"
_VERSION = 2
# description, originator, its reference, date, time, time reference, version, UMID, five levels
_FIXED = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_LEVEL_UNKNOWN = 0x7FFF
_LARGEST_LEVEL = 99.99


@dataclass(frozen=True)
class BroadcastInfo:
    """Contents of a `bext` chunk; None stands for an unknown level.

    Attributes:
        description: what the sound is, at most 256 characters; non-ASCII ones become `?`.
        originator: who made the file, at most 32 characters.
        time_reference_samples: position of the first sample on the time line, in samples.
        loudness_lufs: integrated loudness (ITU-R BS.1770).
        loudness_range_lu: loudness range (EBU Tech 3342).
        max_true_peak_dbtp: highest true peak (ITU-R BS.1770, annex 2).
        max_momentary_lufs, max_short_term_lufs: loudest 400 ms and 3 s (EBU Tech 3341).
        coding_history: lines as defined by EBU R 98, without the line for the file itself, which
            the writer adds.
    """

    description: str = ""
    originator: str = ORIGINATOR
    time_reference_samples: int = 0
    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    max_true_peak_dbtp: float | None = None
    max_momentary_lufs: float | None = None
    max_short_term_lufs: float | None = None
    coding_history: str = ""


def coding_history_line(sample_rate: int, bit_depth: str, channels: int) -> str:
    """Coding of a file's own samples, as EBU R 98 writes it; depths as in `BIT_DEPTHS`."""
    mode = {1: "mono", 2: "stereo"}.get(channels, "multitrack")
    line = f"A=PCM,F={sample_rate},W={bit_depth.removesuffix('f')},M={mode}"
    # R 98 has no word for floating point but its free text.
    return line + (",T=floating point" if bit_depth == "32f" else "") + "\r\n"


def bext_chunk(info: BroadcastInfo) -> bytes:
    """The whole chunk as bytes, including its header and padding."""
    body = _FIXED.pack(
        _text(info.description, 256),
        _text(info.originator, 32),
        b"",
        b"",
        b"",
        info.time_reference_samples,
        _VERSION,
        b"",
        _level(info.loudness_lufs),
        _level(info.loudness_range_lu),
        _level(info.max_true_peak_dbtp),
        _level(info.max_momentary_lufs),
        _level(info.max_short_term_lufs),
    ) + _text(info.coding_history, None)
    return b"bext" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _text(text: str, n_bytes: int | None) -> bytes:
    """ASCII as the standard asks, cut to the field; no control characters but the ends of lines."""
    kept = "".join(sign for sign in text if sign in "\r\n" or sign.isprintable())
    return kept.encode("ascii", "replace")[:n_bytes]


def _level(value: float | None) -> int:
    """Hundredths; what is unknown, or too large for the field, has a value of its own."""
    if value is None or not abs(value) <= _LARGEST_LEVEL:
        return _LEVEL_UNKNOWN
    return round(100.0 * value)
