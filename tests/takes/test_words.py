"""Plain words: each line of the table does what it says, and nothing is guessed."""

from __future__ import annotations

import re

import pytest

from mixer.console.settings import Console, Strip
from mixer.errors import SettingsError
from mixer.preset.schema import plain_table
from mixer.setting_changes import STRIP_KEYS
from mixer.stems import STEMS
from mixer.takes.asking import ask
from mixer.takes.instructions import AMOUNTS, INSTRUCTIONS

KNOWN = frozenset(STRIP_KEYS)


ROLES = frozenset(("kick", "electric_guitar", "acoustic_guitar", "room"))


def asked(*texts: str, console: Console | None = None, known: frozenset[str] = KNOWN) -> dict:
    found = ask(texts, console or Console(), known=known, stems=STEMS, roles=ROLES)
    return plain_table(found.console)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("vocals up", {"vocals": {"gain_db": 1.5}}),
        ("Make the singer a bit louder", {"vocals": {"gain_db": 0.75}}),
        ("drums down 2 dB", {"drums": {"gain_db": -2.0}}),
        ("vocals up, bass down", {"vocals": {"gain_db": 1.5}, "bass": {"gain_db": -1.5}}),
        ("wider", {"master": {"width": 1.2}}),
        ("kick up", {"roles": {"kick": {"gain_db": 1.5}}}),
        ("mute the rest", {"other": {"mute": True}}),
        ("turn the vocals up", {"vocals": {"gain_db": 1.5}}),
        ("The vocals are a bit too quiet.", {"vocals": {"gain_db": 0.75}}),
        ("vocals -2 dB", {"vocals": {"gain_db": -2.0}}),
        ("vocals up 1,5 dB; bass down", {"vocals": {"gain_db": 1.5}, "bass": {"gain_db": -1.5}}),
        ("vocals and drums up", {"vocals": {"gain_db": 1.5}, "drums": {"gain_db": 1.5}}),
        ("vocals up and wider", {"vocals": {"gain_db": 1.5, "width": 1.2}}),
        ("vocals up, wider", {"vocals": {"gain_db": 1.5}, "master": {"width": 1.2}}),
        ("kick up .5 dB", {"roles": {"kick": {"gain_db": 0.5}}}),
        ("room up", {"roles": {"room": {"gain_db": 1.5}}}),
        (
            "guitars to the left",
            {"roles": {"electric_guitar": {"pan": -0.2}, "acoustic_guitar": {"pan": -0.2}}},
        ),
    ],
)
def test_a_wish_is_a_setting(text: str, table: dict) -> None:
    assert asked(text) == table


def test_less_reverb_lowers_the_models_room_and_the_send_that_is_there() -> None:
    change = {"scale": 1.0, "offset": -6.0}
    assert asked("less reverb on drums") == {"drums": {"network": {"room_db": change}}}
    with_send = Console(strips=(("drums", Strip(reverb_db=-12.0)),))
    table = asked("less reverb on drums", console=with_send)
    assert table["drums"] == {"reverb_db": -18.0, "network": {"room_db": change}}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("a bit more reverb on the vocals", {"scale": 1.0, "offset": 2.0}),
        ("more room on vocals", {"scale": 1.0, "offset": 4.0}),
        ("reverb down 3 dB on the vocals", {"scale": 1.0, "offset": -3.0}),
        ("vocals reverb -3 dB", {"scale": 1.0, "offset": -3.0}),
        ("too much reverb on vocals", {"scale": 1.0, "offset": -6.0}),
        ("dry vocals", {"scale": 0.0, "offset": 0.0}),
    ],
)
def test_reverb_is_asked_for_in_any_order(text: str, change: dict) -> None:
    assert asked(text) == {"vocals": {"network": {"room_db": change}}}


