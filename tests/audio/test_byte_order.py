"""Files in the other byte order than their header says are noise, and are refused as such."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio import probe
from mixer.audio.byte_order import is_in_other_order
from mixer.errors import InputError
from mixer.song.load import load_song
from tests.signals import sine

N = 60_000


def turned(path: Path, audio: np.ndarray, bits: int, container: str = "WAV") -> Path:
    """A file whose header says one byte order and whose samples are in the other."""
    raw = path.with_suffix(".raw")
    order = "BIG" if container == "WAV" else "LITTLE"
    subtype = f"PCM_{bits}"
    soundfile.write(raw, audio, 44_100, subtype=subtype, endian=order, format="RAW")
    soundfile.write(path, audio, 44_100, subtype=subtype, format=container)
    whole, samples = path.read_bytes(), raw.read_bytes()
    raw.unlink()
    start = whole.find(b"data" if container == "WAV" else b"SSND") + (
        8 if container == "WAV" else 16
    )
    path.write_bytes(whole[:start] + samples + whole[start + len(samples) :])
    return path


def sound(rng: np.random.Generator) -> np.ndarray:
    decay = np.exp(-(np.arange(N) % 20_000) / 8_000)
    tone = sine(220.0, N / 44_100, 44_100)[0] + 0.3 * sine(1_300.0, N / 44_100, 44_100)[0]
    return 0.3 * decay * tone + rng.normal(0.0, 1e-3, N)


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("container", ["WAV", "AIFF"])
def test_turned_bytes_are_told(tmp_path, rng, bits, container) -> None:
    path = turned(tmp_path / f"vocals.{container.lower()}", sound(rng), bits, container)
    assert is_in_other_order(probe(path)[0])
    with pytest.raises(InputError, match=r"vocals\.\w+: .*bytes turned around; export the file"):
        load_song(tmp_path)


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize(
    "drawn",
    [
        lambda rng, t: rng.normal(0.0, 0.3, N),
        lambda rng, t: rng.uniform(-1.0, 1.0, N),
        lambda rng, t: np.round(rng.uniform(-1.0, 1.0, N) * 100) / 128,
        lambda rng, t: 0.9 * np.sin(2.7 * t),
        lambda rng, t: 0.9 * (-1.0) ** t,
        lambda rng, t: rng.choice([-0.9, 0.9], N),
        lambda rng, t: np.where(t % 1_000 == 0, 0.9, 6e-4 * np.sin(0.007 * t)),
        lambda rng, t: np.where(t % 7 == 0, 0.9, 6e-4 * np.sin(0.007 * t)),
        lambda rng, t: 0.9 * np.sign(np.sin(0.05 * t)) + rng.normal(0.0, 0.01, N),
        lambda rng, t: np.zeros(N),
    ],
)
def test_what_only_looks_rough_is_not(tmp_path, rng, drawn, bits) -> None:
    path = tmp_path / "drums.wav"
    audio = np.clip(drawn(rng, np.arange(N)), -1.0, 0.99)
    soundfile.write(path, audio, 44_100, subtype=f"PCM_{bits}")
    assert not is_in_other_order(probe(path)[0])


def test_real_recordings_are_in_order(shared, tmp_path) -> None:
    for number, file in enumerate(sorted(shared.glob("audio/stems/*/*.ogg"))):
        audio, rate = soundfile.read(file, frames=44_100 * 20)
        for bits in (16, 24):
            path = tmp_path / f"{number}_{bits}.wav"
            soundfile.write(path, audio, rate, subtype=f"PCM_{bits}")
            assert not is_in_other_order(probe(path)[0]), file
            path.unlink()
