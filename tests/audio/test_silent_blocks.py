"""Blocks of a file that were found silent are passed over, and the file reads as before."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio import silent_blocks
from mixer.audio.decoding import probe, read_blocks
from mixer.audio.source import BLOCK_SAMPLES

RATE_HZ = 44_100


def written(path: Path, audio: np.ndarray, subtype: str) -> Path:
    soundfile.write(path, audio.T, RATE_HZ, subtype=subtype)
    return path


def read(path: Path) -> np.ndarray:
    return np.concatenate(list(read_blocks(probe(path)[0])), axis=1)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written count as old."""
    monkeypatch.setattr(silent_blocks, "_SETTLED_NS", -(1 << 62))


@pytest.fixture
def audio(rng: np.random.Generator) -> np.ndarray:
    """Sound, three blocks of silence, sound, silence to the end within a block."""
    audio = 0.1 * rng.standard_normal((2, 8 * BLOCK_SAMPLES + 999)).astype(np.float32)
    audio[:, BLOCK_SAMPLES : 4 * BLOCK_SAMPLES] = 0.0
    audio[:, 6 * BLOCK_SAMPLES :] = 0.0
    return audio


@pytest.mark.parametrize(
    ("name", "subtype"), [("a.wav", "PCM_24"), ("a.wav", "FLOAT"), ("a.aiff", "PCM_16")]
)
@pytest.mark.usefixtures("settled")
def test_a_file_reads_alike_each_time(
    tmp_path: Path, audio: np.ndarray, name: str, subtype: str
) -> None:
    path = written(tmp_path / name, audio, subtype)
    first, second, third = read(path), read(path), read(path)
    assert first.shape == audio.shape
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)


@pytest.mark.usefixtures("settled")
def test_silent_blocks_are_read_once(tmp_path: Path, audio: np.ndarray) -> None:
    path = written(tmp_path / "a.wav", audio, "PCM_24")
    first = read(path)
    held, status = bytearray(path.read_bytes()), path.stat()
    at = len(held) - audio.shape[1] * 6 + 2 * BLOCK_SAMPLES * 6
    assert not any(held[at : at + 600])
    # What nobody reads again may be anything; the file's times are put back to tell.
    key = silent_blocks.SilentBlocks(path)._version
    held[at : at + 600] = b"\x20" * 600
    path.write_bytes(held)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = silent_blocks.SilentBlocks(path)._version
    silent_blocks._found[changed] = silent_blocks._found[key]
    assert np.array_equal(read(path), first)


@pytest.mark.usefixtures("settled")
def test_a_file_that_changes_is_read_again(tmp_path: Path, audio: np.ndarray) -> None:
    path = written(tmp_path / "a.wav", audio, "PCM_16")
    silent = written(tmp_path / "b.wav", np.zeros_like(audio), "PCM_16")
    assert read(path).any()
    assert not read(silent).any()
    path.replace(silent)
    assert read(silent).any()


def test_a_file_that_was_just_written_is_read_as_a_whole(
    tmp_path: Path, audio: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silent_blocks, "_SETTLED_NS", 1 << 62)  # however slow the machine is
    path = written(tmp_path / "a.wav", audio, "PCM_16")
    read(path)
    assert silent_blocks.SilentBlocks(path)._version not in silent_blocks._found
