"""Variations: as loud as the first, named by what was measured, one pass, the same bits again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixer import (
    InputError,
    OutputError,
    RenderSettings,
    SettingsError,
    list_takes,
    load_song,
    revise,
    variations,
)
from mixer.audio import read_audio
from mixer.cli.main import run
from mixer.files.whole_file import hash_file
from mixer.network.output import RunOptions
from mixer.network.runner import LocalRunner
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import replay
from mixer.preset.merge import resolve
from mixer.rendering.asked_song import load_asked
from mixer.rendering.choices.axes import AXES, distance, words_of
from mixer.rendering.pipeline import render
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from mixer.takes.blending import parse_blend
from mixer.takes.variation_plan import Wanted
from mixer.takes.variations import MadeVariations, find_first, make_variations
from tests.signals import band, noise

Make = Callable[..., MadeVariations]
RATE_HZ = 44_100


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    song: Path = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()})
    return song


@pytest.fixture
def make(folder: Path, tmp_path: Path) -> Make:
    def made(wanted: Wanted, threads: int | None = None, **settings: object) -> MadeVariations:
        song, resolved = load_asked(folder)
        plan = plan_render(song, with_console(RenderSettings(**settings), resolved.console))
        where = Destination(tmp_path / "mixes" / "song.wav", OutputSettings("wav", "32f"))
        there = find_first(plan, where, song)
        return make_variations(plan, where, wanted, there=there, threads=threads)

    return made


def blend(text: str) -> Wanted:
    return Wanted(blends=((text, parse_blend(text)),))


@pytest.mark.parametrize("settings", [{}, {"model": "tracks"}, {"model": "none"}])
def test_all_are_as_loud_as_the_first_and_are_called_what_they_do(
    make: Make, settings: dict[str, str]
) -> None:
    made = make(Wanted(spread=4), **settings)
    assert len(made.made) == 4
    for each in made.made:
        place = each.take["variation"]
        assert each.loudness_lufs == pytest.approx(made.first_lufs, abs=0.1)
        assert place["words"] == words_of(place["moved"])
        assert place["distance"] == pytest.approx(distance(place["moved"]), abs=0.001)
        assert 0.3 < place["distance"] < 3.0
        for name, move_db in place["moves"].items():
            assert place["moved"][name] * move_db > 0.0
    measured = [tuple(each.take["variation"]["moved"].values()) for each in made.made]
    apart = np.linalg.norm(np.array(measured)[:, None] - np.array(measured)[None], axis=-1)
    assert np.min(apart + 10.0 * np.eye(4)) > 0.5


def test_what_nobody_reads_of_a_variation_is_not_measured(make: Make) -> None:
    """Loudness before and after each strip: a tenth of a variation's time."""
    made = make(Wanted(names=("vocals-up", "darker")))
    for each in made.made:
        desk = read_recipe(each.path).measurements["console"]
        assert "loudness_before_lufs" not in json.dumps(desk)


