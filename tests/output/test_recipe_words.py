"""What a recipe tells of takes, in lines for a person."""

from __future__ import annotations

import pytest

from mixer.output.recipe_words import change_lines, proof_lines

BAND = {"type": "low_shelf", "frequency_hz": 250.0, "gain_db": 1.5, "q": 0.7, "amount": 1.0}


def change(key: str, was: object, now: object) -> dict[str, object]:
    return {"key": key, "was": was, "now": now}


def test_a_band_that_comes_or_goes_is_one_line() -> None:
    came = [change(f"master.eq.0.{name}", None, value) for name, value in BAND.items()]
    went = [change(f"bass.eq.1.{name}", value, None) for name, value in BAND.items()]
    assert change_lines([change("vocals.gain_db", 0.0, 1.5), *came, *went]) == [
        "vocals.gain_db 0 -> 1.5",
        "master.eq.0 none -> low_shelf 250 Hz 1.5 dB q 0.7",
        "bass.eq.1 low_shelf 250 Hz 1.5 dB q 0.7 -> none",
    ]


def test_a_band_that_is_turned_is_told_setting_by_setting() -> None:
    turned = [change("a.eq.0.gain_db", 1.0, 2.0), change("a.eq.0.amount", None, 0.5)]
    assert change_lines(turned) == ["a.eq.0.gain_db 1 -> 2", "a.eq.0.amount none -> 0.5"]


def test_many_tracks_are_counted_and_few_are_named() -> None:
    def lines(n_tracks: int) -> list[str]:
        tracks = [f"tracks/{place}.wav" for place in range(n_tracks)]
        parts = dict.fromkeys(["vocals", "bass", *tracks], "0" * 64)
        same = ["bass", *tracks[1:]]
        take = {"same": same, "different": ["vocals", tracks[0]], "parts": parts}
        return proof_lines({**take, "changes": [], "bus": {"was": {}, "now": {}}})

    assert lines(3)[:2] == [
        "bit for bit as before: bass, tracks/1.wav, tracks/2.wav",
        "changed: vocals, tracks/0.wav",
    ]
    assert lines(38)[:2] == [
        "bit for bit as before: bass, 37 of 38 tracks",
        "changed: vocals, tracks/0.wav",
    ]


@pytest.mark.parametrize(
    ("key", "was", "now", "reason"),
    [
        ("drums.network.room_db.offset", 0.0, -6.0, "there was no room on drums to lower"),
        ("drums.network.widen_db.scale", 1.0, 0.5, "there was no added width on drums to lower"),
        ("drums.network.threshold_db.offset", 0.0, 3.0, "there was no compression on drums"),
        ("roles.kick.network.echo_db.offset", 0.0, -6.0, "there was no echo on kick to lower"),
        ("space.echo_s.offset", 0.0, 0.2, "nothing is sent there"),
        ("drums.network.room_db.offset", 0.0, 6.0, "the model does not set it here, or"),
        ("drums.network.room_db.set", None, -90.0, "the model does not set it here, or"),
    ],
)
def test_a_change_of_the_model_without_effect_says_why(key, was, now, reason) -> None:
    def lines(same: list[str], different: list[str]) -> list[str]:
        parts = dict.fromkeys([*same, *different], "0" * 64)
        take = {"same": same, "different": different, "parts": parts}
        bus = {"was": {}, "now": {}}
        return proof_lines({**take, "changes": [change(key, was, now)], "bus": bus})

    told = lines(["bass", "drums"], [])[2]
    assert told.startswith(f"{key}: no effect, {reason}")
    assert not any("no effect" in line for line in lines(["bass"], ["drums"]))


def test_a_change_of_the_desk_is_not_called_idle() -> None:
    take = {"same": ["drums"], "different": [], "parts": {"drums": "0" * 64}}
    for key in ("drums.gain_db", "master.network.gain_db.offset"):
        bus = {"was": {}, "now": {}}
        lines = proof_lines({**take, "changes": [change(key, 0.0, 1.0)], "bus": bus})
        assert not any("no effect" in line for line in lines)
