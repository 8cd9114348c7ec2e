"""Plain words: each line of the table does what it says, and nothing is guessed."""

from __future__ import annotations

import pytest

from mixer.console.settings import Console, Strip
from mixer.errors import SettingsError
from mixer.preset.schema import plain_table
from mixer.setting_changes import STRIP_KEYS
from mixer.stems import STEMS
from mixer.takes.asking import ask
from mixer.takes.wishes import AMOUNTS, WISHES

KNOWN = frozenset(STRIP_KEYS)


def asked(*texts: str, console: Console | None = None, known: frozenset[str] = KNOWN) -> dict:
    return plain_table(ask(texts, console or Console(), known=known, stems=STEMS).console)


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


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.phrases[0])
def test_every_phrase_is_understood_and_changes_something(wish) -> None:
    console = Console(strips=(("vocals", Strip(mute=True)),))
    for phrase in wish.phrases:
        for amount in ("", *AMOUNTS):
            assert ask([f"{amount} {phrase}"], console, known=KNOWN, stems=STEMS).changes


def test_no_phrase_says_two_things() -> None:
    phrases = [phrase for wish in WISHES for phrase in wish.phrases]
    assert len(phrases) == len(set(phrases))


def test_what_is_not_in_the_table_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'vocals upp' is neither .* did you mean 'vocals up'"):
        asked("vocals upp")
