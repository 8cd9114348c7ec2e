"""The state of ReaEQ, REAPER's own equaliser, as it is in a project file.

Three lines of base64. The first is the header that REAPER puts in front of any plug-in's state. The
second is the state: version 33, the number of bands, 33 bytes a band (kind, on, frequency in Hz,
gain as a factor, bandwidth in octaves, a flag), two words, the gain of the whole, and 16 bytes of
the window. The third names the program. Files that REAPER 6 and 7 wrote agree on it.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Sequence

from mixer.output.daw.strips.native_strip import BandKind, EqBand

NAME = "VST: ReaEQ (Cockos)"
IDENTITY = f'"{NAME}" reaeq.dll 0 "" 1919247729<56535472656571726561657100000000> ""'
_KINDS: dict[BandKind, int] = {
    "low_shelf": 0, "high_shelf": 1, "low_pass": 3, "high_pass": 4, "notch": 6, "bell": 8,
}  # fmt: skip
_OF_KIND = {number: kind for kind, number in _KINDS.items()}
_VERSION = 33
_BAND = struct.Struct("<iidddB")
_HEADER = struct.Struct("<4sIIQQIQQIII")
_TAIL = struct.Struct("<iid4I")
_WINDOW = (0, 576, 363, 2)
_PROGRAM = base64.b64encode(b"\0\0\x10\0\0\0").decode()
_LINE_CHARACTERS = 128
# More bands than anybody sets, of a file that may say anything.
_MOST_BANDS = 256


def reaeq_lines(bands: Sequence[EqBand], sample_rate: int) -> list[str]:
    """The lines of base64 for bands; `read_reaeq` gives the bands back."""
    state = struct.pack("<ii", _VERSION, len(bands))
    for band in bands:
        state += _BAND.pack(
            _KINDS[band.kind],
            1,
            band.frequency_hz,
            10.0 ** (band.gain_db / 20.0),
            bandwidth_octaves(band.q, band.frequency_hz, sample_rate),
            1,
        )
    state += _TAIL.pack(1, 1, 1.0, *_WINDOW)
    header = _HEADER.pack(b"qeer", 0xFEED5EEE, 2, 1, 2, 2, 1, 2, len(state), 1, 0x00100000)
    encoded = base64.b64encode(state).decode()
    lines = [encoded[i : i + _LINE_CHARACTERS] for i in range(0, len(encoded), _LINE_CHARACTERS)]
    return [base64.b64encode(header).decode(), *lines, _PROGRAM]


def read_reaeq(lines: Sequence[str], sample_rate: int) -> tuple[EqBand, ...]:
    """The bands that are on, of a state from any project.

    Raises:
        ValueError: it is not a state of ReaEQ's that is known.
    """
    try:
        state = base64.b64decode("".join(lines[1:-1]), validate=True)
        version, count = struct.unpack_from("<ii", state)
        if version != _VERSION or not 0 <= count <= _MOST_BANDS:
            raise ValueError("unknown version")
        rows = [_BAND.unpack_from(state, 8 + _BAND.size * i) for i in range(count)]
    except (binascii.Error, struct.error, ValueError):
        raise ValueError("not a known state of ReaEQ") from None
    return tuple(_band(row, sample_rate) for row in rows if row[1] and row[0] in _OF_KIND)


def bandwidth_octaves(q: float, frequency_hz: float, sample_rate: int) -> float:
    """The bandwidth of a q, as the cookbook relates them for a digital filter."""
    omega = 2.0 * math.pi * min(frequency_hz / sample_rate, 0.49)
    return 2.0 / math.log(2.0) * math.asinh(0.5 / q) * math.sin(omega) / omega


def _band(row: tuple[int, int, float, float, float, int], sample_rate: int) -> EqBand:
    kind, _, frequency_hz, gain, octaves, _ = row
    if not (1.0 <= frequency_hz <= 1e5 and 1e-8 < gain < 1e8 and 1e-4 < octaves < 20.0):
        raise ValueError("a band out of range")
    omega = 2.0 * math.pi * min(frequency_hz / sample_rate, 0.49)
    q = 0.5 / math.sinh(0.5 * math.log(2.0) * octaves * omega / math.sin(omega))
    has_gain = _OF_KIND[kind] in ("bell", "low_shelf", "high_shelf")
    return EqBand(_OF_KIND[kind], frequency_hz, 20.0 * math.log10(gain) if has_gain else 0.0, q)
