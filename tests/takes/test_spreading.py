"""Where variations stand, and how desks are blended."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.human_spread import spreads_of
from mixer.console.settings import Band, Compressor, Console, Duck, Filter, Strip
from mixer.errors import SettingsError
from mixer.rendering.choices.axes import AXES, moves_named, named_moves, words_of
from mixer.takes.blending import blend_consoles, parse_blend
from mixer.takes.spreading import spread_out

VOCALS, BASS = "vocals", "bass"


def in_spreads(moves: dict[str, float]) -> np.ndarray:
    return np.array([moves.get(axis.name, 0.0) / axis.spread_db for axis in AXES])


def test_variations_stand_one_spread_away_and_far_from_each_other() -> None:
    points = np.array([in_spreads(moves) for moves in spread_out(AXES, 8)])
    assert np.linalg.norm(points, axis=1) == pytest.approx(1.0, abs=0.02)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9.0 * np.eye(8)
    assert apart.min() > 0.99
    assert (np.abs(points[:5]).max(axis=0) > 0.3).all()  # every axis is used
    half = np.array([in_spreads(moves) for moves in spread_out(AXES, 8, away=0.5)])
    assert half == pytest.approx(0.5 * points, abs=0.01)
    assert spread_out(AXES, 3) == spread_out(AXES, 8)[:3]
    assert len(spread_out(AXES[:1], 5)) == 5


def test_a_shape_stretches_what_is_unsure_and_turns_with_it() -> None:
    shape = np.eye(len(AXES))
    shape[0, 0] = 4.0
    stretched = spread_out(AXES, 40, shape=shape)
    most = max(abs(moves.get(AXES[0].name, 0.0)) for moves in stretched)
    assert most == pytest.approx(2.0 * AXES[0].spread_db / np.sqrt(2.0), abs=0.02)
    turned = np.eye(len(AXES))
    turned[0, 1] = turned[1, 0] = 0.9
    points = np.array([in_spreads(moves) for moves in spread_out(AXES, 20, shape=turned)])
    assert np.corrcoef(points[:, 0], points[:, 1])[0, 1] > 0.5


def test_words_say_the_most_first_and_leave_out_what_is_not_heard() -> None:
    assert words_of({"vocals": 1.5, "brightness": -1.9, "bass": 0.1}) == "darker, vocals +1.5 dB"
    assert words_of({"bass": 1.5}) == "slightly more bass"
    assert words_of({"vocals": 0.1}) == "much like the first"
    for name, moves in named_moves().items():
        assert name.replace("-", " ").split()[0] in words_of(moves)
    with pytest.raises(SettingsError, match="did you mean 'wider'"):
        moves_named("widr")


def test_spreads_are_what_the_benchmark_finds(shared: Path) -> None:

    mixes = json.loads((shared / "human_mixes" / "mixologydb.json").read_text(encoding="utf-8"))[
        "mixes"
    ]
    found = {axis: middle_db for axis, middle_db, *_ in spreads_of(mixes)}
    for axis in AXES:
        if axis.name in ("bass", "brightness", "width"):
            assert axis.spread_db == pytest.approx(found[axis.name], abs=0.01)


def test_a_blend_is_linear_in_every_number() -> None:
    shelf = Band("high_shelf", 4_000.0, 2.0)
    one = Console(
        strips=(("vocals", Strip(gain_db=2.0, reverb_db=-20.0)),),
        master=Strip(eq=(shelf, Band("peak", 900.0, -3.0)), width=1.2),
    )
    two = Console(
        strips=(("vocals", Strip(gain_db=-1.0, reverb_db=-20.0)), ("bass", Strip(pan=0.5))),
        master=Strip(eq=(Band("high_shelf", 4_000.0, -1.0),), compressor=Compressor(-20.0, 3.0)),
    )
    out = blend_consoles([(0.6, one), (0.4, two)])
    assert out.strip(VOCALS).gain_db == pytest.approx(0.6 * 2.0 - 0.4)
    assert out.strip(VOCALS).reverb_db == -20.0
    assert out.strip(BASS).pan == pytest.approx(0.2)
    gains_db = [band.gain_db for band in out.master.eq]
    assert gains_db == pytest.approx([0.6 * 2.0 - 0.4, 0.6 * -3.0])
    assert out.master.width == pytest.approx(0.6 * 1.2 + 0.4)
    assert out.master.compressor is not None
    assert out.master.compressor.amount == pytest.approx(0.4)
    assert out.master.compressor.threshold_db == -20.0
    assert blend_consoles([(1.0, one), (0.0, two)]).strip(VOCALS).gain_db == 2.0
    assert blend_consoles([(0.5, one), (0.5, one)]) == one


def test_what_some_have_not_is_blended_with_what_is_off() -> None:
    """A send with one 60 dB down, an effect by its amount alone."""
    strips = (
        Strip(reverb_db=-20.0, compressor=Compressor(-20.0, 2.0)),
        Strip(compressor=Compressor(-30.0, 4.0)),
        Strip(),
    )
    parts = [
        (s, Console(strips=(("bass", x),))) for s, x in zip((0.25, 0.25, 0.5), strips, strict=True)
    ]
    out = blend_consoles(parts).strip(BASS)
    assert out.reverb_db == pytest.approx(0.25 * -20.0 + 0.75 * -60.0)
    assert out.compressor is not None
    blended = (out.compressor.amount, out.compressor.threshold_db, out.compressor.ratio)
    assert blended == pytest.approx((0.5, -25.0, 3.0))


def test_numbers_that_move_are_blended_at_every_turn() -> None:
    course = ((0.0, 0.0), (4.0, 4.0))
    one, two = (Console(strips=(("bass", Strip(gain_db=g)),)) for g in (course, -2.0))
    out = blend_consoles([(0.5, one), (0.5, two)])
    assert out.strip(BASS).gain_db == ((0.0, -1.0), (4.0, 1.0))


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        (Strip(mute=True), Strip(), "bass.mute cannot be blended"),
        (Strip(duck=Duck("vocals")), Strip(duck=Duck("drums")), "bass.duck.by cannot be blended"),
        (
            Strip(low_pass=Filter(slope_db_per_octave=24)),
            Strip(low_pass=Filter()),
            "bass.low_pass.slope_db_per_octave",
        ),
    ],
)
def test_what_is_no_number_must_be_alike(one: Strip, two: Strip, words: str) -> None:
    parts = [(0.5, Console(strips=(("bass", strip),))) for strip in (one, two)]
    with pytest.raises(SettingsError, match=words):
        blend_consoles(parts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("first", "is not NAME=SHARE"),
        ("first=x", "is not NAME=SHARE"),
        ("first=0.5,brighter=-0.5", "is not NAME=SHARE"),
        ("first=0.5,brighter=0.6", "sum to 1.1"),
        ("first=0.5,first=0.5", "appears twice"),
    ],
)
def test_a_blend_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parse_blend(text)
    assert parse_blend(" first = 0.6 ,brighter=0.4") == [("first", 0.6), ("brighter", 0.4)]


def test_moves_that_nobody_hears_are_left_out() -> None:
    """What a model is unsure of leans every move a little: a shelf of 0.07 dB is not set."""
    lean = np.eye(len(AXES))
    lean[1, 2] = lean[2, 1] = 0.04
    for moves in spread_out(AXES, 8, shape=lean):
        assert len(moves) == 2
        assert all(abs(move_db) >= 0.15 for move_db in moves.values())
