"""Samples that are not coded as their header says are read as they are; all others as stated."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.errors import InputError
from tests.audio.riff import chunk, extensible, form, wave

RATE_HZ = 44_100
N_SAMPLES = 30_000
PCM, FLOAT = 1, 3
SQUARE_DBFS = 20 * np.log10(0.5)


@pytest.fixture(params=["tone", "bass", "noise", "hits"])
def sound(request: pytest.FixtureRequest, rng: np.random.Generator) -> np.ndarray:
    """Recordings of any kind, float32 (n, 2), most of them silent for a while."""
    t = np.arange(N_SAMPLES) / RATE_HZ
    pitches = np.array([[0.5, 0.3], [0.1, 0.2]]) @ np.sin(
        2 * np.pi * np.outer([220.0, 331.0], t) + 0.5
    )
    kinds = {
        "tone": pitches,
        "bass": 0.6 * np.sin(2 * np.pi * np.outer([41.0, 41.3], t)),
        "noise": rng.uniform(-0.9, 0.9, (2, N_SAMPLES)),
        "hits": 0.3 * rng.standard_normal((2, N_SAMPLES)) * np.exp(-30 * (t % 0.3)),
    }
    audio = kinds[request.param].T.clip(-0.99, 0.99)
    audio[: N_SAMPLES // 3] = 0.0
    return audio.astype(np.float32)


def steps(audio: np.ndarray, bits: int) -> np.ndarray:
    """Samples as whole steps of so many bits, int32."""
    scaled = np.rint(audio.astype(np.float64) * 2.0 ** (bits - 1))
    return scaled.clip(-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1).astype("<i4")


def packed(values: np.ndarray, n_bytes: int) -> bytes:
    """Their lowest bytes."""
    as_bytes = np.ascontiguousarray(values, "<i4").view(np.uint8).reshape(-1, 4)
    return as_bytes[:, :n_bytes].tobytes()


def as_stated(path: Path) -> audio_io.AudioSource:
    (source,) = audio_io.probe(path)
    assert (source.correction, source.full_scale, source.fault) == (None, 1.0, None)
    return source


def check_corrected(path: Path, expected: np.ndarray, correction: str) -> None:
    (source,) = audio_io.probe(path)
    assert source.correction == correction
    assert source.fault is None
    assert source.n_samples == len(expected)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1).T
    assert np.array_equal(audio, expected.astype(np.float32))


@pytest.mark.parametrize("form_of", [form, extensible])
@pytest.mark.parametrize("level_db", [0.0, -50.0])
@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_floats_under_a_header_of_integers(
    tmp_path: Path, sound: np.ndarray, form_of, level_db: float, dtype: str
) -> None:
    audio = sound * np.float32(10 ** (level_db / 20))
    bits = 8 * np.dtype(dtype).itemsize
    more = (bits,) if form_of is extensible else ()
    path = wave(
        tmp_path / "a.wav",
        form_of(PCM, 2, bits, *more),
        chunk(b"data", audio.astype(dtype).tobytes()),
    )
    words = f"{bits}-bit float samples, though its header says integers"
    check_corrected(path, audio, words)


def test_floats_of_integer_scale_under_a_header_of_integers(
    tmp_path: Path, sound: np.ndarray
) -> None:
    audio = sound * np.float32(32_768.0)
    path = wave(tmp_path / "a.wav", form(PCM, 2, 32), chunk(b"data", audio.tobytes()))
    check_corrected(path, audio, "32-bit float samples, though its header says integers")


@pytest.mark.parametrize(
    ("bits", "frame_bytes", "dtype"), [(16, 8, "<f4"), (64, 8, "<f4"), (32, 16, "<f8")]
)
def test_floats_whose_header_states_two_sizes(
    tmp_path: Path, sound: np.ndarray, bits: int, frame_bytes: int, dtype: str
) -> None:
    body = sound.astype(dtype).tobytes()
    header = form(FLOAT, 2, bits, frame_bytes=frame_bytes)
    path = wave(tmp_path / "a.wav", header, chunk(b"data", body))
    words = f"{4 * frame_bytes}-bit float samples, though its header says {bits} bits too"
    check_corrected(path, sound, words)


@pytest.mark.parametrize(
    ("header", "n_bytes", "valid"),
    [
        (extensible(PCM, 2, 32, 24), 4, 24),
        (extensible(PCM, 2, 32, 16), 4, 16),
        (extensible(PCM, 2, 24, 20), 3, 20),
        (extensible(PCM, 2, 24, 16), 3, 16),
        (form(PCM, 2, 24, frame_bytes=8), 4, 24),
        (form(PCM, 2, 20, frame_bytes=6), 3, 20),
        (form(PCM, 2, 12, frame_bytes=4), 2, 12),
    ],
)
def test_samples_at_the_lower_end_are_raised_and_others_are_not(
    tmp_path: Path, sound: np.ndarray, header: bytes, n_bytes: int, valid: int
) -> None:
    lower = steps(sound, valid)
    path = wave(tmp_path / "a.wav", header, chunk(b"data", packed(lower, n_bytes)))
    words = f"{valid}-bit samples at the lower end of {8 * n_bytes} bits, raised to full scale"
    check_corrected(path, lower / 2.0 ** (valid - 1), words)
    upper = packed(lower << (8 * n_bytes - valid), n_bytes)
    source = as_stated(wave(tmp_path / "b.wav", header, chunk(b"data", upper)))
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1).T
    assert np.array_equal(audio, (lower / 2.0 ** (valid - 1)).astype(np.float32))


@pytest.mark.parametrize(("bits", "is_of"), [(16, 24), (16, 32), (32, 24)])
def test_integers_whose_header_states_two_sizes(
    tmp_path: Path, rng: np.random.Generator, bits: int, is_of: int
) -> None:
    audio = 0.7 * np.sin(np.arange(N_SAMPLES) / np.array([[9.0], [7.0]])).T
    values = steps(audio + 1e-4 * rng.standard_normal(audio.shape), is_of)
    header = form(PCM, 2, bits, frame_bytes=2 * is_of // 8)
    path = wave(tmp_path / "a.wav", header, chunk(b"data", packed(values, is_of // 8)))
    words = f"samples of {is_of} bits, though its header says {bits}"
    check_corrected(path, values / 2.0 ** (is_of - 1), words)


@pytest.mark.parametrize("subtype", ["FLOAT", "ALAW", "ULAW", "PCM_24"])
def test_extensible_wave64_is_read_as_stated(
    tmp_path: Path, sound: np.ndarray, subtype: str
) -> None:
    """libsndfile takes all of these for integers; FFmpeg writes its Wave64 files so."""
    tags = {"FLOAT": (3, 32), "ALAW": (6, 8), "ULAW": (7, 8), "PCM_24": (1, 24)}
    tag, bits = tags[subtype]
    soundfile.write(tmp_path / "a.w64", sound, RATE_HZ, subtype=subtype)
    plain = (tmp_path / "a.w64").read_bytes()
    expected, _ = audio_io.read_audio(tmp_path / "a.w64")
    at = plain.index(b"fmt ")
    (size,) = struct.unpack_from("<Q", plain, at + 16)
    body = extensible(tag, 2, bits, bits)[8:]
    chunk_64 = plain[at : at + 16] + struct.pack("<Q", 24 + len(body)) + body
    whole = plain[:at] + chunk_64 + plain[at + size + -size % 8 :]
    whole = whole[:16] + struct.pack("<Q", len(whole)) + whole[24:]
    (tmp_path / "b.w64").write_bytes(whole)
    audio = np.concatenate(list(audio_io.read_blocks(as_stated(tmp_path / "b.w64"))), axis=1)
    assert np.array_equal(audio, expected)


def check_left_alone(path: Path, audio: np.ndarray, level_dbfs: float, source_bits: int) -> None:
    """A source of few bits fills the upper ones of each form, which is read as stated."""
    own = steps(10 ** (level_dbfs / 20) * audio, source_bits) << (32 - source_bits)
    as_stated(wave(path, form(PCM, 2, 32), chunk(b"data", packed(own, 4))))
    if source_bits <= 24:
        as_stated(wave(path, extensible(PCM, 2, 32, 24), chunk(b"data", packed(own, 4))))
        as_stated(wave(path, form(PCM, 2, 24), chunk(b"data", packed(own >> 8, 3))))


@pytest.mark.parametrize("level_dbfs", [0.0, -6.0, -50.0, -100.0])
@pytest.mark.parametrize("source_bits", [8, 16, 24, 32])
def test_integers_are_left_alone(
    tmp_path: Path, sound: np.ndarray, level_dbfs: float, source_bits: int
) -> None:
    check_left_alone(tmp_path / "a.wav", sound, level_dbfs, source_bits)


@pytest.mark.parametrize("level_dbfs", [-0.1, SQUARE_DBFS, -6.0, -6.1, -8.0])
@pytest.mark.parametrize("source_bits", [8, 16, 32])
def test_two_levels_of_integers_are_left_alone(
    tmp_path: Path, rng: np.random.Generator, level_dbfs: float, source_bits: int
) -> None:
    t = np.arange(N_SAMPLES)
    drawn = np.stack([np.where(t % 200 < n, 1.0, -1.0) for n in (100, 20)], axis=1)
    # whatever is added, each sample stays one that could be a float
    for noise in (0.0, 0.003, 0.01):
        for offset in (-0.01, 0.0, 0.004, 0.02):
            audio = drawn + offset + noise * rng.standard_normal(drawn.shape)
            own = steps(10 ** (level_dbfs / 20) * audio, source_bits) << (32 - source_bits)
            path = wave(tmp_path / "a.wav", form(PCM, 2, 32), chunk(b"data", packed(own, 4)))
            as_stated(path)


def test_a_plug_in_that_failed_is_told_of_its_samples_however_many_there_are(
    tmp_path: Path, sound: np.ndarray
) -> None:
    for first in (0, 3_000):
        values = sound.copy()
        values[first:] = np.nan
        path = wave(tmp_path / "a.wav", form(FLOAT, 2, 32), chunk(b"data", values.tobytes()))
        with pytest.raises(InputError, match="NaN or infinite samples at"):
            audio_io.read_audio(path)


@pytest.mark.parametrize("dtype", ["<i4", "<f4"])
def test_what_is_not_float_under_a_header_of_floats_is_refused_as_such(
    tmp_path: Path, sound: np.ndarray, dtype: str
) -> None:
    values = steps(sound, 32) if dtype == "<i4" else sound.copy()
    if dtype == "<f4":
        values[20_000, 1] = np.nan
    path = wave(tmp_path / "a.wav", form(FLOAT, 2, 32), chunk(b"data", values.tobytes()))
    words = {
        "<i4": "its samples are not floating-point numbers, though its header says so",
        "<f4": "NaN or infinite samples at 0.454 s",
    }
    with pytest.raises(InputError, match=rf"^a\.wav: {words[dtype]}; export the file again"):
        audio_io.read_audio(path)
