"""The `bext` chunk says what EBU Tech 3285 asks for, and the audio around it stays as it was."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wavinfo

from mixer import audio as audio_io
from mixer.audio.broadcast import BroadcastInfo, bext_chunk
from mixer.meters.broadcast_levels import measure_broadcast
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from tests.signals import noise, sine

RATE_HZ = 48_000
INFO = BroadcastInfo(
    description="Free: vocals",
    loudness_lufs=-14.016,
    loudness_range_lu=5.5,
    max_true_peak_dbtp=-1.0,
    max_momentary_lufs=-9.25,
    max_short_term_lufs=-11.5,
)


def chunks(path: Path) -> dict[bytes, tuple[int, int]]:
    """Name to offset and size of each chunk; fails unless they fill the file exactly."""
    data = path.read_bytes()
    found, position = {}, 12
    sizes = dict[str, int]()
    while position < len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        if name == b"ds64":
            riff, audio = struct.unpack_from("<QQ", data, position + 8)
            sizes = {"riff": riff, "data": audio}
        if name == b"data" and size == 0xFFFFFFFF:
            size = sizes["data"]
        assert name not in found
        found[name] = (position + 8, size)
        position += 8 + size + size % 2
    assert position == len(data)
    (riff,) = struct.unpack_from("<I", data, 4)
    assert (sizes["riff"] if data[:4] == b"RF64" else riff) == len(data) - 8
    return found


@pytest.mark.parametrize("bit_depth", ["16", "24", "32f"])
def test_another_reader_finds_what_was_written(rng, tmp_path, bit_depth) -> None:
    audio = noise(rng, 0.5, RATE_HZ)
    options = {"bit_depth": bit_depth, "seed": 3}
    audio_io.write_audio(tmp_path / "plain.wav", audio, RATE_HZ, **options)
    audio_io.write_audio(tmp_path / "bext.wav", audio, RATE_HZ, **options, broadcast=INFO)
    read = [soundfile.read(tmp_path / f"{n}.wav", dtype="float32")[0] for n in ("plain", "bext")]
    assert np.array_equal(*read)
    bext = wavinfo.WavInfoReader(str(tmp_path / "bext.wav")).bext
    assert (bext.description, bext.originator, bext.version) == ("Free: vocals", "mixer", 2)
    assert (bext.originator_date, bext.originator_time, bext.time_reference) == ("", "", 0)
    levels = (bext.loudness_value, bext.loudness_range, bext.max_true_peak)
    assert levels == (-14.02, 5.5, -1.0)
    assert (bext.max_momentary_loudness, bext.max_shortterm_loudness) == (-9.25, -11.5)
    coding = {"16": "W=16,M=stereo", "24": "W=24,M=stereo", "32f": "W=32,M=stereo,T=floating point"}
    assert bext.coding_history.rstrip("\0") == f"A=PCM,F=48000,{coding[bit_depth]}\r\n"


def test_the_chunk_stands_before_the_audio_and_the_sizes_add_up(rng, tmp_path) -> None:
    for bit_depth, channels, length_s in (("24", 1, 0.10001), ("16", 2, 0.1), ("32f", 2, 0.0)):
        path = tmp_path / f"{bit_depth}.wav"
        audio = noise(rng, length_s, RATE_HZ)[:channels]
        audio_io.write_audio(path, audio, RATE_HZ, bit_depth=bit_depth, broadcast=INFO)
        found = chunks(path)
        assert found[b"bext"][0] < found[b"data"][0]
        assert found[b"bext"][0] % 2 == 0
        assert found[b"data"][1] == audio.size * int(bit_depth[:2]) // 8


def test_fields_lie_where_the_standard_puts_them() -> None:
    chunk = bext_chunk(BroadcastInfo("d" * 300, "o" * 40, 2**40 + 7, -23.0, 0.0, -99.99, 1.25, 100))
    assert chunk[:4] == b"bext"
    assert struct.unpack_from("<I", chunk, 4) == (602,)
    body = chunk[8:]
    assert body[:256] == b"d" * 256
    assert body[256:288] == b"o" * 32
    assert body[320:338] == b"\0" * 18  # date and time
    assert struct.unpack_from("<IIH", body, 338) == (7, 256, 2)
    assert struct.unpack_from("<5h", body, 412) == (-2300, 0, -9999, 125, 0x7FFF)
    assert body[422:602] == b"\0" * 180


def test_levels_unknown_or_beyond_the_field_are_marked_so() -> None:
    chunk = bext_chunk(BroadcastInfo(loudness_lufs=math.nan, max_true_peak_dbtp=-math.inf))
    assert struct.unpack_from("<5h", chunk, 8 + 412) == (0x7FFF,) * 5


def test_an_odd_history_is_padded_and_text_is_ascii(tmp_path) -> None:
    chunk = bext_chunk(BroadcastInfo("Gr\u00fc\u00dfe\0\x1b[31m", coding_history="A=PCM"))
    assert struct.unpack_from("<I", chunk, 4) == (607,)
    assert len(chunk) == 8 + 608
    assert chunk[8:].startswith(b"Gr??e[31m\0")


def test_rf64_keeps_its_audio_and_its_sizes(rng, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mixer.audio.wave_writing._RF64_FROM_BYTES", 1_000)
    audio = noise(rng, 0.3, RATE_HZ)
    path = tmp_path / "long.wav"
    audio_io.write_audio(path, audio, RATE_HZ, bit_depth="32f", broadcast=INFO)
    assert path.read_bytes()[:4] == b"RF64"
    found = chunks(path)
    assert next(iter(found)) == b"ds64"
    assert found[b"data"][1] == audio.nbytes
    assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, audio)
    assert wavinfo.WavInfoReader(str(path)).bext.description == INFO.description
    (source,) = audio_io.probe(path)
    assert source.n_samples == audio.shape[1]


def test_equal_audio_gives_equal_files_and_other_formats_are_untouched(rng, tmp_path) -> None:
    audio = noise(rng, 0.2, RATE_HZ)
    for name in ("a.wav", "b.wav", "plain.flac", "c.flac"):
        broadcast = None if name == "plain.flac" else INFO
        file_format = name.split(".")[1]
        path = tmp_path / name
        audio_io.write_audio(path, audio, RATE_HZ, file_format=file_format, broadcast=broadcast)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert (tmp_path / "c.flac").read_bytes() == (tmp_path / "plain.flac").read_bytes()


def test_the_levels_are_those_of_the_meters() -> None:
    """A steady tone: integrated, momentary and short-term agree, and there is no range."""
    audio = np.repeat(sine(1_000.0, 6.0, RATE_HZ, level=0.1), 2, axis=0)
    info = measure_broadcast(audio, RATE_HZ, "tone")
    # EBU Tech 3341, case 1: a stereo sine of -23 dBFS peak reads -23 LUFS; this one is -20 dBFS
    assert info.loudness_lufs == pytest.approx(-20.0, abs=0.1)
    assert info.loudness_lufs == integrated_loudness_lufs(audio, RATE_HZ)
    assert info.max_momentary_lufs == pytest.approx(-20.0, abs=0.1)
    assert info.max_short_term_lufs == pytest.approx(-20.0, abs=0.1)
    assert info.loudness_range_lu == pytest.approx(0.0, abs=0.1)
    assert info.max_true_peak_dbtp == true_peak_dbtp(audio, RATE_HZ)
    burst = audio.copy()
    burst[:, RATE_HZ : RATE_HZ * 3 // 2] *= 4.0
    louder = measure_broadcast(burst, RATE_HZ, "burst")
    assert louder.max_momentary_lufs == pytest.approx(-20.0 + 12.04, abs=0.1)
    # a sixth of the window is 16 times as strong
    expected_lufs = -20.0 + 10.0 * math.log10((5.0 + 16.0) / 6.0)
    assert louder.max_short_term_lufs == pytest.approx(expected_lufs, abs=0.15)


def test_silence_and_scraps_have_no_levels() -> None:
    for n_samples in (0, 100, RATE_HZ * 4):
        info = measure_broadcast(np.zeros((2, n_samples), np.float32), RATE_HZ, "")
        assert info.loudness_lufs is None
        assert info.max_true_peak_dbtp is None
        assert info.max_momentary_lufs is None
        assert info.max_short_term_lufs is None
