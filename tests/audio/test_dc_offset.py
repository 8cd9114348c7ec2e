"""A DC offset that lasts is found and removed; nothing else is touched, not by one bit."""

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
    assert [place for ((place, _),) in found] == [0, 0]
    values = [value for ((_, value),) in found]
    assert values == pytest.approx((audio.mean(axis=1) + offset[:, 0]).tolist(), abs=2e-3)
    clean = read(replace(source, offset=found))
    assert np.abs(clean.mean(axis=1)).max() < 1e-6
    assert clean == pytest.approx(audio - audio.mean(axis=1, keepdims=True), abs=0.08)


def test_an_offset_is_one_from_minus_60_dbfs_on(tmp_path: Path, rng: np.random.Generator) -> None:
    soft = 0.002 * noise(rng, 4.0, RATE_HZ)
    found = [
        offset_of(written(tmp_path / f"{number}.wav", soft - soft.mean(axis=1)[:, None] + offset))
        for number, offset in enumerate((0.0009, 0.0011))
    ]
    assert found == [(), 2 * (((0, pytest.approx(0.0011, abs=1e-5)),),)]


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_without_an_offset_keeps_its_bits(
    tmp_path: Path, rng: np.random.Generator, channel: int
) -> None:
    audio = (0.1 * noise(rng, 4.0, RATE_HZ)).astype(np.float32)
    audio[channel] += np.float32(0.1)
    source = written(tmp_path / "a.wav", audio)
    source = replace(source, offset=offset_of(source))
    assert source.offset[1 - channel] == ((0, 0.0),)
    assert np.array_equal(read(source)[1 - channel], audio[1 - channel])


def test_silence_with_an_offset_is_silence(tmp_path: Path) -> None:
    source = written(tmp_path / "a.wav", np.full((1, 3 * RATE_HZ), 0.25, np.float32))
    assert not read(replace(source, offset=offset_of(source))).any()