def test_one_pass_through_the_network_makes_all_of_them(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    run_network = LocalRunner.run

    def counted(self: LocalRunner, stems: object, options: RunOptions) -> object:
        passes.append(options.wet_stems)
        return run_network(self, stems, options)

    monkeypatch.setattr(LocalRunner, "run", counted)
    made = make(Wanted(spread=3, names=("brighter", "vocals-up")))
    # The bus moves all else.
    assert passes == [{"vocals"}]
    for each in made.made:
        rest, is_moved = {"bass", "drums", "other"}, "vocals" in each.take["variation"]["moves"]
        assert set(each.take["same"]) == (rest if is_moved else rest | {"vocals"})
        assert each.take["different"] == (["vocals"] if is_moved else [])


def test_recordings_are_hashed_once_for_all(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return hash_file(path)

    monkeypatch.setattr("mixer.output.recipe.hash_file", counted)
    made = make(Wanted(names=("brighter", "wider", "vocals-up")))
    assert hashed.count("drums.wav") == 1  # for the first mix and all others
    for each in made.made:
        assert read_recipe(each.path).inputs["drums.wav"].sha256 == hash_file(folder / "drums.wav")


def test_a_variation_is_the_render_of_its_preset_and_replays_bit_for_bit(
    make: Make, folder: Path, tmp_path: Path
) -> None:
    made = make(Wanted(spread=2, names=("denser",)))
    for each in made.made:
        written, _ = read_audio(each.path)
        resolved = resolve([each.preset])
        again = render(load_song(folder), with_console(RenderSettings(), resolved.console))
        assert np.array_equal(again.audio, written)
        assert resolved.summary == each.take["variation"]["words"]
        replayed = replay(read_recipe(each.path), tmp_path / each.path.stem)
        assert replayed.is_same, [str(one) for one in replayed.differences]


def test_a_variation_is_listed_and_revised_further(make: Make, tmp_path: Path) -> None:
    make(Wanted(names=("brighter", "vocals-up")))
    listed = list_takes(tmp_path / "mixes" / "song.wav")
    assert [take.mix.name for take in listed] == ["song.wav", "song.var1.wav", "song.var2.wav"]
    assert listed[1].made_by == "variations"
    assert listed[1].words.startswith("brighter")
    assert listed[2].parent == "song.mix.json"
    done = revise(tmp_path / "mixes" / "song.var2.wav", "drums.gain_db=-2")
    assert done.take["different"] == ["drums"]
    assert (tmp_path / "mixes" / "song.var2.take2.wav").is_file()
    assert revise(tmp_path / "mixes" / "song.wav", "drums up").take["number"] == 2


def test_a_second_run_numbers_on_and_leaves_the_first_as_it_is(make: Make, tmp_path: Path) -> None:
    first = make(Wanted(names=("wider",)))
    assert first.first is not None
    assert first.first_path == tmp_path / "mixes" / "song.wav"
    before = (tmp_path / "mixes" / "song.wav").stat().st_mtime_ns
    again = make(Wanted(names=("narrower",)))
    assert again.first is None
    assert again.made[0].path.name == "song.var2.wav"
    assert (tmp_path / "mixes" / "song.wav").stat().st_mtime_ns == before
    recipes = (tmp_path / "mixes" / f"song{take}.mix.json" for take in ("", ".var1", ".var2"))
    inputs = [json.loads(recipe.read_text())["song"]["files"] for recipe in recipes]
    assert inputs[0] == inputs[1] == inputs[2]
    table = json.loads(again.table.read_text())
    assert [row["preset"] for row in table["variations"]] == ["song.var1.toml", "song.var2.toml"]
    assert {axis["name"] for axis in table["axes"]} == {axis.name for axis in AXES}


def test_the_first_mix_is_the_one_there_while_nothing_of_it_has_changed(
    write_song, rng, tmp_path: Path
) -> None:
    files = {f"{n}.wav": audio for n, audio in band(rng, 0.6, RATE_HZ).items()}
    folder = write_song(files)
    where = Destination(tmp_path / "mixes" / "song.wav", OutputSettings("wav"))

    def found(place: Destination = where, **settings: object) -> bool:
        song, resolved = load_asked(folder)
        plan = plan_render(song, with_console(RenderSettings("none", **settings), resolved.console))
        return find_first(plan, place, song) is not None

    assert not found()
    song, resolved = load_asked(folder)
    settings = with_console(RenderSettings("none"), resolved.console)
    render_to(where, plan_render(song, settings))
    assert found()
    assert not found(replace(where, overwrite=True))
    assert not found(loudness_lufs=-20.0)
    mix = where.path.read_bytes()
    where.path.write_bytes(mix[:-2] + b"\0\1")
    assert not found()
    where.path.write_bytes(mix)
    assert found()
    write_song(files | {"bass.wav": 0.5 * files["bass.wav"]})
    assert not found()


def test_a_blend_lies_between_what_it_blends(make: Make) -> None:
    one, two = make(Wanted(names=("vocals-up", "darker"))).made
    made = make(blend("first=0.5,var1=0.3,darker=0.2")).made[0]
    moved = made.take["variation"]["moved"]
    assert moved["vocals"] == pytest.approx(
        0.3 * one.take["variation"]["moved"]["vocals"], abs=0.02
    )
    parts = ((0.3, one), (0.2, two))
    mean_db = sum(share * each.take["variation"]["moved"]["brightness"] for share, each in parts)
    assert moved["brightness"] == pytest.approx(mean_db, abs=0.1)
    with pytest.raises(SettingsError, match="unknown part of a blend 'var7'"):
        make(blend("first=0.5,var7=0.5"))
    preset = make(blend(f"first=0.7,{one.preset}=0.3")).made[0]
    assert preset.take["variation"]["moved"]["vocals"] == pytest.approx(moved["vocals"], abs=0.02)


def test_a_desk_that_does_nothing_leaves_the_first_mix_to_the_others(make: Make) -> None:
    """Its mix is the first one itself, and is brought to a target of two decimals."""
    alone = make(Wanted(names=("wider",)), threads=1).made[0]
    texts = ("first=1.0", "wider=1.0")
    _, after = make(Wanted(blends=tuple((t, parse_blend(t)) for t in texts)), threads=1).made
    assert np.array_equal(read_audio(after.path)[0], read_audio(alone.path)[0])


def test_the_library_makes_them_in_one_call(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = variations(folder, 2, blends=["first=0.5,wider=0.5"], settings=RenderSettings("none"))
    assert [each.path.name for each in made.made] == [f"song.var{n}.wav" for n in (1, 2, 3)]
    with pytest.raises(OutputError, match="overwrite"):
        variations(folder, 1)


def test_what_cannot_be_is_said(write_song, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unknown variation 'brigter'; did you mean 'brighter'"):
        Wanted(names=("brigter",))
    with pytest.raises(SettingsError, match="variations must be 1 to 20"):
        Wanted(spread=21)
    song = load_song(write_song({"vocals.wav": np.zeros((2, RATE_HZ), np.float32)}))
    plan = plan_render(song, RenderSettings(model="none"))
    where = Destination(tmp_path / "silent.wav", OutputSettings("wav"))
    with pytest.raises(InputError, match="a silent mix has no variations"):
        make_variations(plan, where, Wanted(spread=2))


def test_without_a_voice_the_other_axes_are_left(
    write_song, rng: np.random.Generator, tmp_path: Path
) -> None:
    tracks = {f"{stem}.wav": noise(rng, 2.0, RATE_HZ) for stem in ("drums", "other")}
    plan = plan_render(load_song(write_song(tracks)), RenderSettings(model="none"))
    where = Destination(tmp_path / "song.wav", OutputSettings("wav"))
    made = make_variations(plan, where, Wanted(spread=3))
    assert made.left_out == ("vocals unchanged: nothing in this mix to move",)
    assert not any("vocals" in each.take["variation"]["moves"] for each in made.made)
    there = find_first(plan, where, plan.song)
    with pytest.raises(SettingsError, match="the vocals of this mix cannot be changed"):
        make_variations(plan, where, Wanted(names=("vocals-up",)), there=there)


def test_the_command_shows_lists_and_answers(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["variations", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(axis.name in listed for axis in AXES)
    out = tmp_path / "out"
    arguments = ["variations", str(folder), "-o", str(out), "--model", "none", "--json"]
    assert run([*arguments, "--variation", "darker", "--set", "bass.gain_db=-1"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["first"]["rendered"] is True
    (only,) = answered["variations"]
    assert only["words"].startswith("darker")
    assert Path(only["preset"]).is_file()
    # Another first mix is not what lies there.
    assert run([*arguments, "--variation", "darker"]) != 0
    assert "add --overwrite" in capsys.readouterr().err
    assert run(["variations", str(folder), "--blend", "first=0.5"]) == 2
    assert "must sum to 1" in capsys.readouterr().err
