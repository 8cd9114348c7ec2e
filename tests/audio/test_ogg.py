"""The Ogg checksum is recomputed as RFC 3533 defines it."""

import struct

import pytest

from mixer.audio import read_audio, write_audio
from mixer.audio.ogg import set_serial
from tests.signals import noise


def checksum(page: bytes) -> int:
    """CRC of a page whose checksum field counts as zero, bit by bit as the RFC writes it."""
    register = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = ((register << 1) ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


def pages(content: bytes) -> list[bytes]:
    found = []
    while content:
        n_segments = content[26]
        size = 27 + n_segments + sum(content[27 : 27 + n_segments])
        found.append(content[:size])
        content = content[size:]
    return found


def test_every_page_has_the_new_serial_and_a_right_checksum(tmp_path, rng) -> None:
    path = tmp_path / "a.ogg"
    write_audio(path, noise(rng, 1.5, 44_100), 44_100, file_format="ogg", seed=7)
    before, _ = read_audio(path)
    set_serial(path, 0xDEADBEEF)
    found = pages(path.read_bytes())
    assert len(found) > 3
    for page in found:
        assert struct.unpack_from("<I", page, 14) == (0xDEADBEEF,)
        assert struct.unpack_from("<I", page, 22) == (checksum(page),)
    after, _ = read_audio(path)
    assert (before == after).all()


def test_what_is_no_ogg_is_refused(tmp_path) -> None:
    (tmp_path / "a.ogg").write_bytes(b"OggS" + bytes(10))
    with pytest.raises(ValueError, match="no Ogg page at byte 0"):
        set_serial(tmp_path / "a.ogg", 1)