def one_shots(rng: np.random.Generator) -> np.ndarray:
    """Hits of one polarity: their mean is theirs."""
    audio = np.zeros((1, 4 * RATE_HZ))
    for start in range(0, 4 * RATE_HZ, RATE_HZ // 2):
        audio[0, start : start + 4_000] = 0.9 * np.exp(-np.arange(4_000) / 800)
    return audio


def fading_in(rng: np.random.Generator) -> np.ndarray:
    """An offset that somebody faded: nothing that is constant fits it."""
    return (0.1 * noise(rng, 8.0, RATE_HZ) + 0.2) * np.clip(
        np.linspace(-0.5, 1.5, 8 * RATE_HZ), 0, 1
    )


def for_a_second(rng: np.random.Generator) -> np.ndarray:
    audio = 0.1 * noise(rng, 6.0, RATE_HZ)
    audio[:, 2 * RATE_HZ : 3 * RATE_HZ] += 0.2
    return audio


def held_notes(rng: np.random.Generator) -> np.ndarray:
    """A synthesiser's narrow pulse, whose mean comes and goes with each note's envelope."""
    time_s = np.arange(12 * RATE_HZ) / RATE_HZ
    pulse = np.where((55.0 * time_s) % 1.0 < 0.3, 0.5, -0.1)
    in_note_s = time_s % 4.0
    envelope = np.minimum(np.clip(in_note_s / 0.15, 0.0, 1.0), np.exp(-10.0 * (in_note_s - 3.0)))
    return (pulse * envelope)[None]


@pytest.mark.parametrize(
    "clean",
    [
        lambda rng: 0.1 * noise(rng, 4.0, RATE_HZ),
        lambda rng: 0.8 * sine(41.0, 4.0, RATE_HZ),
        lambda rng: np.zeros((2, 3 * RATE_HZ)),
        lambda rng: 0.1 * noise(rng, 4.0, RATE_HZ) + 0.0009,
        lambda rng: 0.9 * sine(5_000.0, 4.0, RATE_HZ) + 0.02,  # it lasts, far below the tone
        lambda rng: 0.1 * noise(rng, 0.02, RATE_HZ),
        lambda rng: 0.4 * np.exp(-np.arange(6_000) / 3_000)[None],
        lambda rng: 0.4 * np.exp(-np.arange(32_000) / 30_000)[None],
        fading_in,
        for_a_second,
        held_notes,
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


def in_parts(rng: np.random.Generator, edges_s: list[float], values: list[float]) -> np.ndarray:
    """Noise with an offset of each value from each time on."""
    audio = 0.05 * noise(rng, 12.0, RATE_HZ)
    for start_s, stop_s, value in zip(edges_s, [*edges_s[1:], 12.0], values, strict=True):
        audio[:, round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)] += value
    return audio


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
@pytest.mark.parametrize(
    ("edges_s", "values"),
    [
        ([0.0, 5.03], [0.0, 0.1]),
        ([0.0, 7.31], [-0.1, 0.0]),
        ([0.0, 4.0, 8.77], [0.08, -0.06, 0.0]),
        ([0.0, 3.0, 6.1, 9.0], [0.0, 0.1, 0.0, 0.1]),
        ([0.0, 11.0], [0.1, 0.0]),
    ],
)
def test_an_offset_that_jumps_is_taken_off_in_its_parts(
    tmp_path: Path, rng: np.random.Generator, name: str, edges_s: list[float], values: list[float]
) -> None:
    audio = in_parts(rng, edges_s, values)
    clean = audio - sum_of_values(edges_s, values)
    source = written(tmp_path / name, audio, None)
    source = replace(source, offset=offset_of(source))
    found = read(source)
    apart = np.abs(found - clean)
    # Everywhere to the noise's own mean, and at edges too but for 10 ms.
    assert np.percentile(apart, 99.5) < 2e-3
    excerpt = read_excerpts(source, [5.0], 0.5, RATE_HZ)[0]
    assert excerpt == pytest.approx(found[:, 5 * RATE_HZ : round(5.5 * RATE_HZ)], abs=1e-6)


def sum_of_values(edges_s: list[float], values: list[float]) -> np.ndarray:
    offset = np.zeros((1, 12 * RATE_HZ))
    for start_s, value in zip(edges_s, values, strict=True):
        offset[:, round(start_s * RATE_HZ) :] = value
    return offset


def test_where_a_recording_has_none_it_keeps_its_bits(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """A recorder that was started late: digital silence, then its offset at once."""
    audio = np.zeros((2, 12 * RATE_HZ), np.float32)
    audio[0] = 0.05 * rng.standard_normal(12 * RATE_HZ)
    start = 3 * RATE_HZ + 1_234
    audio[1, start:] = 0.05 * rng.standard_normal(audio.shape[1] - start) + 0.1
    source = written(tmp_path / "a.wav", audio)
    source = replace(source, offset=offset_of(source))
    found = read(source)
    assert np.array_equal(found[0], audio[0])
    crossed = start - round(0.02 * RATE_HZ)
    assert np.array_equal(found[1, :crossed], audio[1, :crossed])
    assert abs(found[1, start:].mean()) < 1e-3
    assert np.abs(found[1, crossed:start]).max() <= 0.1


@pytest.mark.parametrize("before", [0.0, 0.04])
def test_a_jump_that_shows_is_taken_off_to_the_sample(tmp_path: Path, before: float) -> None:
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    clean = 0.2 * np.sin(2.0 * np.pi * 110.0 * time_s)
    audio = clean + before
    audio[3 * RATE_HZ + 77 :] += 0.1
    source = written(tmp_path / "a.wav", audio[None].astype(np.float32))
    source = replace(source, offset=offset_of(source))
    assert len(source.offset[0]) == 2
    assert np.abs(read(source)[0] - clean).max() < 2e-3
