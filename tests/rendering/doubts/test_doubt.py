"""How sure a model is: its answers to small changes, in words, and what is drawn to neutral."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, SettingsError, load_song, render
from mixer.dsp.threads import Workers
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.rendering.doubts.answers_of_stems import answers_of_stems, as_they_came, hear_stems
from mixer.rendering.doubts.doubt import (
    Answer,
    DoubtRecord,
    Part,
    doubt_words,
    doubts_of,
    level_db,
    share_drawn,
    sound_of,
)
from mixer.rendering.plans.planning import plan_render
from mixer.setting_changes import Change, StripChanges, changes_after
from mixer.stems import STEMS
from tests.signals import band, noise

RATE_HZ = 44_100


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    path: Path = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()})
    return path


def answer(model: str, **levels: float) -> Answer:
    """An answer of flat stems at levels in dB."""
    parts = [
        Part(stem, np.full(48, 10.0 ** (level / 10.0)), np.zeros(48))
        for stem, level in levels.items()
    ]
    return Answer(tuple(parts), {stem: {"gain_db": level} for stem, level in levels.items()}, model)


@pytest.mark.parametrize("model", ["default", "tracks", "levels"])
def test_asking_changes_no_sample_and_tells_of_every_stem(folder: Path, model: str) -> None:
    song = load_song(folder)
    plain = render(song, RenderSettings(model))
    asked = render(song, RenderSettings(model, uncertainty=True))
    assert np.array_equal(plain.audio, asked.audio)
    assert "doubts" not in plain.measurements
    doubts = asked.measurements["doubts"]
    assert set(doubts["stems"]) == set(STEMS)
    assert {"bass", "brightness", "vocals"} <= set(doubts["answers"][0])
    for record in doubts["stems"].values():
        assert record["level_db"] >= record["models_db"] >= 0.0
        assert "drawn" not in record


def test_the_answers_undo_what_was_done_to_the_song(folder: Path) -> None:
    """A model that makes up for every shift never differs; one that ignores it does, by 3 dB."""
    song = load_song(folder)
    stems = [render(song, RenderSettings("none"), wet_stems=True).wet_stems[s] for s in STEMS]
    network = Network(read_bundle("default"), "cpu")
    with Workers(2) as pool:
        heard = hear_stems(stems, network.bundle.manifest, pool)
    answers = answers_of_stems(network, heard)
    assert [each.model for each in answers] == [*["default"] * 11, "tracks"]
    first = level_db(answers[0], "vocals")
    assert all(abs(level_db(each, "vocals") - first) < 6.0 for each in answers[1:11])
    assert doubts_of(answers[:1])["stems"]["vocals"]["level_db"] == 0.0


def test_spreads_are_of_levels_against_the_whole_mix() -> None:
    answers = [
        answer("one", vocals=0.0, bass=0.0),
        answer("one", vocals=6.0, bass=6.0),  # the same mix, louder
        answer("two", vocals=0.0, bass=-3.0),
    ]
    doubts = doubts_of(answers)
    assert doubts["stems"]["vocals"]["settings"] == {"gain_db": 3.0}
    share = 10.0 * np.log10(0.5 * (1.0 + 10.0**-0.3))
    assert doubts["stems"]["vocals"]["models_db"] == pytest.approx(-share, abs=0.01)
    assert doubts["stems"]["bass"]["level_db"] == pytest.approx(3.0 + share, abs=0.01)


def test_a_stem_that_nobody_hears_is_no_doubt() -> None:
    """The noise of an empty file, which no setting brings up."""
    answers = [answer("one", vocals=0.0, bass=level) for level in (-70.0, -64.0)]
    stems = doubts_of(answers)["stems"]
    assert stems["bass"]["level_db"] == stems["bass"]["models_db"] == 0.0
    heard = doubts_of([answer("one", vocals=0.0, bass=level) for level in (-56.0, -50.0)])
    assert heard["stems"]["bass"]["level_db"] == pytest.approx(6.0, abs=0.01)


def test_the_figures_of_an_answer_are_those_of_its_powers() -> None:
    flat = np.ones(48)
    found = sound_of([Part("vocals", flat, 0.25 * flat), Part("bass", flat, 0.25 * flat)])
    assert found["vocals"] == pytest.approx(0.0, abs=1e-3)
    assert found["width"] == pytest.approx(10.0 * np.log10(0.25), abs=1e-3)


def record(level: float, models: float) -> DoubtRecord:
    return {"level_db": level, "models_db": models, "settings": {}}


def test_words_name_what_to_check_the_least_sure_first() -> None:
    stems = {"vocals": record(3.4, 0.5), "bass": record(5.0, 3.0), "drums": record(2.9, 2.9)}
    stems["other"] = record(3.1, 3.1)
    assert doubt_words({"stems": stems, "answers": []}) == [
        "check the bass by ear: the models differ by 3.0 dB",
        "check the vocals by ear: the model's runs differ by 3.4 dB",
        "check the other instruments by ear: the models differ by 3.1 dB",
    ]
    assert doubt_words(None) == []


def test_the_less_sure_the_further_it_is_drawn_half_way_at_a_spread_between_engineers() -> None:
    assert share_drawn(record(0.0, 0.0), 1.0) == 0.0
    assert share_drawn(record(4.0, 0.0), 1.0) == pytest.approx(0.5)
    assert share_drawn(record(4.0, 0.0), 0.5) == pytest.approx(0.25)
    shares = [share_drawn(record(level, 0.0), 1.0) for level in (1.0, 2.0, 6.0, 60.0)]
    assert shares == sorted(shares)
    assert shares[-1] < 1.0


def test_abstaining_moves_levels_towards_those_that_came_in(folder: Path) -> None:
    song = load_song(folder)
    settings = RenderSettings("default", uncertainty=True)
    plain = render(song, settings, wet_stems=True)
    drawn = render(song, dataclasses.replace(settings, abstain=1.0), wet_stems=True)
    came = as_they_came([render(song, RenderSettings("none"), wet_stems=True).wet_stems[s]
                         for s in STEMS])  # fmt: skip
    assert {part.stem for part in came.parts} == set(STEMS)
    records = drawn.measurements["doubts"]["stems"]
    assert all(0.0 < row["drawn"] < 1.0 for row in records.values())
    curves = [
        [np.abs(mix.measurements["network"][s]["used"]["curve_db"]).max() for s in STEMS]
        for mix in (plain, drawn)
    ]
    assert (np.array(curves[1]) < np.array(curves[0])).all()  # towards flat
    lufs = [
        [integrated_loudness_lufs(mix.wet_stems[s], RATE_HZ) for s in STEMS]
        for mix in (plain, drawn)
    ]
    assert np.abs(np.diff(lufs, axis=0)).max() > 0.1


def test_a_persons_changes_come_after_what_was_drawn() -> None:
    drawn = StripChanges(gain_db=Change(offset=2.0), curve_db=Change(scale=0.5))
    asked = StripChanges(gain_db=Change(scale=2.0, offset=1.0), shape=Change(set=0.1))
    both = changes_after(asked, drawn)
    assert both.gain_db is not None
    assert both.gain_db.of(3.0) == pytest.approx((3.0 + 2.0) * 2.0 + 1.0)
    assert both.curve_db == drawn.curve_db
    assert both.shape == asked.shape
    fixed = changes_after(StripChanges(gain_db=Change(set=-6.0)), drawn)
    assert fixed.gain_db == Change(set=-6.0)
    assert changes_after(None, drawn) == drawn


def test_what_cannot_be_told_is_said(write_song, rng: np.random.Generator) -> None:
    song = load_song(write_song({"vocals.wav": noise(rng, 2.0, RATE_HZ)}))
    plan = plan_render(song, RenderSettings("none", uncertainty=True))
    assert any("--uncertainty has nothing to report" in line for line in plan.warnings)
    with pytest.raises(SettingsError, match="abstain needs uncertainty"):
        RenderSettings(abstain=0.5)
