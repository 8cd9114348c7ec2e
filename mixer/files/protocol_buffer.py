"""Protocol buffers, read field by field within bounds; nothing is copied before it is read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# Far above what any of our files holds, and some seconds of reading.
MOST_FIELDS = 2_000_000
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_SIGN_BIT, _WORD = 1 << 63, 1 << 64


class MalformedError(Exception):
    """The bytes are not a protocol buffer, or hold more fields than `MOST_FIELDS`."""


class FieldReader:
    """Reads messages, and counts their fields over all of them."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def fields(self, message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
        """Field number and value: bytes if they have a length, a number if it is a varint.

        Raises:
            MalformedError: the bytes are not a protocol buffer, or hold too many fields.
        """
        position = 0
        while position < len(message):
            if next(self._count) > MOST_FIELDS:
                raise MalformedError
            tag, position = _varint(message, position)
            wire = tag & 7
            if wire == _VARINT:
                value, position = _varint(message, position)
                yield tag >> 3, value
                continue
            if wire == _BYTES:
                size, position = _varint(message, position)
            elif wire in (_FIXED_64, _FIXED_32):
                size = 8 if wire == _FIXED_64 else 4
            else:
                raise MalformedError  # groups: deprecated long before ONNX
            if size > len(message) - position:
                raise MalformedError
            yield tag >> 3, message[position : position + size]
            position += size


def bytes_of(value: memoryview | int) -> bytes:
    """A field that must hold bytes."""
    return bytes(view_of(value))


def view_of(value: memoryview | int) -> memoryview:
    """A field that must hold bytes, not copied."""
    if isinstance(value, int):
        raise MalformedError
    return value


def number_of(value: memoryview | int) -> int:
    """A field that must hold a signed 64-bit number."""
    if not isinstance(value, int) or value >= _WORD:
        raise MalformedError
    return value - _WORD if value >= _SIGN_BIT else value


def numbers_of(value: memoryview | int) -> list[int]:
    """A repeated field of signed numbers: one of them, or many packed."""
    if isinstance(value, int):
        return [number_of(value)]
    found, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        found.append(number_of(number))
    return found


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise MalformedError
