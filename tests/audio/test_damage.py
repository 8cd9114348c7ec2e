"""FLAC and Ogg that break off, are damaged, or come as a chain: read as far as they go."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.containers.ogg_pages import page_checksum
from mixer.errors import InputError
from tests.signals import noise, sine

RATE_HZ = 44_100


@pytest.fixture
def music(rng: np.random.Generator) -> np.ndarray:
    return sine(330.0, 3.0, RATE_HZ, level=0.3) + noise(rng, 3.0, RATE_HZ, 0.05)


def read(path: Path) -> tuple[audio_io.AudioSource, np.ndarray]:
    (source,) = audio_io.probe(path)
    return source, np.concatenate(list(audio_io.read_blocks(source)), axis=1)


def write_ogg(path: Path, audio: np.ndarray) -> bytes:
    with soundfile.SoundFile(path, "w", RATE_HZ, audio.shape[0], format="OGG") as file:
        for start in range(0, audio.shape[1], 65_536):
            file.write(audio[:, start : start + 65_536].T)
    return path.read_bytes()


@pytest.mark.parametrize("bits", [16, 24])
def test_flac_of_unknown_length(tmp_path: Path, music: np.ndarray, bits: int) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, music.T, RATE_HZ, subtype=f"PCM_{bits}")
    _, whole = read(path)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    source, audio = read(path)
    assert source.remark == "its header does not state its length"
    assert source.n_samples == music.shape[1]
    assert np.array_equal(audio, whole)
    assert audio_io.damage_of(source) is None


def test_flac_that_breaks_off(tmp_path: Path, music: np.ndarray) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, music.T, RATE_HZ, subtype="PCM_16")
    _, whole = read(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    source, audio = read(path)
    assert source.fault.startswith("truncated: ")
    assert source.fault.endswith(" of the 3.00 s that its header promises")
    assert 0.5 * whole.shape[1] < audio.shape[1] == source.n_samples
    assert np.array_equal(audio, whole[:, : audio.shape[1]])


def test_flac_with_a_flipped_byte_keeps_its_time(tmp_path: Path, music: np.ndarray) -> None:
    pytest.importorskip("av")
    path = tmp_path / "flipped.flac"
    soundfile.write(path, music.T, RATE_HZ, subtype="PCM_16")
    _, whole = read(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    source, audio = read(path)
    assert audio.shape == whole.shape
    assert np.array_equal(audio[:, :40_000], whole[:, :40_000])
    assert np.array_equal(audio[:, -40_000:], whole[:, -40_000:])
    assert audio_io.damage_of(source).startswith("damaged at 1.")
    with pytest.raises(InputError, match=r"flipped\.flac: damaged at 1\."):
        audio_io.verify(source)


def test_flac_whose_check_sum_differs(tmp_path: Path, music: np.ndarray) -> None:
    path = tmp_path / "other.flac"
    for bits in (16, 24):
        soundfile.write(path, music.T, RATE_HZ, subtype=f"PCM_{bits}")
        audio_io.verify(audio_io.probe(path)[0])
    content = bytearray(path.read_bytes())
    content[30] ^= 1  # of the MD5 in STREAMINFO
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.flac: damaged: .*MD5"):
        audio_io.verify(audio_io.probe(path)[0])


def test_all_links_of_a_chain_are_read(tmp_path: Path, music: np.ndarray) -> None:
    one = write_ogg(tmp_path / "one.ogg", music)
    two = write_ogg(tmp_path / "two.ogg", music[:, ::-1])
    _, first = read(tmp_path / "one.ogg")
    _, second = read(tmp_path / "two.ogg")
    (tmp_path / "a.ogg").write_bytes(one + two)
    source, audio = read(tmp_path / "a.ogg")
    assert source.fault is None
    assert np.array_equal(audio, np.concatenate([first, second], axis=1))


@pytest.mark.parametrize("kept", [0.5, 0.7, 0.9, 0.99, 0.9999])
def test_ogg_cut_anywhere_says_so(tmp_path: Path, music: np.ndarray, kept: float) -> None:
    content = write_ogg(tmp_path / "a.ogg", music)
    _, whole = read(tmp_path / "a.ogg")
    (tmp_path / "b.ogg").write_bytes(content[: int(kept * len(content))])
    source, audio = read(tmp_path / "b.ogg")
    assert source.fault.startswith("truncated")
    assert f"{source.n_samples / RATE_HZ:.2f} s are there" in source.fault
    assert audio.shape[1] == source.n_samples
    assert np.array_equal(audio, whole[:, : audio.shape[1]])


def test_a_flipped_byte_in_an_ogg_page_moves_nothing(tmp_path: Path, music: np.ndarray) -> None:
    content = bytearray(write_ogg(tmp_path / "a.ogg", music))
    _, whole = read(tmp_path / "a.ogg")
    content[len(content) // 2] ^= 0x55
    (tmp_path / "b.ogg").write_bytes(content)
    source, audio = read(tmp_path / "b.ogg")
    assert source.fault.startswith("damaged: 1 of its pages")
    assert audio.shape == whole.shape
    assert np.array_equal(audio[:, -20_000:], whole[:, -20_000:])


def test_the_check_sum_of_a_page(tmp_path: Path, music: np.ndarray) -> None:
    content = write_ogg(tmp_path / "a.ogg", music[:, :1_000])
    size = 27 + content[26] + sum(content[27 : 27 + content[26]])
    assert page_checksum(content[:size]) == int.from_bytes(content[22:26], "little")


@pytest.mark.parametrize("n_lost", [1, 60, 1_500])
def test_an_ogg_that_lacks_bytes_neither_bursts_nor_loses_the_rest(
    tmp_path: Path, music: np.ndarray, n_lost: int, rng: np.random.Generator
) -> None:
    content = write_ogg(tmp_path / "a.ogg", music)
    _, whole = read(tmp_path / "a.ogg")
    for at in rng.integers(len(content) // 3, len(content) // 2, 4):
        (tmp_path / "b.ogg").write_bytes(content[:at] + content[at + n_lost :])
        source, audio = read(tmp_path / "b.ogg")
        assert source.fault is not None
        assert np.abs(audio).max() < 2.0
        # three pages at most: of 4 kB each
        assert audio.shape[1] > whole.shape[1] - 3 * 4_500 / len(content) * whole.shape[1]


def test_noise_within_an_ogg_does_not_burst(
    tmp_path: Path, music: np.ndarray, rng: np.random.Generator
) -> None:
    content = bytearray(write_ogg(tmp_path / "a.ogg", music))
    for at in rng.integers(len(content) // 4, len(content) - 2_000, 6):
        content[at : at + 500] = rng.bytes(500)
    (tmp_path / "b.ogg").write_bytes(content)
    source, audio = read(tmp_path / "b.ogg")
    assert source.fault is not None
    assert np.abs(audio).max() < 2.0
