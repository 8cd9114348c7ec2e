"""Where nobody sings and drums are programmed, the drums lead."""

import pytest

from mixer.network.track_mixer.electronic import (
    ELECTRONIC_LU,
    MACHINES,
    share_of_machines,
    without_voices_db,
)


def test_half_of_what_is_known_to_be_played_may_be_machines():
    assert share_of_machines(["pad", "keys", "kick", "unknown"]) == 0.5
    assert share_of_machines(["kick", "unknown"]) == 0.0
    assert share_of_machines(MACHINES) == 1.0


def test_an_instrumental_of_programmed_drums_has_its_drums_in_front():
    stems = ["drums", "bass", "other", "other"]
    unnamed = without_voices_db(["kick", "bass", "unknown", "unknown"], stems)
    assert unnamed["drums"] > unnamed["bass"] > unnamed["other"]
    # What the network did by the roles of machines is not done twice.
    named = without_voices_db(["drum_loop", "sub", "pad", "arp"], stems)
    for stem, db in named.items():
        assert db + ELECTRONIC_LU[stem] == pytest.approx(unnamed[stem])


def test_stems_without_voices_have_their_bass_in_front_of_the_other_instruments():
    stems = ["drums", "bass", "other"]
    moved = without_voices_db(["drum_stem", "bass_stem", "other_stem"], stems)
    assert moved["bass"] > moved["drums"] > moved["other"]


@pytest.mark.parametrize(
    ("roles", "stems"),
    [
        (["kick", "bass", "unknown", "lead_vocal"], ["drums", "bass", "other", "vocals"]),
        (["kick", "overheads", "bass", "electric_guitar"], ["drums", "drums", "bass", "other"]),
        (["acoustic_guitar", "bass", "keys"], ["other", "bass", "other"]),
        (["drum_stem", "vocal_stem", "other_stem"], ["drums", "vocals", "other"]),
        (["bass_stem", "other_stem"], ["bass", "other"]),
    ],
    ids=["sung", "recorded kit", "no drums", "sung stems", "stems without drums"],
)
def test_other_songs_keep_the_usual_balance(roles: list[str], stems: list[str]):
    assert set(without_voices_db(roles, stems).values()) == {0.0}
