"""Keys of a take: signed values add to what is there, others set it."""

from __future__ import annotations

import pytest

from mixer.console.settings import Band, Console, Strip
from mixer.errors import SettingsError
from mixer.setting_changes import Change, StripChanges
from mixer.stems import STEMS
from mixer.takes.asking import ask

CONSOLE = Console(
    strips=(
        ("vocals", Strip(gain_db=2.0, eq=(Band(gain_db=1.0),))),
        ("bass", Strip(gain_db=((0.0, -3.0), (10.0, 0.0)))),
        ("drums", Strip(network=StripChanges(room_db=Change(offset=-6.0)))),
    ),
    loudness_lufs=-14.0,
)


def strip_of(stem: str, *texts: str) -> Strip:
    return ask(texts, CONSOLE, stems=STEMS).console.strip(stem)


def test_a_signed_number_adds_and_a_bare_one_sets() -> None:
    assert strip_of("vocals", "vocals.gain_db=+1").gain_db == 3.0
    assert strip_of("vocals", "vocals.gain_db=-0.5").gain_db == 1.5
    assert strip_of("vocals", "vocals.gain_db=1").gain_db == 1.0
    assert strip_of("vocals", "vocals.gain_db==-1").gain_db == -1.0
    assert strip_of("vocals", "vocals.eq.0.gain_db=+1").eq[0].gain_db == 2.0
    assert strip_of("other", "other.gain_db=+1", "other.gain_db=+1").gain_db == 2.0


def test_an_automation_moves_as_a_whole() -> None:
    assert strip_of("bass", "bass.gain_db=+1").gain_db == ((0.0, -2.0), (10.0, 1.0))


def test_a_models_setting_is_offset_further_and_set() -> None:
    further = strip_of("drums", "drums.room_db=-6").network
    assert further == StripChanges(room_db=Change(offset=-12.0))
    placed = strip_of("drums", "drums.room_db.set==-20").network
    assert placed == StripChanges(room_db=Change(set=-20.0, offset=-6.0))
    assert strip_of("drums", "drums.network.room_db=none").network in (None, StripChanges())


def test_all_stems_each_move_from_where_they_are() -> None:
    console = ask(["all_stems.gain_db=+1"], CONSOLE, stems=STEMS).console
    assert [console.strip(stem).gain_db for stem in ("vocals", "drums")] == [3.0, 1.0]
    assert dict(console.strips)["bass"].gain_db == ((0.0, -2.0), (10.0, 1.0))


def test_every_changed_setting_is_told_with_what_it_was() -> None:
    changes = ask(["vocals.gain_db=+1", "master.loudness_lufs=+2"], CONSOLE, stems=STEMS).changes
    assert {row["key"]: (row["was"], row["now"]) for row in changes} == {
        "vocals.gain_db": (2.0, 3.0),
        "master.loudness_lufs": (-14.0, -12.0),
    }
    (room,) = ask(["other.room_db=-6"], CONSOLE, stems=STEMS).changes
    assert room == {"key": "other.network.room_db.offset", "was": 0.0, "now": -6.0}


def test_mistakes_come_at_once_and_no_change_is_one_too() -> None:
    with pytest.raises(SettingsError) as refused:
        ask(["vocals.gian_db=+1", "drums.gain_db=+90", "purple"], CONSOLE, stems=STEMS)
    assert len(refused.value.lines) == 3
    with pytest.raises(SettingsError, match="already has these settings"):
        ask(["vocals.gain_db=2"], CONSOLE, stems=STEMS)
    with pytest.raises(SettingsError, match="from -60 to 24"):
        ask(["drums.gain_db=+90"], CONSOLE, stems=STEMS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vocals.gain_db=+1", "vocals"),
        ("vocals up", "vocals"),
        ("drums and vocals up", "vocals"),
        ("roles.kick.pan=0.1", "kick"),
        ("roles.lead_vocal.gain_db=+1", "lead vocal"),
        ("closer", "vocals"),
    ],
)
def test_what_the_song_does_not_have_is_refused_with_what_it_has(text: str, name: str) -> None:
    roles = frozenset(("snare", "drum_stem"))
    with pytest.raises(SettingsError) as refused:
        ask([text], Console(), stems=("drums", "other"), roles=roles)
    assert f"the song has no {name} of its own; choose from drums, other, snare" in str(
        refused.value
    )
    assert ask(["all_stems.gain_db=+1", "snare up"], CONSOLE, stems=("drums",), roles=roles).changes
