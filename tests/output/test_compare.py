"""What differs between two mixes is found: settings, recordings, levels, audio."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from mixer import RenderSettings, load_song, render, write_mix
from mixer.cli.compare import command
from mixer.output.compare import compare_mixes
from mixer.output.recipe_reader import read_recipe
from tests.output.recorded import edit, write_recorded_mix


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    """The same song at -20 and at -26 LUFS, otherwise alike."""
    root = tmp_path_factory.mktemp("compare")
    first = write_recorded_mix(root, 1.2, loudness_lufs=-20.0)
    song = load_song(root / "song")
    settings = RenderSettings("none", loudness_lufs=-26.0, effects=("eq", "loudness"), seed=1)
    write_mix(render(song, settings, wet_stems=True), root / "out" / "b.flac")
    return first, root / "out" / "b.mix.json"


def rows(part) -> dict[str, tuple]:
    return {row.name: (row.a, row.b) for row in part}


def test_settings_that_differ_and_no_others(pair) -> None:
    comparison = compare_mixes(*map(read_recipe, pair), measure=False)
    assert rows(comparison.settings) == {
        "loudness_lufs": (-20.0, -26.0),
        "effects": (None, "eq, loudness"),
        "seed": (0.0, 1.0),
        "format": ("wav", "flac"),
        "bit_depth": ("16", "24"),
        "effects_used": ("eq, compression, panning, loudness", "eq, loudness"),
    }
    assert comparison.audio == comparison.inputs == comparison.same_files == ()
    assert comparison.balance_error_db is None


def test_levels_come_from_the_recipes_and_figures_from_the_audio(pair) -> None:
    comparison = compare_mixes(*map(read_recipe, pair))
    measured = {row.name: row.difference for row in comparison.measured}
    audio = {row.name: row.difference for row in comparison.audio}
    assert measured["master.loudness_lufs"] == pytest.approx(-6.0, abs=0.1)
    assert audio["loudness_lufs"] == pytest.approx(measured["master.loudness_lufs"], abs=0.01)
    assert audio["true_peak_dbtp"] == pytest.approx(measured["master.true_peak_dbtp"], abs=0.01)
    assert set(measured) >= {f"wet_stems.{s}.loudness_lufs" for s in ("vocals", "bass", "drums")}
    assert set(audio) >= {"width_mid", "correlation_low", "share_high_db", "balance_1000_hz_db"}
    curve = [value for name, value in audio.items() if name.startswith("balance_")]
    mean_db = sum(abs(value) for value in curve) / len(curve)
    assert comparison.balance_error_db == pytest.approx(mean_db, abs=0.3)
    assert not comparison.notes


def test_a_mix_is_the_same_as_itself(pair) -> None:
    recipe = read_recipe(pair[0])
    comparison = compare_mixes(recipe, recipe)
    assert set(comparison.same_files) == set(recipe.outputs)
    assert comparison.settings == comparison.inputs == ()
    assert {row.difference for row in (*comparison.measured, *comparison.audio)} <= {0.0, None}
    assert comparison.balance_error_db == 0.0


def test_audio_that_changed_since_is_not_measured_but_noted(pair, tmp_path) -> None:
    moved = tmp_path / "a.mix.json"
    moved.write_bytes(pair[0].read_bytes())
    comparison = compare_mixes(read_recipe(moved), read_recipe(pair[1]))
    assert comparison.audio == ()
    (note,) = comparison.notes
    assert "a.wav is missing, or was changed since" in note
    assert rows(comparison.measured)["master.loudness_lufs"][0] == pytest.approx(-20.0, abs=0.1)


def test_two_songs_and_their_recordings_are_told_apart(pair, tmp_path) -> None:
    def change(table) -> None:
        table["song"]["name"] = "Lithium\x1b[31m"
        table["song"]["files"][0] |= {"gain_db": -3.0}
        del table["song"]["files"][1]
        table["measurements"]["master"] = {"loudness_lufs": "loud", "x\x1b": 1, "true": True}

    other = edit(pair[0], tmp_path / "a.mix.json", change)
    comparison = compare_mixes(read_recipe(pair[0]), read_recipe(other), measure=False)
    assert comparison.notes == ("these are mixes of different songs: Free and Lithium\\x1b[31m",)
    inputs = rows(comparison.inputs)
    assert [b for _, b in inputs.values() if b is None] == [None]
    assert any("-3.0 dB" in str(b) for _, b in inputs.values())
    measured = rows(comparison.measured)
    assert measured["master.loudness_lufs"][1] is None
    assert measured["master.x\\x1b"] == (None, 1.0)


def test_everything_is_ready_for_json(pair) -> None:
    value = compare_mixes(*map(read_recipe, pair)).as_json()
    again = json.loads(json.dumps(value, allow_nan=False))
    (loudness,) = [row for row in again["audio"] if row["name"] == "loudness_lufs"]
    assert loudness["difference"] == pytest.approx(-6.0, abs=0.1)
    assert all(math.isfinite(row["difference"]) for row in again["audio"] if row["difference"])


def test_the_command_shows_tables_or_json(pair) -> None:
    result = CliRunner().invoke(command, [*map(str, pair), "--no-audio"])
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["seed", "0", "1", "+1"] in lines
    loudness = next(line for line in lines if line[:1] == ["master.loudness_lufs"])
    assert float(loudness[3]) == pytest.approx(-6.0, abs=0.1)
    assert "audio that differs" not in result.stdout
    # Both have stems: no line about levels that one of them lacks.
    assert "only" not in result.stdout
    result = CliRunner().invoke(command, [*map(str, pair), "--json"])
    assert {row["name"] for row in json.loads(result.stdout)["audio"]} >= {"width_high"}


def test_levels_that_one_mix_does_not_have_are_one_line(pair, tmp_path) -> None:
    write_mix(
        render(load_song(pair[0].parent.parent / "song"), RenderSettings("none")),
        tmp_path / "c.wav",
    )
    both = [str(pair[1]), str(tmp_path / "c.mix.json")]
    for files, side in ((both, "A"), (both[::-1], "B")):
        lines = CliRunner().invoke(command, [*files, "--no-audio"]).stdout.splitlines()
        assert f"only {side} has levels of wet_stems" in lines
        assert not any(line.startswith("wet_stems") for line in lines)
