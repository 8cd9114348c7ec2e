"""WAV files are written byte for byte as libsndfile writes them, and hashed on the way."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.writing import quantise
from tests.signals import noise

RATE_HZ = 44_100
SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}
# libsndfile stamps the channels' peaks with the time of day unless it is told not to.
NO_PEAKS = 0x1050


def by_libsndfile(path: Path, audio: np.ndarray, bit_depth: str, tags: dict[str, str]) -> bytes:
    subtype = SUBTYPES[bit_depth]
    samples = audio if bit_depth == "32f" else quantise(audio, int(bit_depth), None)
    with soundfile.SoundFile(path, "w", RATE_HZ, len(audio), subtype, format="WAV") as file:
        for name, text in tags.items():
            setattr(file, name, text)
        soundfile._snd.sf_command(file._file, NO_PEAKS, soundfile._ffi.NULL, 0)
        file.write(np.ascontiguousarray(samples.T))
    return path.read_bytes()


@pytest.mark.parametrize("bit_depth", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("tags", [{}, {"title": "Abc", "artist": "Bj\u00f6rk"}, {"artist": "abcd"}])
def test_the_bytes_are_those_of_libsndfile(rng, tmp_path, bit_depth, channels, tags) -> None:
    # Odd lengths: eight samples of 24 bit fill three words, and a file has an even length.
    for n_samples in (1, 2, 3, 5, 6, 7, 65_537):
        audio = np.round(1.1 * noise(rng, 2.0, RATE_HZ)[:channels, :n_samples] * 2**15) / 2**15
        audio = audio.astype(np.float32)
        path, hasher = tmp_path / f"{n_samples}.wav", hashlib.sha256()
        audio_io.write_audio(path, audio, RATE_HZ, bit_depth=bit_depth, tags=tags, hasher=hasher)
        assert path.read_bytes() == by_libsndfile(tmp_path / "x.wav", audio, bit_depth, tags)
        assert hasher.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("file_format", ["flac", "ogg", "mp3"])
def test_other_formats_are_hashed_too(rng, tmp_path, file_format) -> None:
    path, hasher = tmp_path / f"a.{file_format}", hashlib.sha256()
    audio = noise(rng, 0.5, RATE_HZ)
    audio_io.write_audio(path, audio, RATE_HZ, file_format=file_format, hasher=hasher)
    assert hasher.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
