"""What counts as a taste, setting by setting, of sessions made up here."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from mixer.learn.recall_reader import Written, WrittenMix
from mixer.learn.session_changes import Changed
from mixer.learn.taste import taste_of
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.daw.strips.native_strip import EqBand, Strip
from mixer.preset.find import find_preset
from mixer.preset.layer import read_layer
from mixer.preset.preset_writing import save_preset


def song(*changes, daw="reaper", loudness_lufs=-14.0):
    """A song of tracks: role, strip as written, and as it is now."""
    tracks = [
        Written(f"T{number}", f"t{number}.wav", role, was)
        for number, (role, was, _) in enumerate(changes)
    ]
    folders = (Written("Mix", "master", None, Strip()), Written("drums", "drums", None, Strip()))
    mix = WrittenMix(Path(), True, loudness_lufs, tuple(tracks), folders,
                     devices=DAW_FORMATS[daw].devices)  # fmt: skip
    made = [
        Changed(track, now, False)
        for track, (_, was, now) in zip(tracks, changes, strict=True)
        if now != was
    ]
    return mix, made


def track(role, now, was=None):
    return (role, was or Strip(), now)


def words(taste, part):
    return [line for line in (*(h.words for h in taste.habits), *taste.others) if part in line]


def test_two_guitars_panned_apart_are_no_taste_and_panned_together_are() -> None:
    apart = song(
        track("electric_guitar", Strip(pan=-0.5)), track("electric_guitar", Strip(pan=0.5))
    )
    together = song(*[track("electric_guitar", Strip(pan=0.4))] * 2)
    assert words(taste_of([apart] * 3), "pan") == [
        "electric guitar pan C in 3 of 3 songs: in different directions"
    ]
    assert not taste_of([apart] * 3).habits
    taste = taste_of([together] * 3)
    (pan,) = taste.habits
    assert pan.keys == ("roles", "electric_guitar", "pan")
    guitar = taste.table()["roles"]["electric_guitar"]
    right_db = guitar["gain_db"] + 20.0 * math.log10(
        math.sqrt(2.0) * math.sin((1.0 + guitar["pan"]) * math.pi / 4.0)
    )
    assert right_db == pytest.approx(0.0, abs=0.01)  # a balance leaves the near side alone


def test_a_song_counts_where_most_of_its_tracks_were_changed() -> None:
    one_of_two = song(track("pad", Strip(gain_db=3.0)), track("pad", Strip()))
    assert not taste_of([one_of_two] * 4).habits
    two_of_three = song(*[track("pad", Strip(gain_db=3.0))] * 2, track("pad", Strip()))
    (habit,) = taste_of([two_of_three] * 4).habits
    assert (habit.keys, habit.value) == (("roles", "pad", "gain_db"), 3.0)


def test_widths_count_among_the_songs_whose_format_has_them() -> None:
    wide = song(track("pad", Strip(width=1.4)))
    unchanged = song(track("pad", Strip()))
    without = song(track("pad", Strip()), daw="dawproject")
    (habit,) = taste_of([wide, wide, without, without, without]).habits
    assert habit.words.startswith("pad width 140 % in 2 of 2 songs")
    assert not taste_of([wide, wide, unchanged, unchanged, unchanged]).habits


def test_rooms_are_raised_set_where_they_were_off_or_taken_away() -> None:
    def rooms(was_db, now_db):
        sends = [() if db is None else (("Long room", db),) for db in (was_db, now_db)]
        return song(track("snare", Strip(sends=sends[1]), Strip(sends=sends[0])))

    (raised,) = taste_of([rooms(-20.0, -17.0), rooms(-12.0, -10.0)]).habits
    assert raised.keys == ("roles", "snare", "network", "long_room_db")
    assert raised.value == 2.5
    assert raised.words == (
        "snare send to Long room raised by 2.5 dB in 2 of 2 songs (+2.0 to +3.0)"
    )
    (put_on,) = taste_of([rooms(None, -17.0), rooms(None, -15.0), rooms(-20.0, -19.0)]).habits
    assert put_on.value == {"set": -16.0, "scale": 1, "offset": 0}
    (off,) = taste_of([rooms(-20.0, None), rooms(-20.0, None)]).habits
    assert off.value == {"scale": 0}
    assert "send to Long room off" in off.words


def in_hand(user, was, now):
    """A pad that the user had set before, changed in a session."""
    mix, (changed,) = song(track("pad", now, was))
    before = replace(changed.written, user=user)
    return replace(mix, tracks=(before,)), [replace(changed, written=before)]


def test_what_some_take_away_and_some_add_goes_in_different_directions() -> None:
    def sent(name, was_db, now_db):
        sends = [() if db is None else ((name, db),) for db in (was_db, now_db)]
        return song(track("pad", Strip(sends=sends[1]), Strip(sends=sends[0])))

    def passed(kind, was_hz, now_hz):
        bands = [() if hz is None else (EqBand(kind, hz),) for hz in (was_hz, now_hz)]
        return song(track("pad", Strip(bands=bands[1]), Strip(bands=bands[0])))

    def wide(now):
        return in_hand({"width": 1.4}, Strip(width=1.4), Strip(width=now))

    high_pass = Strip(bands=(EqBand("high_pass", 120.0),))
    for one, other in (
        (sent("Long room", -20.0, None), sent("Long room", None, -17.0)),
        (sent("Long room", -20.0, -22.0), sent("Long room", -20.0, -17.0)),
        (sent("Reverb", -20.0, None), sent("Reverb", None, -17.0)),
        (passed("low_pass", 9_000.0, None), passed("low_pass", None, 9_000.0)),
        (passed("low_pass", 9_000.0, 6_000.0), passed("low_pass", 9_000.0, 12_000.0)),
        (
            in_hand({"high_pass": {"frequency_hz": 120.0}}, high_pass, Strip()),
            passed("high_pass", None, 120.0),
        ),
        (wide(1.2), wide(1.7)),
        (song(track("pad", Strip(muted=True))), song(track("pad", Strip(), Strip(muted=True)))),
    ):
        assert taste_of([one] * 2).habits
        assert taste_of([other] * 2).habits
        taste = taste_of([one, one, other, other])
        assert not taste.habits
        (line,) = taste.others
        assert line.endswith("in 4 of 4 songs: in different directions")


def test_mutes_count_and_solo_and_automation_do_not() -> None:
    was = Strip()
    moving = replace(was, soloed=True, automation=((0.0, 1.0), (1.0, 0.5)))
    made = song(track("fx", replace(was, muted=True)), track("bass", moving))
    taste = taste_of([made] * 2)
    assert [(h.keys, h.value) for h in taste.habits] == [(("roles", "fx", "mute"), True)]
    assert taste.others == [
        "bass: automation cannot be set in a preset, in 2 of 2 songs",
        "bass: solo cannot be set in a preset, in 2 of 2 songs",
    ]


def test_what_the_hand_had_before_is_in_the_value() -> None:
    """A preset made of sessions that were rendered with another one goes on from there."""
    again = in_hand({"gain_db": 1.4}, Strip(), Strip(gain_db=1.0))
    (habit,) = taste_of([again, again]).habits
    assert habit.value == pytest.approx(2.4)


def test_every_kind_of_habit_is_a_preset_that_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path))
    bands = (
        EqBand("high_pass", 120.0),
        EqBand("low_pass", 9_000.0),
        EqBand("notch", 50.0, 0.0, 8.0),
        EqBand("low_shelf", 200.0, 2.0, 0.7),
        EqBand("bell", 3_000.0, -2.0, 1.0),
    )
    sends = (("Room", -10.0), ("Echo", -12.0), ("Reverb", -8.0), ("Delay", -9.0))
    now = Strip(3.0, 0.3, True, width=0.5, bands=bands, sends=sends)
    mix, made = song(track("keys", now))
    louder = [Changed(row, Strip(gain_db=2.0), True) for row in mix.groups]
    taste = taste_of([(mix, [*made, *louder])] * 2)
    save_preset("own", taste.table())
    table = read_layer(find_preset("own")).table
    keys = table["roles"]["keys"]
    assert {"gain_db", "pan", "mute", "width", "high_pass", "low_pass"} <= set(keys)
    assert {"reverb_db", "delay_db", "network"} <= set(keys)
    assert len(keys["eq"]) == 3
    assert set(keys["network"]) >= {"short_room_db", "echo_db"}
    assert table["master"]["loudness_lufs"] == -12.0
    assert table["drums"] == {"gain_db": 2.0}
