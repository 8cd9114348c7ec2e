"""Files with bytes changed or cut anywhere: read, or refused in words; never another exception."""

import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.errors import InputError
from tests.signals import noise

RATE_HZ = 44_100


def read(path: Path) -> tuple[int, str | None]:
    """Samples that were read, or why none were."""
    try:
        (source, *_) = audio_io.probe(path)
        return sum(block.shape[1] for block in audio_io.read_blocks(source)), None
    except InputError as error:
        return 0, str(error)


@pytest.mark.parametrize(
    "container", ["WAV", "RF64", "W64", "AIFF", "CAF", "AU", "FLAC", "OGG", "MP3"]
)
def test_changed_bytes_end_in_samples_or_in_words(
    tmp_path: Path, rng: np.random.Generator, container: str
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(rng, 0.5, RATE_HZ, 0.1).T, RATE_HZ, format=container)
    whole = path.read_bytes()
    for _ in range(60):
        content = bytearray(whole)
        for at in rng.integers(0, min(len(whole), 200), 3):
            content[at] = rng.choice([0, 255, int(rng.integers(256))])
        path.write_bytes(content[: int(rng.integers(len(content) // 2, len(content) + 1))])
        n_read, refusal = read(path)
        assert refusal is None or refusal.startswith("a.wav: ")
        assert n_read <= 2_000 * len(content)  # no header makes samples of nothing


def test_a_chunk_that_ends_beyond_any_file(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.w64"
    soundfile.write(path, noise(rng, 0.1, RATE_HZ, 0.1).T, RATE_HZ, format="W64")
    content = bytearray(path.read_bytes())
    content[56:64] = b"\xff\xff\xff\xff\xff\xff\xff\x7f"  # the size of the first chunk
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^a\.w64: "):
        audio_io.probe(path)


@pytest.mark.parametrize(
    ("name", "head"), [("a.wav", b"RIFF\xff\xff\xff\xffWAVE"), ("a.ogg", b"OggS")]
)
def test_zeros_without_end_are_refused_in_time_and_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: bytes
) -> None:
    """A file of zeros takes no room on the disk, and days to look through."""
    monkeypatch.setattr("mixer.audio.codecs.codec._WITHIN_S", 0.5)
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(head)
        file.truncate(1 << 40)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=r"^a\.\w+: "):
        audio_io.probe(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
