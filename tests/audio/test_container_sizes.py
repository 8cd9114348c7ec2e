"""Sizes in a header that are not true: what is there is read to the bit."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io

RATE_HZ = 44_100
N_SAMPLES = 9_999
LIST = b"LIST" + struct.pack("<I", 12) + b"INFOISFT" + b"\4\0\0\0"
# as programs leave them: never written, -1, SoX, arecord, ffmpeg, and thereabouts
UNKNOWN_32_BIT = [0, 0xFFFFFFFF, 0xFFFFF000, 0xFFFFFFDB, 0x7FFFFFFF, 0x7FFFF000, 0x80000000]
UNKNOWN_32_BIT += [0x7F000000, 0x7FFFFFDB]
UNKNOWN_64_BIT = [0, 2**64 - 1, 2**63 - 1, 2**63 - 1 - 24, 2**63]


@pytest.fixture
def samples(rng: np.random.Generator) -> np.ndarray:
    """Whole 16-bit steps, silent at the end like most recordings."""
    audio = rng.integers(-32_768, 32_768, (N_SAMPLES, 2)) / 32_768.0
    audio[-2_000:] = 0.0
    return audio.astype(np.float32)


def write(path: Path, samples: np.ndarray, container: str, subtype: str = "PCM_16") -> bytearray:
    soundfile.write(path, samples, RATE_HZ, subtype=subtype, format=container)
    return bytearray(path.read_bytes())


def read(path: Path) -> np.ndarray:
    (source,) = audio_io.probe(path)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert audio.shape == (source.channels, source.n_samples)
    return audio.T


def check_counted(path: Path, samples: np.ndarray) -> None:
    (source,) = audio_io.probe(path)
    assert source.fault is None
    assert source.remark is not None
    assert np.array_equal(read(path), samples)


@pytest.mark.parametrize("size", UNKNOWN_32_BIT)
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_wav_of_unknown_length(
    tmp_path: Path, samples: np.ndarray, container: str, size: int
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, container)
    at = content.index(b"data") + 4
    struct.pack_into("<I", content, at, size)
    struct.pack_into("<I", content, 4, min(size + at, 0xFFFFFFFF))
    path.write_bytes(content)
    check_counted(path, samples)
    path.write_bytes(content + LIST)  # what follows the audio is no noise at its end
    check_counted(path, samples)


@pytest.mark.parametrize("size", UNKNOWN_32_BIT)
def test_aiff_of_unknown_length(tmp_path: Path, samples: np.ndarray, size: int) -> None:
    path = tmp_path / "a.aif"
    content = write(path, samples, "AIFF")
    struct.pack_into(">I", content, 4, min(size + 46, 0xFFFFFFFF))
    struct.pack_into(">I", content, content.index(b"COMM") + 10, size // 4)
    struct.pack_into(
        ">I", content, content.index(b"SSND") + 4, min(size + 8 * (size > 0), 2**32 - 1)
    )
    path.write_bytes(content)
    check_counted(path, samples)


@pytest.mark.parametrize("n_frames", [0, N_SAMPLES - 5, N_SAMPLES + 5, 0xFFFFFFFF])
def test_aiff_that_counts_its_frames_wrong(
    tmp_path: Path, samples: np.ndarray, n_frames: int
) -> None:
    path = tmp_path / "a.aif"
    content = write(path, samples, "AIFF")
    struct.pack_into(">I", content, content.index(b"COMM") + 10, n_frames)
    path.write_bytes(content)
    check_counted(path, samples)
    (source,) = audio_io.probe(path)
    assert source.remark == f"its header states {n_frames} frames, not {N_SAMPLES}"


@pytest.mark.parametrize("n_frames", [0, N_SAMPLES // 2, 0xFFFFFFFF])
@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "ULAW", "IMA_ADPCM"])
def test_aiff_of_other_codings_that_counts_its_frames_wrong(
    tmp_path: Path, samples: np.ndarray, subtype: str, n_frames: int
) -> None:
    path = tmp_path / "a.aif"
    content = write(path, samples[:, : 1 if subtype == "IMA_ADPCM" else 2], "AIFF", subtype)
    whole = read(path)
    struct.pack_into(">I", content, content.index(b"COMM") + 10, n_frames)
    path.write_bytes(content)
    assert np.array_equal(read(path), whole)


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32"])
def test_a_coding_that_does_not_seek_is_whole_all_the_same(
    tmp_path: Path, samples: np.ndarray, subtype: str
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples[:, :1], "WAV", subtype)
    (source,) = audio_io.probe(path)
    assert source.fault is None
    assert len(read(path)) == source.n_samples >= N_SAMPLES
    path.write_bytes(content[: len(content) // 2])
    (source,) = audio_io.probe(path)
    assert "truncated" in (source.fault or "")


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("size", [*UNKNOWN_64_BIT, N_SAMPLES * 4])
def test_rf64_and_bw64_of_any_stated_length(
    tmp_path: Path, samples: np.ndarray, magic: bytes, size: int
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "RF64")
    content[:4] = magic
    at = content.index(b"ds64")
    struct.pack_into("<3Q", content, at + 8, size, size, size // 4)
    path.write_bytes(content)
    assert np.array_equal(read(path), samples)


@pytest.mark.parametrize("size", UNKNOWN_64_BIT)
def test_wave64_of_unknown_length(tmp_path: Path, samples: np.ndarray, size: int) -> None:
    path = tmp_path / "a.w64"
    content = write(path, samples, "W64")
    struct.pack_into("<Q", content, 16, size)
    struct.pack_into("<Q", content, content.index(b"data") + 16, size)
    path.write_bytes(content)
    check_counted(path, samples)


@pytest.mark.parametrize("size", [-1, 0, 2**63 - 1, 2**63 - 1 - 24])
def test_caf_of_unknown_length(tmp_path: Path, samples: np.ndarray, size: int) -> None:
    path = tmp_path / "a.caf"
    content = write(path, samples, "CAF")
    struct.pack_into(">q", content, content.index(b"data") + 4, size)
    path.write_bytes(content)
    check_counted(path, samples)


@pytest.mark.parametrize("size", UNKNOWN_32_BIT)
def test_au_of_unknown_length(tmp_path: Path, samples: np.ndarray, size: int) -> None:
    path = tmp_path / "a.au"
    content = write(path, samples, "AU")
    struct.pack_into(">I", content, 8, size)
    path.write_bytes(content)
    assert np.array_equal(read(path), samples)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "W64", "CAF"])
@pytest.mark.parametrize("error", [-400, -12, -4, -2, 2, 4, 12])
def test_a_few_bytes_more_or_less_than_stated(
    tmp_path: Path, samples: np.ndarray, container: str, error: int
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, container)
    layout, name = {
        "WAV": ("<I", b"data"),
        "AIFF": (">I", b"SSND"),
        "W64": ("<Q", b"data"),
        "CAF": (">q", b"data"),
    }[container]
    at = content.index(name) + (16 if container == "W64" else 4)
    (size,) = struct.unpack_from(layout, content, at)
    struct.pack_into(layout, content, at, size + error)
    if container == "AIFF":
        struct.pack_into(">I", content, content.index(b"COMM") + 10, N_SAMPLES + error // 4)
    path.write_bytes(content)
    (source,) = audio_io.probe(path)
    assert source.fault is None
    audio = read(path)
    # fewer zeros at the end than a reserve would be are audio; more may be either
    assert abs(len(audio) - N_SAMPLES) <= (100 if error == -400 else 0)
    assert np.array_equal(audio[:9_000], samples[:9_000])


@pytest.mark.parametrize("error", [-6, -4, 0, 4, 6])
def test_chunks_behind_the_audio_are_no_audio(
    tmp_path: Path, samples: np.ndarray, error: int
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "WAV")
    at = content.index(b"data") + 4
    struct.pack_into("<I", content, at, N_SAMPLES * 4 + error)
    path.write_bytes(content + LIST + b"id3 " + struct.pack("<I", 5) + b"ID3\x03\0\0")
    assert np.array_equal(read(path), samples)


def test_odd_chunks_without_their_pad_byte(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.wav"
    samples = (rng.integers(-128, 128, 9_999) / 128.0).astype(np.float32)[:, None]
    content = write(path, samples, "WAV", "PCM_U8")
    at = content.index(b"data")
    odd = b"LIST" + struct.pack("<I", 13) + b"INFOISFT" + b"\5\0\0\0."
    path.write_bytes(content[:at] + odd + content[at:])  # in front of the audio
    assert np.array_equal(read(path), samples)
    path.write_bytes(content[: at + 8 + 9_999] + LIST)  # behind it
    assert np.array_equal(read(path), samples)
    path.write_bytes(content[: at + 8 + 9_999])
    assert np.array_equal(read(path), samples)


def test_a_reserve_of_zeros_behind_the_audio_is_no_audio(
    tmp_path: Path, samples: np.ndarray
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "WAV")
    path.write_bytes(content + bytes(100_000))
    assert np.array_equal(read(path), samples)


def test_a_recorder_that_crashed_lags_behind_in_its_header(
    tmp_path: Path, samples: np.ndarray
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "WAV")
    at = content.index(b"data") + 4
    struct.pack_into("<I", content, at, 4 * 3_000)
    path.write_bytes(content)
    check_counted(path, samples)


def test_wav_over_4_gb_whose_size_has_wrapped(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "a.wav"
    samples = (rng.integers(-32_768, 32_768, (1_000, 2)) / 32_768.0).astype(np.float32)
    content = write(path, samples, "WAV")
    at = content.index(b"data") + 8
    n_bytes = 2**32 + 4 * 500
    struct.pack_into("<I", content, at - 4, n_bytes % 2**32)
    struct.pack_into("<I", content, 4, (n_bytes + 36) % 2**32)
    with path.open("wb") as file:  # sparse: what is not written takes no disk
        file.write(content)
        file.seek(at + n_bytes - 4_000)
        file.write(content[at:])
    (source,) = audio_io.probe(path)
    assert (source.n_samples, source.fault) == (n_bytes // 4, None)
    end = audio_io.read_segment(path, n_bytes // 4 - 1_000, 1_000)
    assert np.array_equal(end.T, samples)


def test_a_header_written_again_and_again_as_into_a_pipe(
    tmp_path: Path, samples: np.ndarray
) -> None:
    for container in ("W64", "CAF"):
        path = tmp_path / f"a.{container}"
        content = write(path, samples, container)
        body = (samples * 32_768.0).astype("<i2" if container == "W64" else ">i2").tobytes()
        head = bytes(content[: content.index(body[:64])])
        empty = head[:-12] + bytes(12) if container == "CAF" else head[:-8] + bytes(8)
        path.write_bytes(empty + empty + body + head)
        check_counted(path, samples)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM"])
def test_other_codings_under_a_mended_header(
    tmp_path: Path, samples: np.ndarray, subtype: str
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "WAV", subtype)
    whole = read(path)
    struct.pack_into("<I", content, content.index(b"data") + 4, 0xFFFFFFFF)
    path.write_bytes(content)
    assert np.array_equal(read(path), whole)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("container", ["WAV", "RF64", "W64", "AIFF", "CAF", "AU"])
def test_what_breaks_off_says_how_much_is_there(
    tmp_path: Path, samples: np.ndarray, container: str, kept: float
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, container)
    path.write_bytes(content[: int(kept * len(content))])
    (source,) = audio_io.probe(path)
    assert source.fault is not None
    assert "truncated" in source.fault
    assert f"{source.n_samples / RATE_HZ:.2f} s are there" in source.fault
    audio = read(path)
    assert np.array_equal(audio, samples[: len(audio)])
    assert abs(len(audio) - kept * N_SAMPLES) < 1_200


def test_an_empty_file_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    content = write(path, np.zeros((0, 2), np.float32), "WAV")
    path.write_bytes(content + LIST)
    assert audio_io.probe(path)[0].n_samples == 0


@pytest.mark.parametrize("n_first", [0, 1_234, N_SAMPLES - 1])
def test_audio_in_two_chunks_is_one_recording(
    tmp_path: Path, samples: np.ndarray, n_first: int
) -> None:
    path = tmp_path / "a.wav"
    content = write(path, samples, "WAV")
    at = content.index(b"data")
    audio = bytes(content[at + 8 :])
    halves = (audio[: 4 * n_first], audio[4 * n_first :])
    chunks = [b"data" + struct.pack("<I", len(half)) + half for half in halves]
    body = content[:at] + chunks[0] + LIST + chunks[1] + LIST
    struct.pack_into("<I", body, 4, len(body) - 8)
    path.write_bytes(body)
    check_counted(path, samples)
