"""Creative Voice files are one recording, however many blocks they are made of."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer.audio.containers.creative_voice import voice_layout
from mixer.errors import InputError

RATE_HZ = 22_050
HEAD = b"Creative Voice File\x1a" + struct.pack("<3H", 26, 0x0114, 0x111F)
END = b"\0"


def block(kind: int, body: bytes = b"", size: int | None = None) -> bytes:
    stated = len(body) if size is None else size
    return bytes([kind]) + (stated % (1 << 24)).to_bytes(3, "little") + body


def new_sound(
    samples: np.ndarray, *, rate: int = RATE_HZ, coding: int = 4, size_error: int = 0
) -> bytes:
    channels = samples.shape[1]
    head = struct.pack("<IBBHI", rate, 8 * samples.itemsize, channels, coding, 0)
    body = head + samples.tobytes()
    return block(9, body, len(body) + size_error)


def voice(path: Path, *blocks: bytes) -> Path:
    path.write_bytes(HEAD + b"".join(blocks))
    return path


def read(path: Path) -> np.ndarray:
    """Samples (n, channels) of a file that is whole."""
    (source,) = audio_io.probe(path)
    audio = np.concatenate(list(audio_io.read_blocks(source)), axis=1)
    assert source.fault is None
    assert audio.shape == (source.channels, source.n_samples)
    return audio.T


@pytest.fixture
def steps(rng: np.random.Generator) -> np.ndarray:
    """16-bit samples that end as music does, (1 000, 2)."""
    found = rng.integers(-20_000, 20_000, (1_000, 2)).astype("<i2")
    found[-100:] = 0
    return found


@pytest.mark.parametrize("end", [b"", END, END + bytes(100)])
def test_sound_in_many_blocks_is_one_recording(
    tmp_path: Path, steps: np.ndarray, end: bytes
) -> None:
    raw = steps.tobytes()
    path = voice(
        tmp_path / "a.voc",
        block(5, b"made by hand\0"),
        new_sound(steps[:300]),
        block(2, raw[1_200:1_201]),  # blocks end anywhere, within a sample too
        block(4, b"\1\0"),
        block(2, raw[1_201:2_000]),
        new_sound(steps[500:]),
        end,
    )
    assert np.array_equal(read(path), (steps / 32_768.0).astype(np.float32))


@pytest.mark.parametrize(
    ("coding", "silence", "dtype"),
    [(0, 0x80, "u1"), (4, 0, "<i2"), (6, 0xD5, "u1"), (7, 255, "u1")],
)
def test_silence_lasts_as_long_as_stated_and_is_silent(
    tmp_path: Path, coding: int, silence: int, dtype: str
) -> None:
    sound = np.full((50, 1), 99, dtype)
    tenth = block(3, struct.pack("<HB", 799, 256 - 125))  # 800 samples at 8 000 Hz
    path = voice(
        tmp_path / "a.voc",
        tenth,  # before it is known what the samples are like
        new_sound(sound, coding=coding),
        tenth,
        new_sound(sound, coding=coding),
        END,
    )
    audio = read(path)[:, 0]
    n_silent = RATE_HZ // 10
    assert len(audio) == 2 * (n_silent + 50)
    heard = np.flatnonzero(np.abs(audio) > 2e-3)
    assert heard[0] == n_silent
    assert np.array_equal(heard[50:] - heard[:50], np.full(50, n_silent + 50))


@pytest.mark.parametrize(("count", "times"), [(0, 1), (1, 1), (3, 3), (0xFFFF, 1)])
def test_a_part_sounds_as_often_as_stated(
    tmp_path: Path, steps: np.ndarray, count: int, times: int
) -> None:
    path = voice(
        tmp_path / "a.voc",
        new_sound(steps[:100]),
        block(6, struct.pack("<H", count)),
        new_sound(steps[100:300]),
        block(7),
        new_sound(steps[300:]),
        END,
    )
    expected = np.concatenate([steps[:100], *[steps[100:300]] * times, steps[300:]])
    assert np.array_equal(read(path), (expected / 32_768.0).astype(np.float32))
    (source,) = audio_io.probe(path)
    assert (source.remark is not None) == (count == 0xFFFF)


@pytest.mark.parametrize(
    ("extended", "constant", "rate", "channels"),
    [
        (b"", 256 - 125, 8_000, 1),
        (b"", 256 - 23, 44_100, 1),  # as SoX writes it
        (b"", 256 - 22, 44_100, 1),  # as libsndfile does
        (b"", 256 - 100, 10_000, 1),
        (block(8, struct.pack("<HBB", 65_536 - 2_902, 0, 1)), 0, 44_100, 2),
        (block(8, struct.pack("<HBB", 65_536 - 12_800, 0, 0)), 0, 20_000, 1),
    ],
)
def test_time_constants_are_rates(
    tmp_path: Path, extended: bytes, constant: int, rate: int, channels: int
) -> None:
    sound = block(1, bytes([constant, 0]) + bytes(range(100, 200)))
    (source,) = audio_io.probe(voice(tmp_path / "a.voc", extended, sound, END))
    assert (source.sample_rate, source.channels) == (rate, channels)
    assert source.n_samples == 100 // channels


@pytest.mark.parametrize("size_error", [0, -8])  # of libsndfile, of SoX
@pytest.mark.parametrize("end", [b"", END])
def test_a_block_beyond_16_mib_is_read_to_its_end(
    tmp_path: Path, rng: np.random.Generator, size_error: int, end: bytes
) -> None:
    samples = rng.integers(-20_000, 20_000, (9_000_000, 1)).astype("<i2")
    samples[-1] = 257  # no byte that could be the mark of the end
    path = voice(tmp_path / "a.voc", new_sound(samples, size_error=size_error), end)
    (source,) = audio_io.probe(path)
    assert (source.n_samples, source.fault) == (9_000_000, None)
    assert np.array_equal(read(path), (samples / 32_768.0).astype(np.float32))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "ALAW", "ULAW"])
def test_what_libsndfile_writes_is_read_to_the_sample(
    tmp_path: Path, rng: np.random.Generator, subtype: str
) -> None:
    audio = rng.uniform(-0.5, 0.5, 1_000)
    soundfile.write(tmp_path / "a.voc", audio, 44_100, subtype=subtype, format="VOC")
    soundfile.write(tmp_path / "a.wav", audio, 44_100, subtype=subtype)
    assert np.array_equal(read(tmp_path / "a.voc"), read(tmp_path / "a.wav"))


def test_damage_is_told(tmp_path: Path, steps: np.ndarray) -> None:
    whole = [new_sound(steps[:500]), new_sound(steps[500:])]
    path = voice(tmp_path / "a.voc", whole[0], whole[1][:1_000])
    (source,) = audio_io.probe(path)
    assert source.fault == "truncated: its last block has 996 of 2012 bytes; 0.03 s are there"
    path = voice(tmp_path / "b.voc", *whole, block(77, bytes(10_000)))
    (source,) = audio_io.probe(path)
    assert source.fault == "damaged: no block starts at byte 4058; 0.05 s are there"
    assert source.n_samples == 1_000
    path = voice(tmp_path / "c.voc", whole[0], new_sound(steps[500:], rate=8_000), END)
    (source,) = audio_io.probe(path)
    assert source.fault.startswith("its blocks have different sample rates")
    assert source.n_samples == 500


def test_a_coding_of_its_own_is_left_to_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = voice(tmp_path / "a.voc", block(1, bytes([131, 1]) + bytes(range(100))), END)
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(InputError, match=r"a\.voc: its codec needs PyAV; install it with"):
        audio_io.probe(path)


def test_a_few_bytes_do_not_become_gigabytes(tmp_path: Path) -> None:
    silence = block(3, struct.pack("<HB", 65_535, 0))
    path = voice(
        tmp_path / "a.voc", new_sound(np.zeros((1, 2), "<i2"), rate=384_000), silence * 2_000
    )
    assert voice_layout(path) is None
    endless = block(6, b"\xfe\xff") + silence * 100 + block(7)
    path = voice(tmp_path / "b.voc", new_sound(np.zeros((1, 2), "<i2")), endless)
    assert voice_layout(path).fault == "a part of it is repeated 65534 times, which is read once"


def test_a_few_bytes_do_not_fill_the_memory(tmp_path: Path) -> None:
    """Each of many silences is a part of one block, and repeats add up."""
    silences = block(3, struct.pack("<HB", 60_000, 211)) * 10_000
    path = voice(tmp_path / "a.voc", new_sound(np.zeros((1, 1), "<i2")), silences, END)
    tracemalloc.start()
    layout = voice_layout(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    assert sum(len(piece) for piece in layout.pieces if isinstance(piece, memoryview)) > 1e9
    assert peak_bytes < 50e6
    often = block(6, struct.pack("<H", 60_000)) + block(3, b"\0\0\0") + block(7)
    path = voice(tmp_path / "b.voc", new_sound(np.zeros((1, 1), "<i2")), often * 1_000, END)
    tracemalloc.reset_peak()
    layout = voice_layout(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert layout.fault == "a part of it is repeated 60000 times, which is read once"
    assert peak_bytes < 400e6


def test_any_bytes_are_read_or_refused(tmp_path: Path, steps: np.ndarray) -> None:
    draw, n_refused = random.Random(0), 0
    whole = HEAD + new_sound(steps[:9]) + block(6, b"\2\0") + block(2, b"1234") + block(7) + END
    path = tmp_path / "a.voc"
    for _ in range(500):
        changed = bytearray(whole[: draw.randint(20, len(whole))])
        for _ in range(draw.randint(0, 4)):
            changed[draw.randrange(19, len(changed))] = draw.randrange(256)
        path.write_bytes(changed)
        try:
            (source,) = audio_io.probe(path)
            n_read = sum(part.shape[1] for part in audio_io.read_blocks(source))
        except InputError:
            n_refused += 1
            continue
        assert n_read == source.n_samples
    assert 0 < n_refused < 500
