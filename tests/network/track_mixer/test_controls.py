"""What the graph gives becomes a console's settings, bounded, whatever it gives."""

from dataclasses import replace

import numpy as np

from mixer.console.stereo import pan_gains
from mixer.network.track_mixer import controls
from mixer.network.track_mixer.controls import read_controls
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.parameters import (
    BUS_CONTROLS,
    CURVE_CONTROLS,
    TRACK_CONTROLS,
)
from mixer.network.track_mixer.track_settings import SEND_OFF_DB, TrackSettings
from mixer.stems import STEMS
from tests.network.track_mixer.heard import heard_as

RATE = 44_100


def heard(n: int) -> list:
    rng = np.random.default_rng(3)
    sounds = 0.05 * rng.standard_normal((n, 1, RATE)).astype(np.float32)
    return [listen_to(sound, RATE) for sound in sounds]


def answers(n: int, **controls: float) -> dict[str, np.ndarray]:
    rest = {"width": 1.0, "ratio": 1.0, "high_pass_hz": 20.0, "threshold_db": -20.0}
    row = [{**rest, **controls}.get(name, 0.0) for name in TRACK_CONTROLS]
    bus = [{"ratio": 1.0}.get(name, 0.0) for name in BUS_CONTROLS]
    return {
        "tracks": np.array([[row] * n], np.float32),
        "groups": np.array([[bus] * len(STEMS)], np.float32),
        "mix": np.array([bus], np.float32),
    }


def _only(
    given: dict[str, np.ndarray], track: TrackLevels, role: str, stem: str, levels: float
) -> TrackSettings:
    return read_controls(given, heard_as([track], [role], [stem], levels)).tracks[0]


def test_a_compressor_above_every_peak_is_off():
    tracks = heard(1)
    peak_db = float(tracks[0].peak_db.max())
    for threshold_db, is_off in ((peak_db + 0.5, True), (peak_db - 6.0, False)):
        given = answers(1, ratio=3.0, threshold_db=threshold_db)
        settings = read_controls(given, heard_as(tracks, ["keys"], ["other"]))
        assert settings.tracks[0].compression.is_off is is_off


def test_the_low_end_is_not_widened():
    track = listen_to(0.05 * np.random.default_rng(3).standard_normal((2, RATE)).astype("f4"), RATE)
    given = answers(1, width=1.1)
    assert _only(given, track, "kick", "drums", 0.0).width == 1.0
    assert _only(given, track, "keys", "other", 0.0).width > 1.09


def test_spread_becomes_sides_and_the_low_end_stays_in_the_middle():
    roles = ["electric_guitar", "electric_guitar", "bass"]
    stems = ["other", "other", "bass"]
    given = answers(3, spread=0.8, widen_db=-8.0)
    left, right, bass = read_controls(given, heard_as(heard(3), roles, stems)).tracks
    assert left.pan * right.pan < 0.0
    assert (bass.pan, bass.widen_db) == (0.0, SEND_OFF_DB)
    np.testing.assert_allclose(left.widen_db, -8.0)


def test_wild_answers_are_bounded():
    given = answers(1, gain_db=1e6, ratio=1e9, high_pass_hz=-5.0)
    strip = read_controls(given, heard_as(heard(1), ["fx"], ["other"])).tracks[0]
    assert (strip.gain_db, strip.compression.ratio, strip.high_pass_hz) == (72.0, 10.0, 20.0)


def test_a_stem_that_leans_is_brought_to_the_middle_unless_it_is_finished():
    noise = 0.05 * np.random.default_rng(4).standard_normal((2, RATE)).astype(np.float32)
    stem = listen_to(noise * np.array([[1.0], [0.7]], np.float32), RATE)
    for levels, apart_db in ((0.0, 0.0), (0.5, 0.0), (1.0, 20 * np.log10(0.7))):
        strip = _only(answers(1), stem, "drum_stem", "drums", levels)
        left, right = pan_gains(strip.pan)
        np.testing.assert_allclose(20 * np.log10(0.7 * right / left), apart_db, atol=0.1)
    # A recording that is wide itself is brought back only as far as the whole mix leans.
    left, right = pan_gains(_only(answers(1), stem, "keys", "other", 0.0).pan)
    np.testing.assert_allclose(20 * np.log10(0.7 * right / left), -0.6, atol=0.1)
    assert _only(answers(1), stem, "keys", "other", 1.0).pan == 0.0


def test_traces_of_an_effect_are_off() -> None:
    row = {
        "short_room_db": -39.0, "long_room_db": -20.0, "echo_db": -35.0, "widen_db": -31.0,
        "high_pass_hz": 20.4, "shape": -0.01, "ride": 0.03,
    }  # fmt: skip
    assert controls._without_traces(row) == {
        "short_room_db": -40.0, "long_room_db": -20.0, "echo_db": -40.0, "widen_db": -40.0,
        "high_pass_hz": 20.0, "shape": 0.0, "ride": 0.0,
    }  # fmt: skip


def test_a_curve_that_is_down_everywhere_is_a_fader():
    curve = dict.fromkeys(CURVE_CONTROLS, -3.0)
    given = answers(1, gain_db=2.0, threshold_db=-25.0, ratio=3.0, **curve)
    strip = _only(given, heard(1)[0], "keys", "other", 0.0)
    np.testing.assert_allclose(strip.curve_db, 0.0, atol=0.3)
    np.testing.assert_allclose(strip.gain_db, -1.0, atol=0.05)
    np.testing.assert_allclose(strip.compression.threshold_db, -22.0, atol=0.05)


def test_what_is_next_to_silent_is_not_lifted_to_the_others_and_silence_is_left_alone():
    loud = heard(3)
    loud[0] = replace(loud[0], powers=1e-4 * loud[0].powers, frame_db=loud[0].frame_db - 40.0)
    silent = listen_to(np.zeros((1, RATE), np.float32), RATE)
    given = answers(4, gain_db=-3.0, spread=0.5)
    given["tracks"][0, 0, TRACK_CONTROLS.index("gain_db")] = 40.0
    stems = ["other", "other", "other", "drums"]
    tracks = [*loud, silent]
    strips = read_controls(given, heard_as(tracks, ["keys"] * 4, stems)).tracks
    gains = np.array([strip.gain_db for strip in strips[:3]])
    np.testing.assert_allclose(gains - gains[1], [18.0, 0.0, 0.0], atol=0.05)
    assert strips[3] == TrackSettings()
