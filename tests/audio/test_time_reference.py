"""The time reference of Broadcast Wave files, wherever its chunk stands."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio.broadcast import BroadcastInfo, bext_chunk
from mixer.audio.containers.time_reference import read_time_reference
from tests.audio.riff import chunk, wave

RATE_HZ = 48_000
HOUR = 3600 * RATE_HZ


FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16))
AUDIO = chunk(b"data", b"\1\0" * 101)
BEXT = bext_chunk(BroadcastInfo(time_reference_samples=HOUR + 7))


@pytest.mark.parametrize(
    "order", [(BEXT, FORMAT, AUDIO), (FORMAT, BEXT, AUDIO), (FORMAT, AUDIO, BEXT)]
)
def test_the_reference_is_found_before_and_behind_the_audio(
    tmp_path: Path, order: tuple[bytes, ...]
) -> None:
    assert read_time_reference(wave(tmp_path / "a.wav", *order), RATE_HZ) == HOUR + 7


def test_files_without_one_have_none(tmp_path: Path) -> None:
    assert read_time_reference(wave(tmp_path / "a.wav", FORMAT, AUDIO), RATE_HZ) is None
    soundfile.write(tmp_path / "a.flac", np.zeros(100), RATE_HZ)
    assert read_time_reference(tmp_path / "a.flac", RATE_HZ) is None
    assert read_time_reference(tmp_path / "absent.wav", RATE_HZ) is None


def test_noise_in_its_place_is_no_reference(tmp_path: Path) -> None:
    cut = chunk(b"bext", b"\0" * 100)
    assert read_time_reference(wave(tmp_path / "a.wav", cut, FORMAT, AUDIO), RATE_HZ) is None
    far = bext_chunk(BroadcastInfo(time_reference_samples=2**63))
    assert read_time_reference(wave(tmp_path / "b.wav", far, FORMAT, AUDIO), RATE_HZ) is None
