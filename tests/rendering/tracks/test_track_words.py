"""What was done to a track, as one engineer would tell another."""

from __future__ import annotations

import pytest

from mixer.network.track_mixer.track_settings import (
    CURVE_HZ,
    BusSettings,
    Compression,
    SpaceSettings,
    TrackSettings,
    as_json,
)
from mixer.rendering.tracks import track_words as words_module
from mixer.rendering.tracks.track_words import (
    added_words,
    bus_words,
    changed_stem_words,
    space_words,
    stem_words,
    strip_words,
    track_words,
    user_words,
)
from mixer.rendering.tracks.user_strip_chain import UserStripRecord


def curve(**moves_db: float) -> tuple[float, ...]:
    return tuple(moves_db.get(f"at_{hz:g}".replace(".", "_"), 0.0) for hz in CURVE_HZ)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (TrackSettings(), "0 dB"),
        (
            TrackSettings(
                gain_db=-2.1,
                pan=-0.35,
                high_pass_hz=110.0,
                curve_db=curve(at_400=-3.0),
                compression=Compression(threshold_db=-24.0, ratio=2.5),
                short_room_db=-14.0,
            ),
            "-2.1 dB, 35 L, high-pass 110 Hz, -3 dB at 400 Hz, 2.5:1 at -24 dB, short room -14 dB",
        ),
        (
            TrackSettings(gain_db=12.0, pan=1.0, width=1.3, widen_db=-18.0, shape=0.2, ride=0.5),
            "+12 dB, 100 R, width 130 %, widened -18 dB, transients 20 % sharper, "
            "level ridden 50 %",
        ),
        (
            TrackSettings(width=0.0, shape=-0.3, long_room_db=-18.0, echo_db=-25.5),
            "0 dB, mono, transients 30 % softer, long room -18 dB, echo -26 dB",
        ),
        # of one hump only its top is told, and what is small is not
        (
            TrackSettings(curve_db=(-6.0, -4.0, 0.5, 2.0, 3.0, 1.0, 0.0, -0.9, 4.0)),
            "0 dB, -6 dB at 50 Hz, +3 dB at 800 Hz, +4 dB at 12.5 kHz",
        ),
        (
            TrackSettings(curve_db=(2.0, -3.0, 4.0, -5.0, 6.0, 0.0, 0.0, 0.0, 0.0)),
            "0 dB, +4 dB at 200 Hz, -5 dB at 400 Hz, +6 dB at 800 Hz",
        ),
    ],
)
def test_a_strip_is_told_as_an_engineer_would(settings: TrackSettings, told: str) -> None:
    assert strip_words(as_json(settings)) == told


def test_a_bus_tells_its_gain_its_curve_and_its_glue() -> None:
    bus = BusSettings(1.5, curve(at_3150=1.2), Compression(-18.0, 2.0))
    assert bus_words(as_json(bus)) == "+1.5 dB, +1.2 dB at 3.15 kHz, 2:1 at -18 dB"


def test_the_space_is_told_once() -> None:
    told = space_words(as_json(SpaceSettings()))
    assert told == "short room 0.5 s, long room 1.8 s, echo 375 ms"


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (None, ""),
        ({"heard": False, "set": {"mute": True}}, "muted"),
        ({"heard": False, "set": {}}, "not heard, as other tracks are soloed"),
        ({"heard": True, "set": {}}, "unchanged"),
        (
            {
                "heard": True,
                "set": {
                    "solo": True,
                    "gain_db": 2.0,
                    "pan": 0.3,
                    "high_pass": {"frequency_hz": 90.0},
                    "eq": [
                        {"type": "peak", "frequency_hz": 3000.0, "gain_db": -2.0},
                        {"type": "notch", "frequency_hz": 50.0, "gain_db": 0.0},
                    ],
                    "compressor": {"ratio": 4.0, "threshold_db": -20.0},
                    "de_esser": {"frequency_hz": 6000.0},
                    "gate": {"threshold_db": -50.0},
                    "saturation": {"drive_db": 4.0},
                    "duck": {"by": "vocals", "amount_db": 2.0},
                    "plugins": [{"path": "/vst/Warm Tape.vst3"}],
                    "reverb_db": -14.0,
                    "amount": 0.5,
                },
                "effects": {"compressor": {"max_reduction_db": 5.08}},
            },
            "solo, +2 dB, 30 R, high-pass 90 Hz, -2 dB at 3 kHz, notch at 50 Hz, 4:1 at -20 dB, "
            "taking up to 5.1 dB, gate at -50 dB, de-esser at 6 kHz, saturation 4 dB, "
            "ducked 2 dB by vocals, Warm Tape, reverb -14 dB, amount 50 %",
        ),
        (
            {"heard": True, "set": {"gain_db": [[0, 0], [9, 2]], "pan": [[0, 0], [9, 1]]}},
            "gain automated, pan automated",
        ),
    ],
)
def test_the_hand_is_told_beside_it(user: dict | None, told: str) -> None:
    assert user_words(user) == told


def test_an_effect_without_words_of_its_own_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user: UserStripRecord = {
        "heard": True,
        "set": {"gain_db": 2.0, "de_esser": {"frequency_hz": 6e3}},
    }
    monkeypatch.delitem(words_module._WORDS, "de_esser")
    assert user_words(user) == "+2 dB, de esser"


def test_a_stem_is_told_with_its_numbers() -> None:
    table = {
        "gain_db": -4.26,
        "curve_db": [-3.4, -3.0, 0.0, 0.0, 0.0, 0.0, 2.3, 2.6, 2.5],
        "balance_db": -0.9,
        "side_db": 1.8,
        "shape": -0.07,
        "widen_db": -44.7,
        "room_db": -31.2,
    }
    assert stem_words(table) == (
        "-4.3 dB, 0.9 dB to the left, sides +1.8 dB, -3.4 dB at 50 Hz, +2.6 dB at 6.3 kHz, "
        "transients 7 % softer, room -31 dB"
    )
    assert stem_words({}) == "0 dB"


def test_the_model_is_told_as_it_was_and_the_hand_with_what_it_changed() -> None:
    found = TrackSettings(gain_db=-4.6, pan=0.4, compression=Compression(-16.0, 3.9))
    used = TrackSettings(gain_db=-4.6, compression=Compression(-16.0, 6.9), short_room_db=-20.0)
    track = {"loudness_lufs": -20.0, "strip": as_json(used)}
    assert track_words(track) == "-4.6 dB, 6.9:1 at -16 dB, short room -20 dB"
    assert added_words(track) == ""
    track["found"] = as_json(found)
    assert track_words(track) == "-4.6 dB, 40 R, 3.9:1 at -16 dB"
    assert added_words(track) == "centre, 6.9:1 at -16 dB, short room -20 dB"
    track["user"] = {"heard": True, "set": {"network": {"ratio": 3.0}, "gain_db": 2.0}}
    assert added_words(track) == "centre, 6.9:1 at -16 dB, short room -20 dB, +2 dB"
    track["user"] = {"heard": False, "set": {"mute": True}}
    assert added_words(track) == "muted"


def test_a_stems_changes_are_told_as_they_are_now() -> None:
    found, used = {"gain_db": -1.0, "room_db": -20.0}, {"gain_db": 0.5, "room_db": -40.0}
    assert changed_stem_words(found, used) == "+0.5 dB, no room"
    assert changed_stem_words(None, used) == ""
