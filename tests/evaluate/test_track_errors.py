"""Tracks of a mix against a person's: nothing is wrong with itself, a fader that is off is off."""

import numpy as np
import pytest

from mixer.evaluate.track_errors import HUMAN_SPREAD_DB, compare_tracks, measure_truth_of_tracks
from tests.signals import band, noise

RATE = 44_100
STEMS = {"Kick": "drums", "Snare": "drums", "Bass": "bass", "Vox": "vocals"}


def tracks() -> dict[str, np.ndarray]:
    stems = band(np.random.default_rng(1), 4.0, RATE)
    return {
        "Kick": 0.5 * stems["drums"],
        "Snare": 0.3 * stems["drums"][::-1],
        "Bass": stems["bass"],
        "Vox": stems["vocals"],
    }


def groups_of(wet: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        stem: np.add.reduce([audio for name, audio in wet.items() if STEMS[name] == stem])
        for stem in ("drums", "bass", "vocals")
    }


def judged(wet: dict[str, np.ndarray]):
    truth = measure_truth_of_tracks(tracks(), STEMS, RATE)
    groups = groups_of(wet)
    return compare_tracks(truth, np.add.reduce(list(groups.values())), groups, wet, RATE)


def test_nothing_is_wrong_with_the_truth_at_any_level():
    errors = judged({name: np.float32(0.2) * audio for name, audio in tracks().items()})
    assert max(errors.tracks.values()) == pytest.approx(0.0, abs=0.01)
    assert errors.group_level_db == pytest.approx(0.0, abs=0.01)
    assert (errors.within_human_spread, errors.beyond_human_spread_db) == (1.0, 0.0)
    assert (errors.mix_width_db, errors.lean_db) == pytest.approx((0.0, 0.0), abs=0.01)


def test_a_fader_is_off_and_a_voice_stands_at_the_side():
    wet = tracks()
    wet["Bass"] = np.float32(10 ** (-12 / 20)) * wet["Bass"]
    wet["Vox"] = wet["Vox"] * np.array([[0.2], [1.4]], np.float32)
    errors = judged(wet)
    off_db = errors.groups_db
    assert off_db["bass"] < -8.0
    assert errors.tracks["level"] > 2.0
    assert errors.tracks["pan"] == pytest.approx(20 * np.log10(7.0) / 4, abs=1.0)
    assert errors.lean_db > 1.0
    beyond = {stem: max(0.0, abs(off) - HUMAN_SPREAD_DB[stem]) for stem, off in off_db.items()}
    assert beyond["bass"] > 5.0
    assert errors.within_human_spread == pytest.approx(
        np.mean([far == 0.0 for far in beyond.values()])
    )
    assert errors.beyond_human_spread_db == pytest.approx(np.mean(list(beyond.values())))


def test_half_of_the_side_is_six_decibels_less_width_and_no_lean():
    rng = np.random.default_rng(2)
    wide = {name: noise(rng, 2.0, RATE, 0.1) for name in STEMS}
    truth = measure_truth_of_tracks(wide, STEMS, RATE)

    def against(wet: dict[str, np.ndarray]):
        groups = groups_of(wet)
        return compare_tracks(truth, np.add.reduce(list(groups.values())), groups, wet, RATE)

    narrow = against({name: 0.75 * audio + 0.25 * audio[::-1] for name, audio in wide.items()})
    assert narrow.mix_width_db == pytest.approx(20.0 * np.log10(0.5), abs=0.02)
    assert against({name: audio[::-1] for name, audio in wide.items()}).mix_width_db == (
        pytest.approx(0.0, abs=0.01)
    )


def test_a_system_without_wet_tracks_is_judged_by_its_groups():
    wet = tracks()
    truth = measure_truth_of_tracks(wet, STEMS, RATE)
    groups = groups_of(wet)
    mix = np.add.reduce(list(groups.values()))
    errors = compare_tracks(truth, mix, {k: groups[k] for k in ("drums", "bass")}, {}, RATE)
    assert errors.tracks == {}
    assert errors.groups_db["vocals"] < -10.0
