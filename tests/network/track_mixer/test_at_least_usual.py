"""What people usually do to a role is done at least, unless a mix is finished."""

import numpy as np
import pytest

from mixer.network.track_mixer.at_least_usual import at_least_usual
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.human import GROUP_WIDTH_DB, USUAL
from mixer.network.track_mixer.movement import frame_gains_db, unevenness_db
from mixer.network.track_mixer.together import gated_power
from mixer.network.track_mixer.track_settings import SEND_OFF_DB
from mixer.roles import FINISHED_STEM

RATE = 44_100


def row(**controls: float) -> dict[str, float]:
    rest = {"gain_db": -3.0, "spread": 0.2, "width": 0.7, "widen_db": SEND_OFF_DB, "ride": 0.0}
    rest |= {"shape": 0.0, "threshold_db": 0.0, "ratio": 1.0, "high_pass_hz": 20.0}
    return {**rest, "short_room_db": SEND_OFF_DB, "long_room_db": SEND_OFF_DB, **controls}


def phrases(apart_db: float, n_channels: int = 1) -> TrackLevels:
    """Four phrases of four seconds, every other one softer."""
    noise = np.random.default_rng(7).standard_normal((n_channels, 16 * RATE)).astype(np.float32)
    softer = (np.arange(16 * RATE) // (4 * RATE)) % 2
    return listen_to(0.1 * noise * (10.0 ** (-apart_db * softer / 20.0)).astype(np.float32), RATE)


def test_mono_tracks_stand_as_far_out_as_people_put_them_and_instruments_keep_their_width():
    mono, stereo = phrases(0.0), phrases(0.0, 2)
    done = at_least_usual(row(), mono, "electric_guitar", 1.0, dry=False)
    assert done["spread"] == USUAL["electric_guitar"].spread
    assert at_least_usual(row(spread=0.9), mono, "keys", 1.0, dry=False)["spread"] == 0.9
    assert at_least_usual(row(), stereo, "keys", 1.0, dry=False)["width"] == 1.0
    assert at_least_usual(row(), stereo, "overheads", 1.0, dry=False)["width"] == 0.7


def test_dry_recordings_get_a_room_and_no_second_one():
    drums = at_least_usual(row(), phrases(0.0), "snare", 1.0, dry=True)
    assert (drums["short_room_db"], drums["long_room_db"]) == (USUAL["snare"].room_db, SEND_OFF_DB)
    keys = at_least_usual(row(), phrases(0.0, 2), "keys", 1.0, dry=True)
    assert (keys["short_room_db"], keys["long_room_db"]) == (SEND_OFF_DB, USUAL["keys"].room_db)
    wetter = row(short_room_db=-10.0)
    assert at_least_usual(wetter, phrases(0.0, 2), "keys", 1.0, dry=True)["long_room_db"] == (
        SEND_OFF_DB
    )
    assert at_least_usual(row(), phrases(0.0), "snare", 1.0, dry=False)["short_room_db"] == (
        SEND_OFF_DB
    )


def test_a_raw_voice_has_no_rumble_and_a_finished_one_stays():
    raw, finished = phrases(0.0), phrases(0.0, 2)
    done = at_least_usual(row(), raw, "lead_vocal", 1.0, dry=True)
    assert done["high_pass_hz"] == pytest.approx(80.0)
    higher = row(high_pass_hz=140.0)
    assert at_least_usual(higher, raw, "lead_vocal", 1.0, dry=True)["high_pass_hz"] == 140.0
    for levels, is_dry in ((raw, False), (finished, True)):
        done = at_least_usual(row(), levels, "lead_vocal", 1.0, dry=is_dry)
        assert done["high_pass_hz"] == 20.0


def test_an_uneven_voice_is_ridden_and_an_even_one_is_not():
    uneven, even = phrases(8.0), phrases(0.0)
    assert at_least_usual(row(), even, "lead_vocal", 1.0, dry=False)["ride"] == 0.0
    ridden = at_least_usual(row(), uneven, "lead_vocal", 1.0, dry=False)
    ride = ridden["ride"]
    assert 0.3 < ride <= 0.5
    assert at_least_usual(row(), uneven, "electric_guitar", 1.0, dry=False)["ride"] == 0.0
    gains_db = frame_gains_db(uneven.frame_db, 0.0, ride)
    assert gains_db is not None
    assert unevenness_db(uneven.frame_db + gains_db) < 0.8 * unevenness_db(uneven.frame_db)
    # The fader makes up for what the loud phrases lose.
    faded_db = uneven.frame_db + gains_db + ridden["gain_db"]
    before, after = (
        gated_power(10.0 ** (db / 10.0)) for db in (uneven.frame_db + row()["gain_db"], faded_db)
    )
    assert 10.0 * np.log10(after / before) == pytest.approx(0.0, abs=0.01)


def test_a_hand_takes_half_of_what_moves_at_most():
    assert at_least_usual(row(), phrases(25.0), "lead_vocal", 1.0, dry=False)["ride"] == 0.5


def test_a_recorded_side_is_raised_by_4_db_at_most():
    noise = np.random.default_rng(3).standard_normal((2, 4 * RATE)).astype(np.float32) * 0.1
    side = 10.0 ** (-23.0 / 20.0) * noise[1]
    heard = listen_to(np.stack([noise[0] + side, noise[0] - side]).astype(np.float32), RATE)
    assert at_least_usual(row(), heard, "other_stem", 1.0, dry=True)["width"] == 1.6


def test_silence_is_even():
    assert unevenness_db(np.zeros(0, np.float32)) == 0.0
    assert unevenness_db(np.full(100, -120.0, np.float32)) == 0.0


def test_finished_mixes_and_stems_stay_as_they_are():
    assert at_least_usual(row(), phrases(8.0), "lead_vocal", 0.0, dry=True) == row()
    assert at_least_usual(row(), phrases(8.0), "vocal_stem", 1.0, dry=False) == row()
    assert at_least_usual(row(), phrases(8.0), "bass_stem", 1.0, dry=True) == row()


@pytest.mark.parametrize("recorded_db", [None, -12.0, -8.0])
@pytest.mark.parametrize("stem", ["drums", "other", "vocals"])
def test_a_dry_stem_is_made_as_wide_as_in_finished_mixes_and_no_louder(stem, recorded_db):
    noise = np.random.default_rng(3).standard_normal((2, 4 * RATE)).astype(np.float32) * 0.1
    mid, side = noise[0], noise[1] * (0.0 if recorded_db is None else 10.0 ** (recorded_db / 20.0))
    heard = listen_to(np.stack([mid + side, mid - side]).astype(np.float32), RATE)
    before = row(width=1.0)
    wide = at_least_usual(before, heard, FINISHED_STEM[stem], 1.0, dry=True)
    recorded = 0.0 if recorded_db is None else 10.0 ** (recorded_db / 10.0)
    sides = [
        each["width"] ** 2 * recorded + 10.0 ** (each["widen_db"] / 10.0) for each in (before, wide)
    ]
    wanted = 10.0 ** (GROUP_WIDTH_DB[stem] / 10.0)
    assert sides[1] == pytest.approx(max(wanted, sides[0]), rel=0.03)
    energies = [
        10.0 ** (each["gain_db"] / 10.0) * (1.0 + side)
        for each, side in zip((before, wide), sides, strict=True)
    ]
    assert energies[1] == pytest.approx(energies[0], rel=0.02)


def test_a_dry_stem_of_one_voice_is_held_as_a_lead_is_and_one_that_is_not_dry_is_not():
    noise = np.random.default_rng(3).standard_normal((48, RATE // 4)) * np.hanning(RATE // 4)
    noise[::3] *= 10.0 ** (7.0 / 20.0)
    voice = listen_to((0.02 * noise).reshape(1, -1).astype(np.float32), RATE)
    for role in ("vocal_stem", "lead_vocal"):
        assert at_least_usual(row(), voice, role, 1.0, dry=True)["ratio"] == 3.0
        assert at_least_usual(row(), voice, role, 1.0, dry=False)["ratio"] == 1.0
