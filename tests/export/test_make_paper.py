"""What the paper's network is trained on, and what its bundle says of that."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from export.make_default import LIMITS as DEFAULT_LIMITS
from export.make_paper import LIMITS, bound_boosts, provenance, training_curve
from export.paper_songs import composing, is_composed, plan_songs, real_song_folders
from mixer.audio import write_audio
from mixer.fxnorm.profile import read_profile
from mixer.network.model import read_bundle
from mixer.rendering.choices.shipped import PAPER_MODEL
from training.shipped.benchmark_songs import HELD_OUT_TRACKS, REAL_SONGS, VALIDATION_SONG
from training.synthesis.genres import HELD_OUT_GENRES

RATE_HZ = 44_100


def write_stems(folder: Path) -> None:
    audio = 0.1 * np.random.default_rng(1).standard_normal((2, RATE_HZ)).astype(np.float32)
    for stem in ("drums", "bass"):
        write_audio(folder / f"{stem}.flac", audio, RATE_HZ)


def shared_folder(root: Path) -> Path:
    for name in ("lithium", VALIDATION_SONG, *REAL_SONGS):
        write_stems(root / "audio" / "stems" / name)
    for name in ("Oglsdl-PpTrip", VALIDATION_SONG, *HELD_OUT_TRACKS):
        write_stems(root / "tracks" / name / "wet")
    return root


def test_nothing_that_a_benchmark_judges_on_is_trained_on(tmp_path: Path) -> None:
    found = [
        path.relative_to(tmp_path).parts for path in real_song_folders(shared_folder(tmp_path))
    ]
    assert found == [
        ("audio", "stems", "lithium"),
        ("audio", "stems", VALIDATION_SONG),
        ("tracks", "Oglsdl-PpTrip", "wet"),
        ("tracks", VALIDATION_SONG, "wet"),
    ]
    assert set(composing().genres).isdisjoint(HELD_OUT_GENRES)


def test_no_part_of_the_validation_song_is_trained_on(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        write_stems(tmp_path / "composed" / split / f"song-{split}")
    real = real_song_folders(shared_folder(tmp_path / "shared"))
    plan = plan_songs(tmp_path / "composed", real, tmp_path / "data")
    trained = {str(song.multitrack.recordings[0].source.path) for song in plan.of_split("train")}
    assert len(plan.songs) == 7
    assert len(trained) == 3
    assert not any(VALIDATION_SONG in path or "song-valid" in path for path in trained)
    assert not any("song-test" in path for path in trained)
    assert plan.settings.effects == ("reverb", "eq", "compression", "balance", "loudness")


def test_a_relative_folder_is_split_as_a_whole_path_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "valid", "test"):
        write_stems(tmp_path / "build" / "songs" / split / f"song-{split}")
    real = real_song_folders(shared_folder(tmp_path / "shared"))
    monkeypatch.chdir(tmp_path)
    songs = Path("build") / "songs"
    plan = plan_songs(songs, real, Path("build") / "data")
    composed = {song.multitrack.name: song.split for song in plan.songs if is_composed(song, songs)}
    assert composed == {"song-train": "train", "song-valid": "valid", "song-test": "valid"}


def test_boosts_are_bounded_as_the_shipped_bundle_has_them() -> None:
    plain = read_profile("musdb18")
    bound = bound_boosts(plain)
    shipped = read_profile(read_bundle(PAPER_MODEL).profile_path)
    for profile in (bound, shipped):
        assert {stem.largest_boost_db for stem in profile.stems.values()} == {12.0}
    assert bound.stem("bass").spectrum_db == plain.stem("bass").spectrum_db


@pytest.mark.parametrize(("name", "limits"), [("default", DEFAULT_LIMITS), (PAPER_MODEL, LIMITS)])
def test_a_shipped_manifest_states_its_makers_limits(name: str, limits: tuple[str, ...]) -> None:
    assert read_bundle(name).manifest.limits == limits


def test_a_bundle_says_which_songs_and_how_it_went(tmp_path: Path) -> None:
    said = provenance(72, real_song_folders(shared_folder(tmp_path)), (200, 150), 1)
    assert "72 composed songs" in said
    assert f"lithium, {VALIDATION_SONG}, Oglsdl-PpTrip," in said
    assert "200 steps with the paper's loss La, then 150 with Lb, seed 1; profile fitted to" in said
    assert said.endswith("EQ normalisation boosts by at most 12 dB")
    log = tmp_path / "log.jsonl"
    events = [
        {"event": "start", "step": 0},
        {"event": "untrained", "epoch": 0, "step": 0, "valid_loss": 3.61024},
        {"event": "step", "epoch": 0, "step": 10, "loss": 3.0},
        {"event": "epoch", "epoch": 0, "step": 40, "train_loss": 3.39212, "valid_loss": 3.49138},
    ]
    log.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert training_curve(log) == [
        {"epoch": 0, "step": 0, "valid_loss": 3.6102},
        {"epoch": 0, "step": 40, "train_loss": 3.3921, "valid_loss": 3.4914},
    ]
