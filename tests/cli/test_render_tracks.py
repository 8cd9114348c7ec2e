"""A mix of tracks on the command line: a line a track, its settings as JSON, the user's strips."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.cli.main import run
from tests.signals import noise


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    names = ("Kick", "Bass", "Lead Vox", "Gtr 1", "Gtr 2")
    return write_song({f"{name}.wav": noise(rng, 1.0, 44_100)[:1] for name in names})


def rendered(folder: Path, out: Path, *more: str) -> int:
    path = str(out / "a.wav")
    return run(["render", str(folder), "-o", path, "--model", "levels", "--overwrite", *more])


def test_a_line_a_track_says_what_was_set_and_what_the_hand_added(
    folder: Path, tmp_path: Path, capsys
) -> None:
    sets = ("--set", 'tracks."Lead Vox".gain_db=+2', "--set", "roles.kick.mute=true")
    assert rendered(folder, tmp_path, *sets) == 0
    lines = capsys.readouterr().err.splitlines()
    (vox,) = [line for line in lines if line.startswith("Lead Vox ")]
    assert "lead vocal" in vox
    assert vox.rstrip().endswith("+2 dB")
    assert any(line.startswith("Kick ") and line.rstrip().endswith("muted") for line in lines)
    assert any(line.startswith("mix bus") for line in lines)
    assert rendered(folder, tmp_path) == 0
    assert "your settings" not in capsys.readouterr().err


def test_how_sure_a_model_of_tracks_is_is_told(folder: Path, tmp_path: Path, capsys) -> None:
    assert rendered(folder, tmp_path, "--uncertainty") == 0
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if line.startswith("levels uncertain by: ")]
    assert all(f"{stem} " in line for stem in ("vocals", "drums", "bass", "other"))
    assert rendered(folder, tmp_path) == 0
    assert "uncertain" not in capsys.readouterr().err


def test_silent_tracks_are_listed_in_one_line(write_song, tmp_path: Path, capsys) -> None:
    loud, silent = noise(np.random.default_rng(1), 1.0, 44_100)[:1], np.zeros((1, 44_100))
    names = ["Kick", *(f"Gtr {place}" for place in range(10))]
    folder = write_song({f"{name}.wav": silent if name != "Kick" else loud for name in names})
    assert rendered(folder, tmp_path) == 0
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if line.startswith("silent: ")]
    assert line.startswith("silent: Gtr 0, Gtr 1, ")
    assert line.endswith(" more")
    table = lines[next(place for place, line in enumerate(lines) if line.startswith("track")) :]
    assert any(line.startswith("Kick ") for line in table)
    assert not any(line.startswith("Gtr ") for line in table)


def test_json_carries_every_setting_and_the_files(folder: Path, tmp_path: Path, capsys) -> None:
    assert rendered(folder, tmp_path, "--tracks", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    recipe = json.loads((tmp_path / "a.mix.json").read_text())
    assert answer["track_mix"] == recipe["measurements"]["tracks"]
    assert answer["track_mix"]["tracks"]["Kick.wav"]["strip"]["pan"] == 0.0
    assert set(answer["tracks"]) == {*answer["track_mix"]["tracks"], "residual"}
    assert all(Path(path).is_file() for path in answer["tracks"].values())


def test_a_dry_run_names_the_tracks_files(folder: Path, tmp_path: Path, capsys) -> None:
    assert rendered(folder, tmp_path, "--tracks", "--dry-run") == 0
    assert str(tmp_path / "a.tracks" / "Lead Vox.wav") in capsys.readouterr().out


def test_tracks_of_a_model_of_stems_are_refused_in_one_line(
    folder: Path, tmp_path: Path, capsys
) -> None:
    assert rendered(folder, tmp_path, "--model", "none", "--tracks") == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "model none mixes stems, not single tracks" in line
