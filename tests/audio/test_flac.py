"""FLAC and WavPack of every width, rate and number of channels: bit-exact, and damage is told."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixer import audio as audio_io
from mixer.audio.containers.flac_frames import flac_position

N_SAMPLES = 20_000
# WAVE_FORMAT_EXTENSIBLE says how many of a container's bits are used.
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def write_extensible(path: Path, samples: np.ndarray, bits: int, rate_hz: int) -> None:
    """Write int64 (n, channels) of so many bits, in the upper ones of whole bytes."""
    n_bytes, channels = -(-bits // 8), samples.shape[1]
    shifted = samples << (8 * n_bytes - bits)
    if bits == 8:
        shifted = shifted + 128
    data = shifted.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :n_bytes].tobytes()
    frame = n_bytes * channels
    head = struct.pack("<HHIIHH", 0xFFFE, channels, rate_hz, rate_hz * frame, frame, 8 * n_bytes)
    head += struct.pack("<HHI", 22, bits, {1: 4, 2: 3}[channels]) + _PCM_GUID
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


@pytest.fixture
def encode(tmp_path: Path, rng: np.random.Generator):
    """Noise over the whole range, encoded by a program that may be absent; with the truth."""

    def make(program: str, *arguments: str, bits: int, rate_hz: int, channels: int, name: str):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        pytest.importorskip("av")
        samples = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (N_SAMPLES, channels))
        samples[0], samples[1] = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        write_extensible(tmp_path / "truth.wav", samples, bits, rate_hz)
        command = [program, *arguments, str(tmp_path / name)]
        command = [word.replace("TRUTH", str(tmp_path / "truth.wav")) for word in command]
        subprocess.run(command, check=True, capture_output=True)
        return tmp_path / name, (samples / 2.0 ** (bits - 1)).astype(np.float32).T

    return make


def flac(encode, name: str, bits: int, rate_hz: int, channels: int):
    container = ["--ogg"] if name.endswith("oga") else []
    arguments = ["-f", "-s", "--lax", *container, "TRUTH", "-o"]
    return encode("flac", *arguments, bits=bits, rate_hz=rate_hz, channels=channels, name=name)


def read(path: Path) -> tuple[audio_io.AudioSource, np.ndarray]:
    (source,) = audio_io.probe(path)
    return source, np.concatenate(list(audio_io.read_blocks(source)), axis=1)


@pytest.mark.parametrize("name", ["a.flac", "a.oga"])
@pytest.mark.parametrize("bits", [8, 12, 16, 20, 24, 32])
@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (37_123, 2), (192_000, 2)])
def test_flac_is_read_bit_by_bit(encode, name, bits, rate_hz, channels) -> None:
    path, truth = flac(encode, name, bits, rate_hz, channels)
    source, audio = read(path)
    assert (source.sample_rate, source.channels) == (rate_hz, channels)
    assert (source.n_samples, audio_io.damage_of(source)) == (N_SAMPLES, None)
    np.testing.assert_array_equal(audio, truth)


@pytest.mark.parametrize(("bits", "sample_format"), [(16, "s16p"), (24, "s32p"), (32, "s32p")])
@pytest.mark.parametrize(("rate_hz", "channels"), [(11_025, 1), (96_000, 2)])
def test_wavpack_is_read_bit_by_bit(encode, bits, sample_format, rate_hz, channels) -> None:
    arguments = ["-y", "-v", "error", "-i", "TRUTH", "-c:a", "wavpack"]
    arguments += ["-sample_fmt", sample_format]
    own = {"bits": bits, "rate_hz": rate_hz, "channels": channels, "name": "a.wv"}
    path, truth = encode("ffmpeg", *arguments, **own)
    source, audio = read(path)
    assert (source.sample_rate, audio_io.damage_of(source)) == (rate_hz, None)
    np.testing.assert_array_equal(audio, truth)


@pytest.mark.parametrize("bits", [12, 16, 20, 24, 32])
@pytest.mark.parametrize(
    ("name", "told"), [("a.flac", "damaged"), ("a.oga", "damaged: 1 of its pages")]
)
def test_a_damaged_frame_is_told_and_moves_nothing(encode, name, told, bits) -> None:
    path, truth = flac(encode, name, bits, 44_100, 2)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(bytes(content))
    source, audio = read(path)
    assert told in audio_io.damage_of(source)
    assert audio.shape[1] == source.n_samples == N_SAMPLES
    wrong = np.flatnonzero((audio != truth).any(axis=0))
    # Frames have 4 096 samples; FFmpeg finds its way again behind the one that follows.
    assert 0 < len(wrong) <= 2 * 4_096
    assert wrong[-1] - wrong[0] < 2 * 4_096


@pytest.mark.parametrize("bits", [12, 16, 20, 24, 32])
def test_flac_in_ogg_that_breaks_off_is_read_up_to_there(encode, bits) -> None:
    path, truth = flac(encode, "a.oga", bits, 44_100, 2)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - len(content) // 8])
    source, audio = read(path)
    assert "truncated" in audio_io.damage_of(source)
    assert 4_096 <= audio.shape[1] == source.n_samples < N_SAMPLES
    np.testing.assert_array_equal(audio, truth[:, : audio.shape[1]])


@pytest.mark.parametrize("bits", [20, 24])
def test_a_lost_page_of_flac_is_silence_at_its_place(encode, bits) -> None:
    path, truth = flac(encode, "a.oga", bits, 44_100, 2)
    content = path.read_bytes()
    starts = [n for n in range(len(content)) if content.startswith(b"OggS", n)]
    lost, following = starts[4:6]  # the first of audio
    path.write_bytes(content[:lost] + content[following:])
    source, audio = read(path)
    assert "damaged" in audio_io.damage_of(source)
    assert audio.shape[1] == source.n_samples == N_SAMPLES
    np.testing.assert_array_equal(audio[:, -1_000:], truth[:, -1_000:])
    wrong = (audio != truth).any(axis=0)
    assert wrong.any()
    assert not audio[:, wrong].any()


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_another_check_sum_is_told(encode, bits) -> None:
    path, _ = flac(encode, "a.flac", bits, 44_100, 2)
    content = bytearray(path.read_bytes())
    content[26] ^= 1  # in the MD5 of all samples
    path.write_bytes(bytes(content))
    source, _ = read(path)
    assert "do not match its checksum" in audio_io.damage_of(source)


@pytest.mark.parametrize(
    ("head", "position"),
    [
        ("fff8c91c00960223000000", 0),
        ("fff8c91c7f960223000000", 127 * 4_096),
        ("fff8c91cc280960223aabb", 128 * 4_096),
        ("fff8c91cefbfbf02230000", 0xFFFF * 4_096),
        ("fff9c91cfebfbfbfbfbfbf", (1 << 36) - 1),  # counts samples, the longest number
        ("fff8c91cff960223000000", None),
        ("fff8c91c80960223000000", None),
        ("00f8c91c00960223000000", None),
        ("fff8c91c00", None),
    ],
)
def test_a_frame_says_where_it_stands(head: str, position: int | None) -> None:
    assert flac_position(bytes.fromhex(head), (4_096).to_bytes(2, "big")) == position
