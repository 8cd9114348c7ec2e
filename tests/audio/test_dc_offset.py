"""A DC offset that lasts is found and taken off; nothing else is touched, not by one bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio import dc_offset
from mixer.audio.dc_offset import offset_of
from mixer.audio.decoding import probe, read_blocks
from mixer.audio.excerpts import read_excerpts
from mixer.audio.source import AudioSource
from tests.signals import noise, sine

RATE_HZ = 44_100


def written(path: Path, audio: np.ndarray, subtype: str | None = "FLOAT") -> AudioSource:
    soundfile.write(path, audio.T, RATE_HZ, subtype=subtype)
    return probe(path)[0]


def read(source: AudioSource) -> np.ndarray:
    return np.concatenate(list(read_blocks(source)), axis=1)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_an_offset_is_measured_and_taken_off(
    tmp_path: Path, rng: np.random.Generator, name: str
) -> None:
    audio = 0.1 * noise(rng, 4.0, RATE_HZ)
    offset = np.array([[0.2], [-0.05]])
    source = written(tmp_path / name, audio + offset, None)
    found = offset_of(source)
    assert found == pytest.approx(tuple(audio.mean(axis=1) + offset[:, 0]), abs=2e-3)
    clean = read(replace(source, offset=found))
    assert np.abs(clean.mean(axis=1)).max() < 1e-6
    assert clean == pytest.approx(audio - audio.mean(axis=1, keepdims=True), abs=0.08)


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_without_an_offset_keeps_its_bits(
    tmp_path: Path, rng: np.random.Generator, channel: int
) -> None:
    audio = (0.1 * noise(rng, 4.0, RATE_HZ)).astype(np.float32)
    audio[channel] += np.float32(0.1)
    source = written(tmp_path / "a.wav", audio)
    source = replace(source, offset=offset_of(source))
    assert source.offset[1 - channel] == 0.0
    assert np.array_equal(read(source)[1 - channel], audio[1 - channel])


def test_silence_with_an_offset_is_silence(tmp_path: Path) -> None:
    source = written(tmp_path / "a.wav", np.full((1, 3 * RATE_HZ), 0.25, np.float32))
    assert not read(replace(source, offset=offset_of(source))).any()


def half_way(rng: np.random.Generator) -> np.ndarray:
    audio = 0.1 * noise(rng, 4.0, RATE_HZ)
    audio[:, 2 * RATE_HZ :] += 0.2
    return audio


def one_shots(rng: np.random.Generator) -> np.ndarray:
    """Hits of one polarity: their mean is theirs."""
    audio = np.zeros((1, 4 * RATE_HZ))
    for start in range(0, 4 * RATE_HZ, RATE_HZ // 2):
        audio[0, start : start + 4_000] = 0.9 * np.exp(-np.arange(4_000) / 800)
    return audio


@pytest.mark.parametrize(
    "clean",
    [
        lambda rng: 0.1 * noise(rng, 4.0, RATE_HZ),
        lambda rng: 0.8 * sine(41.0, 4.0, RATE_HZ),
        lambda rng: np.zeros((2, 3 * RATE_HZ)),
        lambda rng: 0.1 * noise(rng, 4.0, RATE_HZ) + 0.0009,
        lambda rng: 0.1 * noise(rng, 0.02, RATE_HZ),
        lambda rng: 0.4 * np.exp(-np.arange(6_000) / 3_000)[None],
        half_way,
        one_shots,
    ],
)
def test_other_recordings_have_none(tmp_path: Path, rng: np.random.Generator, clean) -> None:
    assert offset_of(written(tmp_path / "a.wav", clean(rng))) == ()


def test_a_clean_recording_is_not_read_as_a_whole(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path / "a.wav", 0.1 * noise(rng, 4.0, RATE_HZ))
    monkeypatch.delattr(dc_offset, "read_blocks")
    assert offset_of(source) == ()


def test_excerpts_are_without_it_too(tmp_path: Path, rng: np.random.Generator) -> None:
    audio = 0.05 * noise(rng, 4.0, RATE_HZ) + 0.3
    source = written(tmp_path / "a.wav", audio)
    source = replace(source, offset=offset_of(source))
    excerpts = read_excerpts(source, [-0.5, 1.0, 3.8], 0.5, RATE_HZ)
    assert excerpts[1] == pytest.approx(read(source)[:, RATE_HZ : RATE_HZ + RATE_HZ // 2], abs=1e-6)
    assert not excerpts[0, :, : RATE_HZ // 2].any()
    assert not excerpts[2, :, -RATE_HZ // 5 :].any()
