"""Wet tracks as files: safe names, exact sums, nothing left of an earlier mix."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import ModelError, RenderSettings, load_song
from mixer.output.destination import Destination, render_to
from mixer.output.names import track_paths
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import replay
from mixer.rendering.plans.planning import plan_render
from tests.signals import noise

RATE_HZ = 44_100


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    (write_song({}) / "Drums").mkdir()
    names = ("Drums/Kick.wav", "Drums/Snare.wav", "Bass.wav", "Lead Vox.wav")
    return write_song({name: noise(rng, 1.0, RATE_HZ)[:1] for name in names})


def written(folder: Path, path: Path, *, tracks: bool, model: str = "levels"):
    plan = plan_render(load_song(folder), RenderSettings(model=model))
    destination = Destination(path, OutputSettings("wav", "32f", tracks=tracks), overwrite=True)
    destination.check(plan)
    return render_to(destination, plan)


def test_names_are_safe_and_each_its_own() -> None:
    names = ["Drums/Kick.wav", "kick.wav", "Kick.flac", "Residual.wav", "con.wav", "a?.wav"]
    paths = track_paths(Path("mixes/a.wav"), names, "flac")
    assert {path.parent for path in paths.values()} == {Path("mixes/a.tracks")}
    assert [path.name for path in paths.values()] == [
        "Drums - Kick.flac",
        "kick.flac",
        "Kick (2).flac",
        "Residual (2).flac",
        "_con.flac",
        "a_.flac",
        "residual.flac",
    ]


def test_tracks_and_the_residual_sum_to_the_mix(folder: Path, tmp_path: Path) -> None:
    done = written(folder, tmp_path / "a.wav", tracks=True)
    files = done.recipe["output"]["tracks"]
    assert set(files) == {*(track.name for track in done.mix.plan.tracks), "residual"}
    total = sum(soundfile.read(entry["path"], dtype="float32")[0] for entry in files.values())
    mix, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert np.abs(total - mix).max() < 1e-6


@pytest.mark.parametrize("bit_depth", ["16", "24"])
@pytest.mark.parametrize("file_format", ["wav", "flac"])
def test_what_files_round_is_in_the_residual(
    folder: Path, tmp_path: Path, file_format: str, bit_depth: str
) -> None:
    plan = plan_render(load_song(folder), RenderSettings(model="levels"))
    path = tmp_path / f"a.{file_format}"
    destination = Destination(path, OutputSettings(file_format, bit_depth, tracks=True))
    destination.check(plan)
    files = render_to(destination, plan).recipe["output"]["tracks"]
    total = sum(soundfile.read(entry["path"])[0] for entry in files.values())
    np.testing.assert_array_equal(total, soundfile.read(path)[0])


def test_tracks_of_an_earlier_mix_are_removed_but_not_what_was_changed(
    folder: Path, tmp_path: Path
) -> None:
    written(folder, tmp_path / "a.wav", tracks=True)
    (tmp_path / "a.tracks" / "Bass.wav").write_bytes(b"mine")
    written(folder, tmp_path / "a.wav", tracks=False)
    assert [path.name for path in (tmp_path / "a.tracks").iterdir()] == ["Bass.wav"]


def test_a_mix_with_its_tracks_is_replayed(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "a.wav", tracks=True)
    again = replay(read_recipe(tmp_path / "a.wav"), tmp_path / "again")
    assert again.is_same
    assert "tracks/Lead Vox.wav" in again.written


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be on Windows")
def test_a_track_of_any_name_is_replayed(folder: Path, tmp_path: Path) -> None:
    (folder / "Bass.wav").rename(folder / "Bass\n\x07.wav")
    written(folder, tmp_path / "a.wav", tracks=True)
    assert (tmp_path / "a.tracks" / "Bass__.wav").is_file()
    assert replay(read_recipe(tmp_path / "a.wav"), tmp_path / "again").is_same


def test_a_recipe_names_no_track_outside_its_folder(folder: Path, tmp_path: Path) -> None:
    written(folder, tmp_path / "a.wav", tracks=True)
    path = tmp_path / "a.mix.json"
    recipe = json.loads(path.read_text())
    recipe["output"]["tracks"]["Bass.wav"]["path"] = str(tmp_path / ".." / "x" / "Bass.wav")
    path.write_text(json.dumps(recipe))
    with pytest.raises(Exception, match="is not beside the mix"):
        read_recipe(path)


def test_a_model_of_stems_says_so_before_rendering(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="mixes stems, not single tracks"):
        written(folder, tmp_path / "a.wav", tracks=True, model="none")
