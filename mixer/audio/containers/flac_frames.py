"""The position of a FLAC frame, which its header states."""

from __future__ import annotations

# At byte 4 of a frame; a first byte of so many ones in front has as many bytes in all, as in UTF-8.
_NUMBER_AT = 4
_LONGEST_NUMBER = 7


def flac_position(frame: bytes, stream_info: bytes | None) -> int | None:
    """The first sample of a frame, by the number in its header (RFC 9639, 9.1).

    Args:
        frame: its bytes, from the sync code on.
        stream_info: the STREAMINFO metadata block, which states the frame size.

    Returns:
        Position in samples from the start of the file; None if the header is incomplete.
    """
    if len(frame) < _NUMBER_AT + _LONGEST_NUMBER or frame[0] != 0xFF or frame[1] & 0xFE != 0xF8:
        return None
    lead = frame[_NUMBER_AT]
    n_bytes = next((n for n in range(8) if not lead & (0x80 >> n)), 8)
    if n_bytes in (1, 8):
        return None
    number = lead & (0x7F >> n_bytes)
    for byte in frame[_NUMBER_AT + 1 : _NUMBER_AT + max(n_bytes, 1)]:
        number = number << 6 | byte & 0x3F
    counts_samples = bool(frame[1] & 1)
    if counts_samples:
        return number
    if stream_info is None or len(stream_info) < 2:
        return None
    return number * int.from_bytes(stream_info[:2], "big")
