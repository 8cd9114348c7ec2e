"""MP3 without a table of its length, or with a wrong one: what decodes, as FFmpeg decodes it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.containers.mpeg_frames import frame_head
from tests.signals import noise, sine

RATE_HZ = 44_100
N_SAMPLES = 3 * RATE_HZ
# Two decoders' rounding, in float32.
TOLERANCE = 2e-5


@pytest.fixture
def av():
    return pytest.importorskip("av")


def encode(path: Path, audio: np.ndarray, mode: str, rate_hz: int = RATE_HZ) -> bytes:
    """An MP3 as LAME writes it, with its table in front."""
    with soundfile.SoundFile(
        path, "w", rate_hz, audio.shape[0], format="MP3", bitrate_mode=mode, compression_level=0.3
    ) as file:
        file.write(audio.T)
    return path.read_bytes()


def frames(content: bytes) -> list[bytes]:
    found, at = [], 0
    while (head := frame_head(content, at)) is not None:
        found.append(content[at : at + head.n_bytes])
        at += head.n_bytes
    return found


@pytest.fixture
def encoded(tmp_path: Path, rng: np.random.Generator) -> bytes:
    music = sine(330.0, 3.0, RATE_HZ, level=0.3) + noise(rng, 3.0, RATE_HZ, 0.05)
    return encode(tmp_path / "encoded.mp3", music[:, :N_SAMPLES], "VARIABLE")


def decode(av, path: Path) -> np.ndarray:
    """As FFmpeg goes on behind what is no frame."""
    blocks = []
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.audio[0]):
            try:
                blocks += [frame.to_ndarray() for frame in packet.decode()]
            except av.error.InvalidDataError:
                continue
    return np.concatenate(blocks, axis=1)


def read(path: Path) -> np.ndarray:
    (source,) = audio_io.probe(path)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert audio.shape == (source.channels, source.n_samples)
    return audio


def check(av, path: Path, content: bytes, *, fault: str | None = None) -> None:
    path.write_bytes(content)
    expected, audio = decode(av, path), read(path)
    assert audio.shape == expected.shape
    assert np.abs(audio - expected).max() < TOLERANCE
    found = audio_io.probe(path)[0].fault
    assert found is None if fault is None else fault in found


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 2), (48_000, 1), (22_050, 1)])
def test_without_a_table_all_frames_are_read(
    av, tmp_path: Path, rng: np.random.Generator, mode: str, rate_hz: int, channels: int
) -> None:
    audio = noise(rng, 3.0, rate_hz, 0.1)[:channels]
    first, *rest = frames(encode(tmp_path / "encoded.mp3", audio, mode, rate_hz))
    assert b"Info" in first or b"Xing" in first
    check(av, tmp_path / "a.mp3", b"".join(rest))
    (source,) = audio_io.probe(tmp_path / "a.mp3")
    assert source.remark == "its header does not state its length"


def test_with_a_right_table_the_recording_alone_is_read(av, tmp_path: Path, encoded: bytes) -> None:
    check(av, tmp_path / "a.mp3", encoded)
    (source,) = audio_io.probe(tmp_path / "a.mp3")
    assert (source.n_samples, source.remark) == (N_SAMPLES, None)


@pytest.mark.parametrize("error", [-40, -1, 1, 40])
def test_a_wrong_count_in_the_table(av, tmp_path: Path, encoded: bytes, error: int) -> None:
    content = bytearray(encoded)
    at = max(content.find(b"Info"), content.find(b"Xing")) + 8
    count = int.from_bytes(content[at : at + 4], "big") + error
    content[at : at + 4] = count.to_bytes(4, "big")
    check(av, tmp_path / "a.mp3", bytes(content))
    assert audio_io.probe(tmp_path / "a.mp3")[0].remark == "its header states a wrong length"


@pytest.mark.parametrize(
    "around",
    [
        lambda audio: b"ID3\x03\0\0" + bytes([0, 16, 0, 0]) + bytes(16 << 14) + audio,
        lambda audio: audio + b"TAG" + b" " * 125,
        lambda audio: audio + b"APETAGEX" + bytes(range(1, 200)) * 9,
        lambda audio: bytes(3_000) + audio + bytes(5_000),
    ],
    ids=["ID3v2", "ID3v1", "APE", "zeros"],
)
def test_tags_and_zeros_around_the_frames_are_no_audio(
    av, tmp_path: Path, encoded: bytes, around
) -> None:
    check(av, tmp_path / "a.mp3", around(b"".join(frames(encoded)[1:])))


@pytest.mark.parametrize("with_tables", [False, True])
def test_files_put_behind_one_another(
    av, tmp_path: Path, encoded: bytes, with_tables: bool
) -> None:
    one = encoded if with_tables else b"".join(frames(encoded)[1:])
    check(av, tmp_path / "a.mp3", one + one)
    assert audio_io.probe(tmp_path / "a.mp3")[0].n_samples > 2 * N_SAMPLES - 2_000


@pytest.mark.parametrize("missing", [1, 50, 100])
@pytest.mark.parametrize("with_table", [False, True])
def test_one_that_ends_inside_a_frame_says_so(
    av, tmp_path: Path, encoded: bytes, missing: int, with_table: bool
) -> None:
    content = encoded if with_table else b"".join(frames(encoded)[1:])
    check(av, tmp_path / "a.mp3", content[:-missing], fault="truncated inside a frame after 3.")


def test_half_a_file_says_how_much_is_there(av, tmp_path: Path, encoded: bytes) -> None:
    check(av, tmp_path / "a.mp3", encoded[: len(encoded) // 2], fault="truncated")


def test_one_that_begins_inside_is_read(av, tmp_path: Path, encoded: bytes) -> None:
    check(av, tmp_path / "a.mp3", encoded[5_000:])


def test_libmpg123_says_nothing(
    tmp_path: Path, encoded: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    middle = len(encoded) // 2
    spoilt = {
        "tail": encoded + b"APETAGEX" + bytes(2_000),
        "cut": encoded[:middle],
        "hole": encoded[:middle] + encoded[middle + 2_500 :],
        "twice": encoded + encoded,
        "trash": encoded[:middle] + bytes(range(256)) * 9 + encoded[middle + 2_304 :],
        "not MPEG": bytes(np.random.default_rng(0).integers(0, 256, 50_000, dtype=np.uint8)),
    }
    for content in spoilt.values():
        (tmp_path / "a.mp3").write_bytes(content)
        try:
            read(tmp_path / "a.mp3")
        except audio_io.decoding.InputError:
            assert content is spoilt["not MPEG"]
    assert capfd.readouterr() == ("", "")


def test_layer_ii(av, tmp_path: Path, rng: np.random.Generator) -> None:
    audio = noise(rng, 1.0, RATE_HZ, 0.1)
    with av.open(str(tmp_path / "a.mp2"), "w") as container:
        stream = container.add_stream("mp2", rate=RATE_HZ, layout="stereo")
        steps = np.ascontiguousarray((audio * 32_767).astype(np.int16).T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(steps, format="s16", layout="stereo")
        frame.sample_rate = RATE_HZ
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    expected = decode(av, tmp_path / "a.mp2").astype(np.float32) / 32_768.0
    assert np.abs(read(tmp_path / "a.mp2") - expected).max() < 1e-4
