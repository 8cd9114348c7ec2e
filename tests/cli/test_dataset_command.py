"""`mixer dataset` and `mixer profile` as users and scripts meet them."""

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.cli.main import run
from mixer.fxnorm.profile import read_profile, write_profile
from mixer.stems import STEMS
from tests.training.songs import write_song, write_stems

QUICK = ["--effects", "loudness", "-j", "1"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for seed, name in enumerate(("a", "b")):
        write_song(tmp_path / "source" / name, 1.0, seed)
    return tmp_path / "source"


def test_prepare_and_info(source: Path, tmp_path: Path, capsys) -> None:
    data = str(tmp_path / "data")
    assert run(["dataset", "prepare", str(source), "-o", data, *QUICK, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["dataset"], answer["effects"]) == (data, ["loudness"])
    assert sorted(song["split"] for song in answer["songs"]) == ["train", "valid"]
    assert run(["dataset", "info", data]) == 0
    said = capsys.readouterr().out
    assert "2 songs (1 train, 1 valid, 0 test), 0.0 minutes" in said
    assert answer["sha256"] in said
    assert run(["dataset", "info", data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == answer["sha256"]


def test_a_song_left_out_is_said_and_is_exit_code_1(source: Path, tmp_path: Path, capsys) -> None:
    write_stems(source / "bad", {"drums": np.full((2, 4_410), np.nan, np.float32)})
    data = str(tmp_path / "data")
    assert run(["dataset", "prepare", str(source), "-o", data, *QUICK, "-q"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("left out: bad: drums.wav: NaN or infinite samples at 0.000 s")
    assert said.err.splitlines()[1:] == [f"mixer: 1 of 3 songs left out; the others are in {data}"]
    assert run(["dataset", "info", data]) == 0


def test_what_is_no_data_set_and_no_source_is_told(source: Path, tmp_path: Path, capsys) -> None:
    assert run(["dataset", "info", str(source)]) == 1
    told = f"{source}: contains no prepared data set; make one with mixer dataset prepare"
    assert told in capsys.readouterr().err
    recording = next(source.rglob("*.wav"))
    assert run(["dataset", "prepare", str(recording), "-o", str(tmp_path / "data")]) == 1
    assert "is a file; give a folder of songs" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(source: Path, tmp_path: Path, capsys) -> None:
    arguments = ["dataset", "prepare", str(source), "-o", str(tmp_path / "data"), "--dry-run"]
    assert run(arguments) == 0
    assert "2 songs, profile musdb18" in capsys.readouterr().out
    assert run([*arguments, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [song["duration_s"] for song in plan["songs"]] == [1.0, 1.0]
    assert plan["songs"][0]["stems"] == ["vocals", "bass", "drums", "other"]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--split", "coin"], 2, "unknown split 'coin'; choose from"),
        (["--effects", "eq,flanger"], 2, "unknown effect 'flanger'"),
        (["--profile", "nobody"], 3, "unknown profile 'nobody'"),
        (["--target", "mixture"], 1, "none of its files is named mixture"),
        (["--split", "musdb"], 1, "not in a train or test folder"),
    ],
)
def test_bad_input_is_one_line(source, tmp_path, capsys, arguments, code, says) -> None:
    assert run(["dataset", "prepare", str(source), "-o", str(tmp_path / "d"), *arguments]) == code
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "d").exists()


def test_a_source_without_songs(tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    arguments = ["dataset", "prepare", str(tmp_path / "empty"), "-o", str(tmp_path / "data")]
    assert run(arguments) == 1
    assert "contains no songs" in capsys.readouterr().err


def test_a_measured_profile_can_be_used(source: Path, tmp_path: Path, capsys) -> None:
    for folder in source.iterdir():
        (folder / "bass.wav").unlink()
    path = tmp_path / "mine.json"
    arguments = ["profile", "measure", str(source), "-o", str(path), *QUICK]
    assert run([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert "not in the profile: bass" in said.err
    assert list(read_profile(path).stems) == list(answer["stems"]) == ["vocals", "drums", "other"]
    assert run(arguments) == 1
    assert "already exists" in capsys.readouterr().err
    assert run(["profile", "show", str(path)]) == 0
    assert "Average of 2 songs" in capsys.readouterr().out


def test_a_damaged_song_is_in_no_stem_of_a_measured_profile(
    source: Path, tmp_path: Path, capsys
) -> None:
    sound, all_songs = tmp_path / "sound.json", tmp_path / "all.json"
    assert run(["profile", "measure", str(source), "-o", str(sound), *QUICK]) == 0
    write_song(source / "cut", 1.0, 2)
    bass = source / "cut" / "bass.wav"
    bass.write_bytes(bass.read_bytes()[:40_000])
    capsys.readouterr()
    assert run(["profile", "measure", str(source), "-o", str(all_songs), *QUICK, "-q"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("left out: cut: bass.wav: truncated")
    assert said[1:] == [f"mixer: 1 song left out; {all_songs} is the average of the others"]
    assert json.loads(all_songs.read_text()) == json.loads(sound.read_text())


@pytest.mark.parametrize("is_silent", [False, True])
def test_without_a_song_to_measure_there_is_no_profile(
    tmp_path: Path, capsys, is_silent: bool
) -> None:
    song = write_song(tmp_path / "source" / "a", 1.0)
    if is_silent:
        write_stems(song, {stem: np.zeros((2, 44_100), np.float32) for stem in STEMS})
    else:
        bass = song / "bass.wav"
        bass.write_bytes(bass.read_bytes()[:40_000])
    before = sorted(tmp_path.rglob("*"))
    path = tmp_path / "new" / "mine.json"
    assert run(["profile", "measure", str(song.parent), "-o", str(path), *QUICK]) == 1
    said = capsys.readouterr().err
    assert ("nothing could be measured" if is_silent else "a: bass.wav: truncated") in said
    assert sorted(tmp_path.rglob("*")) == before


def test_show_tells_the_figures(capsys) -> None:
    assert run(["profile", "show", "musdb18", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    # the published averages
    assert answer["stems"]["vocals"]["loudness_lufs"] == pytest.approx(-30.73, abs=0.01)
    assert answer["stems"]["bass"]["onset_peak_dbfs"] == pytest.approx(-13.13, abs=0.01)
    for figures in answer["stems"].values():
        assert np.mean(figures["spectrum_db"]) == pytest.approx(0.0, abs=1e-9)
        assert all(0.0 <= phi <= 1.0 for phi in figures["panning_phi"])
    assert run(["profile", "show", "musdb18"]) == 0
    assert "-30.73" in capsys.readouterr().out


def test_compare_finds_exactly_what_differs(tmp_path: Path, capsys) -> None:
    profile = read_profile("musdb18")
    path = tmp_path / "other.json"
    write_profile(profile, path)
    content = json.loads(path.read_text())
    vocals = content["stems"]["vocals"]
    vocals["loudness_lufs"] += 2.5
    vocals["panning_phi"] = [0.5 * phi for phi in vocals["panning_phi"]]
    # 6 dB more above the octave of 1 kHz: that much between the octaves below and above
    vocals["spectrum_db"] = [
        level_db + 6.0 * (hz > 1_450.0)
        for hz, level_db in zip(content["bands_hz"], vocals["spectrum_db"], strict=True)
    ]
    path.write_text(json.dumps(content))
    assert run(["profile", "compare", "musdb18", str(path), "--json"]) == 0
    stems = json.loads(capsys.readouterr().out)["stems"]
    assert stems["vocals"]["loudness_lufs"] == pytest.approx(2.5)
    assert stems["vocals"]["panning_phi"] == pytest.approx(
        [-0.5 * phi for phi in _figures("vocals", capsys)["panning_phi"]]
    )
    octaves = stems["vocals"]["spectrum_db"]
    assert np.mean(octaves[7:]) - np.mean(octaves[:5]) == pytest.approx(6.0, abs=0.05)
    assert all(np.allclose(stems["drums"][key], 0.0) for key in stems["drums"])
    assert run(["profile", "compare", "musdb18", str(path)]) == 0
    assert "+2.50" in capsys.readouterr().out


def _figures(stem: str, capsys) -> dict:
    run(["profile", "show", "musdb18", "--json"])
    return json.loads(capsys.readouterr().out)["stems"][stem]
