"""The headers that are read without libsndfile say what it says; of others nothing is said."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio.layout import layout_of
from mixer.audio.plain_wave import START_BYTES, PlainWave, read_plain_wave
from tests.audio.riff import chunk, form, wave

RATE_HZ = 44_100
SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")


def plain(path: Path) -> PlainWave | None:
    whole = path.read_bytes()
    return read_plain_wave(whole[:START_BYTES], len(whole))


def libsndfiles(path: Path) -> tuple[int, int, str, int]:
    with soundfile.SoundFile(path) as file:
        return file.samplerate, file.channels, file.subtype, file.frames


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_what_libsndfile_writes_is_read_as_it_reads_it(
    tmp_path: Path, subtype: str, channels: int
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((1_001, channels)), 48_000, subtype=subtype)
    layout = layout_of(path)
    found = (layout.sample_rate, layout.channels, layout.encoding, layout.n_samples)
    assert found == libsndfiles(path) == (48_000, channels, subtype, 1_001)
    # It writes a chunk of peaks into files of floats, which is its own to judge, and 32 bits of
    # integers may be floats.
    assert (plain(path) is None) == (subtype in ("FLOAT", "DOUBLE", "PCM_32"))


@pytest.mark.parametrize(
    "chunks",
    [
        (form(1, 2, 16), chunk(b"data", bytes(400))),
        (form(3, 1, 32, b"\0\0"), chunk(b"data", bytes(400))),
        (chunk(b"JUNK", bytes(28)), form(1, 1, 24), chunk(b"data", bytes(300))),
        (form(1, 2, 16), chunk(b"FLLR", bytes(4_044)), chunk(b"data", bytes(800))),
    ],
)
def test_plain_headers_say_what_libsndfile_says(tmp_path: Path, chunks: tuple[bytes, ...]) -> None:
    path = wave(tmp_path / "a.wav", *chunks)
    assert plain(path) == libsndfiles(path)


@pytest.mark.parametrize(
    "chunks",
    [
        (form(1, 3, 16), chunk(b"data", bytes(600))),  # neither mono nor stereo
        (form(1, 2, 16, frame_bytes=6), chunk(b"data", bytes(600))),
        (form(1, 2, 16), chunk(b"data", bytes(402))),  # half a frame
        (form(2, 2, 4), chunk(b"data", bytes(400))),  # ADPCM
        (form(1, 2, 32), chunk(b"data", bytes(400))),  # which may be floats
        (form(1, 2, 16), form(1, 1, 16), chunk(b"data", bytes(400))),
        (form(1, 2, 16), chunk(b"LIST", b"INFO"), chunk(b"data", bytes(400))),
        (form(1, 2, 16), chunk(b"data", bytes(400)), chunk(b"bext", bytes(602))),
        (form(1, 2, 16), chunk(b"data", b"")),
        (chunk(b"data", bytes(400)),),
        (chunk(b"fmt ", bytes(14)), chunk(b"JUNK", bytes(8)), chunk(b"data", bytes(400))),
        (chunk(b"JUNK", bytes(27)), form(1, 2, 16), chunk(b"data", bytes(400))),
        (chunk(b"JUNK", bytes(START_BYTES)), form(1, 2, 16), chunk(b"data", bytes(400))),
        (form(1, 2, 16), chunk(b"data", b"RIFF\xc0\1\0\0WAVE" + bytes(400))),
    ],
)
def test_of_any_other_header_nothing_is_said(tmp_path: Path, chunks: tuple[bytes, ...]) -> None:
    assert plain(wave(tmp_path / "a.wav", *chunks)) is None


@pytest.mark.parametrize("n_bytes", range(48))
def test_of_a_header_that_breaks_off_nothing_is_said(tmp_path: Path, n_bytes: int) -> None:
    whole = wave(tmp_path / "a.wav", form(1, 2, 16), chunk(b"data", bytes(8))).read_bytes()
    assert read_plain_wave(whole[:n_bytes], n_bytes) is None


def test_whatever_a_header_holds_both_agree_or_only_libsndfile_speaks(tmp_path: Path) -> None:
    whole = wave(tmp_path / "a.wav", form(1, 2, 16), chunk(b"data", bytes(64))).read_bytes()
    draw = random.Random(0)
    for _ in range(2_000):
        changed = bytearray(whole)
        for _ in range(draw.randint(1, 2)):
            changed[draw.randrange(44)] = draw.choice((0, 1, 2, 3, 16, 24, 32, 255))
        path = tmp_path / "a.wav"
        path.write_bytes(changed)
        said = plain(path)
        if said is not None:
            assert said == libsndfiles(path)
