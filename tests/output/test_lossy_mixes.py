"""Mixes in lossy formats: bit rate or quality, sample rate, tags, and their replay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.audio.formats import FORMATS, LossyCoding, fitting_rate, refuse_coding
from mixer.cli.main import run
from mixer.errors import SettingsError

av = pytest.importorskip("av")


@pytest.fixture
def song(write_song, rng) -> Path:
    audio = {n: 0.1 * rng.standard_normal((2, 96_000)).astype(np.float32) for n in ("a", "b")}
    folder = write_song({"drums.wav": audio["a"], "bass.wav": audio["b"]}, 96_000)
    (folder / "song.toml").write_text('title = "Été"\nartist = "The Band"\n', encoding="utf-8")
    return folder


def tags_in(path: Path) -> dict[str, str]:
    with av.open(str(path)) as opened:
        found = {**opened.metadata, **opened.streams.audio[0].metadata}
    return {name.lower(): text for name, text in found.items()}


@pytest.mark.parametrize("file_format", list(FORMATS))
def test_every_format_has_the_tags_and_comes_again(song, tmp_path, capsys, file_format) -> None:
    mix = tmp_path / f"a.{file_format}"
    assert run(["render", str(song), "-o", str(mix), "--model", "none"]) == 0
    tags = tags_in(mix)
    assert (tags["title"], tags["artist"]) == ("Été", "The Band")
    output = json.loads((tmp_path / "a.mix.json").read_text("utf-8"))["output"]
    assert output["tags"] == {"title": "Été", "artist": "The Band"}
    # Whatever it is called by now.
    (song / "song.toml").write_text('title = "Another"\n')
    assert run(["replay", str(tmp_path / "a.mix.json"), "-o", str(tmp_path / "again")]) == 0
    assert "bit for bit the same" in capsys.readouterr().out


def test_a_rate_that_a_format_does_not_hold_is_brought_to_one(song, tmp_path, capsys) -> None:
    assert run(["render", str(song), "-o", str(tmp_path / "a.mp3"), "--model", "none"]) == 0
    assert "note: 96000 Hz is converted to 48000 Hz for MP3" in capsys.readouterr().err
    with av.open(str(tmp_path / "a.mp3")) as opened:
        assert opened.streams.audio[0].rate == 48_000
    # A rate that was asked for is not changed behind one's back.
    asked = ["--model", "none", "--sample-rate", "96000", "-o", str(tmp_path / "b.mp3")]
    assert run(["render", str(song), *asked]) == 2


@pytest.mark.parametrize(
    ("file_format", "rate", "fitting"),
    [
        ("mp3", 44_100, 44_100),
        ("mp3", 88_200, 44_100),
        ("mp3", 176_400, 44_100),
        ("mp3", 192_000, 48_000),
        ("mp3", 50_000, 48_000),
        ("opus", 44_100, 48_000),
        ("opus", 22_050, 24_000),
        ("m4a", 192_000, 96_000),
        ("wav", 192_000, 192_000),
    ],
)
def test_the_fitting_rate_keeps_the_band_and_divides_where_it_can(
    file_format: str, rate: int, fitting: int
) -> None:
    assert fitting_rate(file_format, rate) == fitting


@pytest.mark.parametrize(
    ("file_format", "kbps"), [("mp3", 128), ("mp3", 320), ("opus", 96), ("m4a", 128)]
)
def test_the_bit_rate_is_the_one_that_was_asked_for(song, tmp_path, file_format, kbps) -> None:
    mix = tmp_path / f"a.{file_format}"
    asked = ["-o", str(mix), "--model", "none", "--bitrate", str(kbps)]
    assert run(["render", str(song), *asked]) == 0
    with av.open(str(mix)) as opened:
        # Of a second of noise; the heads and tags of so short a file count.
        assert opened.bit_rate / 1_000 == pytest.approx(kbps, rel=0.12)
    output = json.loads((tmp_path / "a.mix.json").read_text("utf-8"))["output"]
    assert output["bitrate_kbps"] == kbps


@pytest.mark.parametrize("file_format", ["mp3", "ogg"])
def test_more_quality_takes_more_room(song, tmp_path, file_format: str) -> None:
    sizes = []
    for quality in ("2", "9"):
        mix = tmp_path / f"{quality}.{file_format}"
        asked = ["-o", str(mix), "--model", "none", "--quality", quality]
        assert run(["render", str(song), *asked]) == 0
        sizes.append(mix.stat().st_size)
    assert sizes[0] < 0.7 * sizes[1]


@pytest.mark.parametrize(
    ("file_format", "asked", "said"),
    [
        ("mp3", LossyCoding(100), "MP3 is written at 32, .* kbit/s, not 100"),
        ("mp3", LossyCoding(128, 5.0), "contradict each other"),
        ("ogg", LossyCoding(128), "Ogg Vorbis has no bit rate setting; give --quality"),
        ("opus", LossyCoding(None, 5.0), "Opus has no quality setting"),
        ("wav", LossyCoding(128), "WAV has no bit rate setting"),
    ],
)
def test_what_a_format_has_not_is_refused(file_format, asked, said) -> None:
    with pytest.raises(SettingsError, match=said):
        refuse_coding(file_format, asked)


def test_a_bit_depth_of_a_lossy_mix_is_refused(song, tmp_path, capsys) -> None:
    asked = ["-o", str(tmp_path / "a.mp3"), "--bit-depth", "24"]
    assert run(["render", str(song), *asked]) == 2
    assert "MP3 has no bit depth" in capsys.readouterr().err
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"song,format,bit_depth\n{song},mp3,24\n")
    assert run(["batch", str(manifest), "-o", str(tmp_path / "out"), "--dry-run"]) == 2
    assert "bit_depth: MP3 has no bit depth" in capsys.readouterr().err


def test_a_batch_writes_what_render_does(song, tmp_path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"song,id,format,bitrate_kbps,model\n{song},a,mp3,128,none\n")
    assert run(["batch", str(manifest), "-o", str(tmp_path / "out"), "-q", "-j", "1"]) == 0
    alone = tmp_path / "a.mp3"
    asked = ["-o", str(alone), "--model", "none", "--bitrate", "128"]
    assert run(["render", str(song), *asked, "-q"]) == 0
    assert (tmp_path / "out" / "a.mp3").read_bytes() == alone.read_bytes()


def test_without_pyav_aac_names_what_installs_it(song, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert run(["render", str(song), "-o", str(tmp_path / "a.m4a"), "--model", "none"]) == 3
    assert "AAC is written by PyAV, which is not installed: pip install" in capsys.readouterr().err
