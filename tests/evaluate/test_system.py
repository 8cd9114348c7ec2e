"""Whole systems: floors, references, and what a summary makes of them."""

import csv
import json

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.evaluate.summary import summarise
from mixer.evaluate.system import (
    SystemSettings,
    evaluate_systems,
    find_reference,
    system_names,
)
from mixer.evaluate.table import write_table
from mixer.rendering.choices.baselines import NONE, SUM
from mixer.song.load import load_song
from tests.signals import band

RATE_HZ = 44_100


def song_files(rng: np.random.Generator, reference: str | None) -> dict[str, np.ndarray]:
    stems = band(rng, 3.0, RATE_HZ)
    files = {f"{name}.wav": audio for name, audio in stems.items()}
    if reference is not None:
        files[reference] = 1.5 * stems["vocals"] + stems["bass"] + stems["drums"] + stems["other"]
    return files


def test_floors_are_always_there() -> None:
    assert list(system_names([])) == [NONE, SUM]
    systems = system_names(["models/mine", "none"])
    assert list(systems) == ["mine", NONE, SUM]
    assert systems[SUM].amount == 0.0
    with pytest.raises(InputError, match="two systems are called 'mine'"):
        system_names(["a/mine", "b/mine"])


def test_every_system_is_held_against_the_human_mix(write_song, rng, tmp_path) -> None:
    songs = [
        load_song(write_song(song_files(rng, "mixture.wav"), folder=name)) for name in ("x", "y")
    ]
    results = list(evaluate_systems(songs, ["none"]))
    assert [(r.song, r.system) for r in results] == [
        (song, system) for song in ("x", "y") for system in (NONE, SUM)
    ]
    assert results[0].reference.endswith("mixture.wav")
    # The dry sum is a better guess at this mixture than normalised stems are.
    summary = summarise(results)
    errors = {
        system: averages["spectral.mape_mean"].mean for system, averages in summary.averages.items()
    }
    assert 0.0 < errors[SUM] < errors[NONE]
    assert set(results[0].report.stem_masked_shares) <= {"vocals", "bass", "drums", "other"}
    (test,) = summary.tests["spectral.mape_mean"]
    assert (test.first, test.second, test.n, test.effect) == (NONE, SUM, 2, 1.0)
    json.dumps([r.as_json() for r in results] + [summary.as_json()], allow_nan=False)
    write_table(tmp_path / "t.csv", results)
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["system"] for row in rows] == [NONE, SUM] * 2
    assert float(rows[1]["spectral.mape_mean"]) == pytest.approx(
        results[1].report.errors["spectral.mape_mean"]
    )


def test_without_a_human_mix_the_sum_must_be_asked_for(write_song, rng) -> None:
    song = load_song(write_song(song_files(rng, None)))
    with pytest.raises(InputError, match=r"no mixture\.wav beside the stems"):
        list(evaluate_systems([song], []))
    results = list(evaluate_systems([song], [], SystemSettings(reference_sum=True)))
    # Compared with itself the dry sum would say nothing.
    assert [r.system for r in results] == [NONE]
    assert results[0].reference == "sum of stems"


def test_the_reference_goes_by_name(write_song, rng) -> None:
    folder = write_song(song_files(rng, "final_mix.wav"))
    song = load_song(folder)
    settings = SystemSettings(reference_name="Final_Mix")
    assert find_reference(song, settings) == folder / "final_mix.wav"


def test_two_songs_of_one_name_are_refused(write_song, rng) -> None:
    song = load_song(write_song(song_files(rng, "mixture.wav")))
    with pytest.raises(InputError, match="two songs are called 'song'"):
        list(evaluate_systems([song, song], []))
