"""What a change of one strip is as keys of the user's strip, which acts after the model's."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixer.console.settings import MASTER
from mixer.learn.recall_reader import Written, WrittenMix
from mixer.learn.session_changes import Changed, without
from mixer.learn.user_edit import Edit, edit_of
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.daw.strips.native_strip import EqBand, Strip
from mixer.preset.console_shape import NETWORK

HALF = 20.0 * math.log10(0.5)


def changed(was: Strip, now: Strip, user: dict[str, Any] | None = None, stem: str = "") -> Changed:
    written = Written("Pad", stem or "pad.wav", None if stem else "pad", was, user or {})
    return Changed(written, now, bool(stem))


def edit(
    was: Strip, now: Strip, user: dict[str, Any] | None = None, stem: str = "", **mix: Any
) -> Edit:
    said = {"mixes_tracks": True, "loudness_lufs": -14.0} | mix
    whole = WrittenMix(Path(), tracks=(), groups=(), devices=DAW_FORMATS["reaper"].devices, **said)
    return edit_of(changed(was, now, user, stem), whole)


def test_a_fader_adds_to_the_users_gain_and_a_change_in_time_moves_as_a_whole() -> None:
    was, now = Strip(gain_db=-7.0), Strip(gain_db=-4.0)
    assert edit(was, now).table == {"gain_db": pytest.approx(3.0)}
    assert edit(was, now, {"gain_db": 1.5}).table == {"gain_db": pytest.approx(4.5)}
    moving = edit(was, now, {"gain_db": [[0, 0.0], [2, -6.0]]}).table["gain_db"]
    assert moving == [[0, pytest.approx(3.0)], [2, pytest.approx(-3.0)]]


def test_a_width_is_a_share_of_the_one_there_was() -> None:
    was, now = Strip(width=0.8), Strip(width=0.4)
    assert edit(was, now).table == {"width": 0.5}
    assert edit(was, now, {"width": 1.4}).table == {"width": 0.7}
    assert edit(was, Strip(width=0.08)).table == {"width": 0.1}
    assert edit(Strip(), Strip(width=9.0)).table == {"width": 2.0}


def test_a_mirrored_pan_is_a_change_and_comes_back_mirrored() -> None:
    was, now = Strip(pan=-0.5), Strip(pan=0.5)
    assert changed(was, now).words() == ["pan 50 L to 50 R"]
    # A balance of 50 % halves the far side: by a pan that keeps the energy, twice as far.
    pan = edit(was, now).table["pan"]
    angle = (pan + 1.0) * math.pi / 4.0
    assert math.tan(angle) == pytest.approx(4.0, rel=1e-3)


def test_a_gain_that_the_fader_takes_back_is_none() -> None:
    """Half as loud by its automation, twice as loud by its fader."""
    flat, half = ((0.0, 1.0), (2.0, 1.0)), ((0.0, 0.5), (2.0, 0.5))
    taken_back = edit(Strip(automation=flat), Strip(gain_db=-HALF, automation=half))
    assert taken_back.table["gain_db"] == [[0.0, pytest.approx(0.0, abs=1e-3)]]
    kept = edit(Strip(automation=flat), Strip(automation=half), {"gain_db": 2.0})
    times, levels_db = np.array(kept.table["gain_db"]).T
    assert (times[0], levels_db) == (0.0, pytest.approx(2.0 + HALF, abs=1e-2))
    fades = edit(Strip(), Strip(gain_db=3.0, automation=((0.0, 1.0), (2.0, 0.5))))
    assert fades.table["gain_db"][0] == [0.0, pytest.approx(3.0, abs=1e-2)]
    assert fades.table["gain_db"][-1] == [2.0, pytest.approx(3.0 + HALF, abs=1e-2)]


def high_passed(*corners_hz: float, q: float = math.sqrt(0.5)) -> Strip:
    return Strip(bands=tuple(EqBand("high_pass", hz, 0.0, q) for hz in corners_hz))


def test_a_high_pass_is_the_models_own_corner_or_the_users_filter() -> None:
    own = {"set": 200.0, "scale": 1, "offset": 0}
    assert edit(high_passed(80.0), high_passed(200.0)).table == {NETWORK: {"high_pass_hz": own}}
    said = {"high_pass": {"frequency_hz": 80.0}}
    by_user = {"frequency_hz": 200.0, "slope_db_per_octave": 12}
    assert edit(high_passed(80.0), high_passed(200.0), said).table == {"high_pass": by_user}
    assert edit(Strip(), high_passed(200.0)).table == {"high_pass": by_user}
    steep = {"frequency_hz": 200.0, "slope_db_per_octave": 24}
    assert edit(Strip(), high_passed(200.0, 200.0)).table == {"high_pass": steep}
    assert edit(high_passed(80.0), Strip(), said).table == {"high_pass": "none"}
    resonant = edit(Strip(), high_passed(200.0, q=3.0))
    assert resonant.remarks[0].endswith("learnt without its resonance")


def test_bands_are_told_apart_by_every_number() -> None:
    band = EqBand("bell", 1_000.0, 3.0, 1.0)
    for other in (
        EqBand("bell", 1_010.0, 3.0, 1.0),
        EqBand("bell", 1_000.0, 3.1, 1.0),
        EqBand("bell", 1_000.0, 3.0, 1.1),
        EqBand("low_shelf", 1_000.0, 3.0, 1.0),
    ):
        assert without([band], [other]) == (band,)
    rounded = EqBand("bell", 1_000.4, 3.01, 1.002)
    assert without([band], [rounded]) == ()
    assert without([band, band], [rounded]) == (band,)


def test_a_models_band_is_undone_and_the_users_own_row_is_replaced() -> None:
    was, now = EqBand("bell", 1_000.0, 3.0, 1.0), EqBand("bell", 1_000.0, -2.0, 1.0)
    strips = Strip(bands=(was,)), Strip(bands=(now,))
    gains_db = [row["gain_db"] for row in edit(*strips).table["eq"]]
    assert gains_db == [-3.0, -2.0]
    own = {"type": "peak", "frequency_hz": 1_000.0, "gain_db": 3.0, "q": 1.0}
    other = {"type": "peak", "frequency_hz": 90.0, "gain_db": 1.0, "q": 1.0}
    rows = edit(*strips, {"eq": [other, own]}).table["eq"]
    assert [(row["frequency_hz"], row["gain_db"]) for row in rows] == [(90.0, 1.0), (1_000.0, -2.0)]
    automated = {**own, "gain_db": [[0, 3.0], [1, 0.0]]}
    rows = edit(*strips, {"eq": [automated]}).table["eq"]
    assert [row["gain_db"] for row in rows] == [automated["gain_db"], -3.0, -2.0]


def test_the_fader_of_the_mix_is_its_loudness_and_the_mix_is_not_muted() -> None:
    louder = edit(Strip(), Strip(gain_db=2.0, muted=True), stem=MASTER)
    assert louder.table == {"loudness_lufs": -12.0}
    assert louder.remarks == ["the whole mix cannot be muted"]
    free = edit(Strip(), Strip(gain_db=2.0), stem=MASTER, loudness_lufs=None)
    assert free.table == {"gain_db": pytest.approx(2.0)}
    stem = edit(Strip(), Strip(muted=True, soloed=True), stem="drums")
    assert (stem.keys, stem.table) == (("drums",), {"mute": True, "solo": True})