def test_a_number_of_db_moves_the_first_setting_and_the_others_in_proportion() -> None:
    (low, high) = asked("warmer 3 dB")["master"]["eq"]
    assert (low["gain_db"], high["gain_db"]) == (3.0, -2.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "snare up",
            "has no snare of its own; choose from vocals, bass, drums, other, a",
        ),
        ("vocals wider 2 dB", "'wider' is not measured in dB"),
        ("vocals up -2 dB", "says both up and down"),
        ("vocals 2 dB", "neither up nor down; for example, vocals up 2 dB"),
        ("vocals up 2", "a number needs its unit"),
        ("vocals a bit up 2 dB", "gives more than one amount"),
        ("bass and vocals", "does not say what to do with bass; for example, bass up"),
        ("do not turn up the vocals", "nor a known request"),
        ("vocals warm", "did you mean 'vocals warmer'"),
        ("vocals up 90 dB", "'vocals up 90 dB': vocals.gain_db must be a number from -60 to 24"),
    ],
)
def test_what_cannot_be_done_is_refused_and_says_what_can(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        asked(text)


def test_where_there_is_no_room_more_reverb_sends_and_less_is_refused() -> None:
    assert asked("more reverb on vocals", known=frozenset())["vocals"] == {"reverb_db": -18.0}
    with pytest.raises(SettingsError, match="changes nothing here"):
        asked("less reverb on vocals", known=frozenset())


def test_the_same_wish_twice_moves_the_same_bands_twice() -> None:
    (low, high) = asked("warmer", "warmer")["master"]["eq"]
    assert (low["type"], low["gain_db"]) == ("low_shelf", 3.0)
    assert (high["type"], high["gain_db"]) == ("high_shelf", -2.0)


def test_a_louder_mix_raises_the_target_where_there_is_one() -> None:
    table = asked("mix louder", console=Console(loudness_lufs=-14.0))
    assert table["master"] == {"loudness_lufs": -12.5}
    assert asked("mix louder")["master"] == {"gain_db": 1.5}


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda each: each.phrases[0])
def test_every_phrase_is_understood_and_changes_something(instruction) -> None:
    console = Console(strips=(("vocals", Strip(mute=True)),))
    for phrase in instruction.phrases:
        for amount in ("", *AMOUNTS):
            assert ask([f"{amount} {phrase}"], console, known=KNOWN, stems=STEMS).changes


# What a line's words say of a setting: the words, the keys that they are about, and their signs.
NUMBERS = (
    (r"([\d.]+) dB (louder|quieter)", ("gain_db",), 1.0),
    (r"room ([\d.]+) dB (up|down)", ("network.room_db", "reverb_db"), 1.0),
    (r"model's room and the send ([\d.]+) dB (up|down)", ("network.room_db", "reverb_db"), 1.0),
    (r"model's echo and the send ([\d.]+) dB (up|down)", ("network.echo_db", "delay_db"), 1.0),
    (r"transients (\d+) % (sharper|softer)", ("network.shape",), 100.0),
    (r"side signal (\d+) % (up|down)", ("width",), 100.0),
)
SIGNS = {"louder": 1.0, "up": 1.0, "sharper": 1.0, "more": 1.0}
BAND_WORDS = re.compile(r"([\d.]+) dB (more|less) (above|below|around) ([\d.]+) (k?)Hz")
BAND_TYPES = {"above": "high_shelf", "below": "low_shelf", "around": "peak"}


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda each: each.phrases[0])
def test_every_line_moves_by_what_its_words_say(instruction) -> None:
    bands = [
        (step.type, step.frequency_hz, step.add) for step in instruction.steps if hasattr(step, "q")
    ]
    assert bands == [
        (BAND_TYPES[where], float(hz) * (1e3 if kilo else 1.0), float(db) * SIGNS.get(way, -1.0))
        for db, way, where, hz, kilo in BAND_WORDS.findall(instruction.does)
    ]
    moved = {
        step.key: step.add for step in instruction.steps if not hasattr(step, "q") and step.add
    }
    said = {
        key: float(number) * SIGNS.get(way, -1.0) / unit
        for words, keys, unit in NUMBERS
        for number, way in re.findall(words, instruction.does)
        for key in keys
    }
    for side in re.findall("a fifth of the way to the (left|right)", instruction.does):
        said["pan"] = {"left": -0.2, "right": 0.2}[side]
    assert moved == pytest.approx(said)
    sends = [step.value for step in instruction.steps if getattr(step, "otherwise", False)]
    assert sends == re.findall(r"a send of (-\d+) dB where there is neither", instruction.does)


def test_the_middle_is_that_of_the_model_too_where_it_places() -> None:
    of_model = asked("vocals centre")["vocals"]["network"]
    assert {key: change["set"] for key, change in of_model.items()} == {"pan": 0, "balance_db": 0}
    hard_left = Console(strips=(("vocals", Strip(pan=-1.0)),))
    assert asked("vocals centre", console=hard_left, known=frozenset()) == {}


def test_no_phrase_says_two_things() -> None:
    phrases = [phrase for instruction in INSTRUCTIONS for phrase in instruction.phrases]
    assert len(phrases) == len(set(phrases))


def test_what_is_not_in_the_table_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'vocals upp' is neither .* did you mean 'vocals up'"):
        asked("vocals upp")
