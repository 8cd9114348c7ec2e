"""Give an Ogg file a serial number of our choice, so that two equal renders are equal files.

libsndfile draws the serial number of the stream from the clock. It is in the head of each page,
which its checksum covers. The checksum (CRC-32 with polynomial 0x04C11DB7, start 0, not reflected)
is linear: changing four bytes changes it by a term that depends on their distance to the page's end
alone, so no page has to be read through. Source: RFC 3533, section 6.
"""

from __future__ import annotations

import struct
from pathlib import Path

_POLYNOMIAL = 0x04C11DB7
# The head of a page, as RFC 3533 has it.
HEAD_BYTES = 27
SERIAL_AT, CHECKSUM_AT, SEGMENTS_AT = 14, 22, 26


def set_serial(path: Path, serial: int) -> None:
    """Rewrite the serial number (0 to 2**32 - 1) of every page of an Ogg file, in place.

    Raises:
        ValueError: the file is not a whole sequence of Ogg pages.
    """
    with path.open("r+b") as file:
        start = 0
        while head := file.read(HEAD_BYTES):
            if len(head) < HEAD_BYTES or head[:4] != b"OggS":
                raise ValueError(f"{path}: no Ogg page at byte {start}")
            segments = file.read(head[SEGMENTS_AT])
            size = HEAD_BYTES + len(segments) + sum(segments)
            new = struct.pack("<I", serial)
            change = int.from_bytes(head[SERIAL_AT : SERIAL_AT + 4], "big") ^ int.from_bytes(
                new, "big"
            )
            (checksum,) = struct.unpack_from("<I", head, CHECKSUM_AT)
            checksum ^= _product(change, _power_of_x(8 * (size - SERIAL_AT - 4) + 32))
            file.seek(start + SERIAL_AT)
            file.write(new)
            file.seek(start + CHECKSUM_AT)
            file.write(struct.pack("<I", checksum))
            start += size
            file.seek(start)


def _product(a: int, b: int) -> int:
    """a times b as polynomials over GF(2), modulo the checksum's polynomial."""
    product = 0
    for bit in range(31, -1, -1):
        carry = product >> 31
        product = (product << 1) & 0xFFFFFFFF
        if carry:
            product ^= _POLYNOMIAL
        if b >> bit & 1:
            product ^= a
    return product


def _power_of_x(exponent: int) -> int:
    power, square = 1, 2
    while exponent:
        if exponent & 1:
            power = _product(power, square)
        square = _product(square, square)
        exponent >>= 1
    return power
