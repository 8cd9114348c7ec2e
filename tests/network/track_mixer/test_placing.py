"""Sides are given by sound, never by order, and the mix does not lean."""

from dataclasses import replace

import numpy as np
import pytest

from mixer.network.track_mixer.placing import (
    SILENT_DB,
    Placed,
    balancing_pan,
    lean_db,
    place,
)


def band(rng: np.random.Generator) -> list[Placed]:
    roles = ["kick", "snare", "bass", "lead_vocal", "hihat", *["electric_guitar"] * 3, "keys",
             "organ", "backing_vocals", "backing_vocals", "toms", "toms", "toms"]  # fmt: skip
    return [
        Placed(role, float(rng.uniform(0.2, 1.0)), float(rng.uniform(-30, -15)),
               float(rng.uniform(100, 8_000)), is_mono=True)
        for role in roles
    ]  # fmt: skip


@pytest.mark.parametrize("right_share", [0.35, 0.5, 0.6])
def test_the_balancing_pan_gives_both_channels_one_energy(right_share: float):
    pan = balancing_pan(1.0 - right_share, right_share)
    assert lean_db([pan], [1.0], [right_share]) == pytest.approx(0.0, abs=1e-9)


def test_the_balancing_pan_goes_half_way_out_at_most():
    assert balancing_pan(0.01, 0.99) == -0.5
    assert balancing_pan(0.99, 0.01) == 0.5
    assert balancing_pan(0.0, 1.0) == 0.0  # one side alone cannot be balanced


def test_order_does_not_matter():
    rng = np.random.default_rng(2)
    tracks = band(rng)
    pans = place(tracks)
    order = rng.permutation(len(tracks))
    shuffled = place([tracks[i] for i in order])
    np.testing.assert_allclose(shuffled, [pans[i] for i in order], atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_what_carries_the_song_stays_in_the_middle_and_nothing_leans(seed: int):
    tracks = band(np.random.default_rng(seed))
    pans = place(tracks)
    assert pans[:4] == [0.0] * 4
    power = [10.0 ** (track.level_db / 10.0) for track in tracks]
    assert abs(lean_db(pans, power)) <= 0.91


def test_a_side_stick_stands_in_the_middle_as_the_snare_does():
    assert place([Placed("rim", 0.35, -20.0, 2_000.0, is_mono=True)]) == [0.0]


@pytest.mark.parametrize(("role", "apart"), [("hihat", 0.35), ("percussion", 0.175)])
def test_programmed_drums_are_in_the_middle_and_recorded_ones_beside_it(role: str, apart: float):
    track = Placed(role, 0.35, -30.0, 7_000.0, is_mono=True)
    kick = Placed("kick", 0.0, -20.0, 80.0, is_mono=True)
    room = Placed("room", 0.8, -30.0, 1_000.0, is_mono=False)
    assert place([track, kick])[0] == 0.0
    assert abs(place([track, kick, room])[0]) == pytest.approx(apart)
    silent = replace(room, level_db=SILENT_DB)
    assert place([track, kick, silent])[0] == 0.0
    # Beside a guitar there is no kit that could be programmed.
    guitar = Placed("acoustic_guitar", 0.5, -20.0, 800.0, is_mono=False)
    assert abs(place([track, guitar])[0]) == pytest.approx(apart)
    # A name says more.
    assert place([replace(track, side="left"), kick])[0] < -0.3


def test_the_only_mono_track_of_a_role_stands_nearer_as_nothing_answers_it():
    organ = Placed("organ", 0.8, -30.0, 900.0, is_mono=True)
    voice = Placed("lead_vocal", 0.0, -15.0, 900.0, is_mono=True)
    stereo, silent = replace(organ, is_mono=False), replace(organ, level_db=SILENT_DB)
    for others in ([], [stereo], [silent], [replace(organ, role="keys")]):
        assert abs(place([organ, voice, *others])[0]) == pytest.approx(0.4)
    assert [abs(pan) for pan in place([organ, organ, voice])] == pytest.approx([0.8, 0.8, 0.0])
    assert place([replace(organ, side="right"), voice])[0] == pytest.approx(0.8)


def test_two_equal_tracks_go_apart():
    double = Placed("electric_guitar", 0.9, -20.0, 1_000.0, is_mono=True)
    assert sorted(place([double, double])) == pytest.approx([-0.9, 0.9])


def test_the_first_hihat_goes_right_and_the_first_of_others_left():
    """As the audience sees a kit; lone keys are nearer to the middle, as nothing answers them."""
    hat, keys = (Placed(role, 0.4, -30.0, 7_000.0, is_mono=True) for role in ("hihat", "keys"))
    vocal = Placed("lead_vocal", 0.0, -18.0, 1_000.0, is_mono=True)
    assert place([vocal, hat])[1] == pytest.approx(0.4)
    assert place([vocal, keys])[1] == pytest.approx(-0.2)


def test_open_and_closed_hihats_are_one_instrument_in_one_place():
    hats = [
        Placed("hihat", spread, db, hz, is_mono=True)
        for spread, db, hz in ((0.32, -32.0, 8_000.0), (0.4, -33.0, 7_000.0), (0.3, -36.0, 9_000.0))
    ]
    for guitar_pan in (-1.0, 1.0):
        side = "left" if guitar_pan < 0.0 else "right"
        guitar = Placed("electric_guitar", 0.5, -20.0, 900.0, is_mono=True, side=side)
        pans = place([*hats, guitar])[:3]
        assert pans[0] == pans[1] == pans[2]
        assert guitar_pan * pans[0] < -0.2
    # A named side stays where it is named.
    left = Placed("hihat", 0.3, -32.0, 8_000.0, is_mono=True, side="left")
    assert place([left, hats[0]])[0] < 0.0


def test_many_of_a_role_stand_at_different_distances_doubles_at_the_same_and_none_leans():
    guitars = [
        Placed("electric_guitar", 0.6, db, hz, is_mono=True)
        for db, hz in ((-20.0, 900.0), (-20.2, 905.0), (-22.0, 1_500.0), (-22.1, 1_510.0))
    ]
    pans = place(guitars)
    distances = [abs(pan) for pan in pans]
    assert distances[0] == pytest.approx(distances[1], abs=0.02)
    assert distances[2] == pytest.approx(distances[3], abs=0.02)
    assert distances[2] > distances[0] + 0.3
    assert pans[0] * pans[1] < 0.0
    assert pans[2] * pans[3] < 0.0
    # As wide together as all of them at the usual distance, within a quarter.
    sides = [np.mean(np.square(np.sin(np.asarray(each) * np.pi / 4))) for each in (pans, 0.6)]
    assert sides[0] == pytest.approx(sides[1], rel=0.25)


@pytest.mark.parametrize("solo_hz", [400.0, 2_500.0])
def test_the_pair_of_three_guitars_goes_apart_however_loud_the_third_is(solo_hz: float):
    guitars = [
        Placed("electric_guitar", 0.6, db, hz, is_mono=True)
        for db, hz in ((-7.7, 900.0), (-6.7, 950.0), (-5.0, solo_hz))
    ]
    voice = Placed("lead_vocal", 0.0, 3.0, 1_000.0, is_mono=True)
    one, double, solo, _ = place([*guitars, voice])
    assert one * double < 0.0
    assert min(abs(one), abs(double)) > 0.6
    assert abs(solo) < 0.4


def test_doubles_play_the_same_part_whatever_they_sound_like():
    parts = np.random.default_rng(5).uniform(-40.0, 0.0, (2, 400)).astype(np.float32)
    played = ((0, 900.0), (1, 1_000.0), (0, 1_400.0))
    guitars = [
        Placed("electric_guitar", 0.6, -20.0, hz, is_mono=True, moves_db=parts[part])
        for part, hz in played
    ]
    one, solo, double = place(guitars)
    assert one * double < 0.0
    assert abs(solo) < min(abs(one), abs(double))


def test_an_odd_number_of_a_role_is_as_wide_together_as_each_would_be():
    hz = (300.0, 800.0, 820.0, 2_000.0, 2_050.0)
    guitars = [Placed("electric_guitar", 0.6, -20.0, each, is_mono=True) for each in hz]
    pans = place([*guitars, Placed("lead_vocal", 0.0, -5.0, 1_000.0, is_mono=True)])[:-1]
    assert np.abs(pans).mean() == pytest.approx(0.6, abs=0.02)
    assert abs(pans[0]) < abs(pans[1]) < abs(pans[3])
    assert pans[1] == pytest.approx(-pans[2], abs=0.02)
    assert pans[3] == pytest.approx(-pans[4], abs=0.02)


def test_a_silent_guitar_moves_nobody():
    guitars = [Placed("electric_guitar", 0.6, -20.0, hz, is_mono=True) for hz in (800.0, 900.0)]
    silent = Placed("electric_guitar", 0.6, SILENT_DB, 0.0, is_mono=True)
    assert place([*guitars, silent])[:2] == place(guitars)


def test_named_sides_are_kept():
    left = Placed("overheads", 1.0, -25.0, 5_000.0, is_mono=True, side="left")
    right = Placed("overheads", 1.0, -25.0, 5_000.0, is_mono=True, side="right")
    assert place([right, left]) == [1.0, -1.0]


def test_toms_go_from_right_to_left_as_they_get_lower():
    toms = [Placed("toms", 0.5, -25.0, hz, is_mono=True) for hz in (90.0, 220.0, 140.0)]
    low, high, middle = place(toms)
    assert low < middle < high


def test_a_stereo_recording_keeps_its_image():
    assert place([Placed("keys", 0.8, -20.0, 900.0, is_mono=False)]) == [0.0]


def test_two_backing_voices_go_apart_whatever_else_leans_the_mix():
    guitar = Placed("electric_guitar", 0.6, -18.0, 1_000.0, is_mono=True)
    voices = [Placed("backing_vocals", 0.6, db, 1_500.0, is_mono=True) for db in (-27.0, -29.0)]
    pans = place([guitar, *voices])
    assert pans[1] * pans[2] < 0.0


def test_a_lone_microphone_of_a_kit_and_a_lone_backing_voice_stay_in_the_middle():
    roles = ("room", "overheads", "backing_vocals")
    alone = [Placed(role, 0.7, -22.0, 900.0, is_mono=True) for role in roles]
    guitars = [Placed("electric_guitar", 0.6, -20.0, hz, is_mono=True) for hz in (800.0, 900.0)]
    silent = Placed("room", 0.8, SILENT_DB, 0.0, is_mono=True)
    assert place([*alone, *guitars, silent])[:3] == [0.0, 0.0, 0.0]
    second = Placed("backing_vocals", 0.7, -23.0, 1_000.0, is_mono=True)
    pans = place([*alone, *guitars, second])
    assert pans[2] * pans[-1] < -0.1
    assert pans[0] == pans[1] == 0.0


def test_a_mono_stem_stays_in_the_middle():
    other = Placed("other_stem", 0.5, -20.0, 1_000.0, is_mono=True)
    drums = Placed("drum_stem", 0.3, -22.0, 3_000.0, is_mono=True)
    assert place([other, drums]) == [0.0, 0.0]


def test_a_stereo_recording_that_leans_is_answered_and_nothing_leans_by_energy():
    choir = Placed("choir", 0.5, -22.0, 900.0, is_mono=False, right_share=0.9)
    guitar = Placed("electric_guitar", 0.6, -22.0, 900.0, is_mono=True)
    assert place([choir, guitar])[1] < 0.0
    # A bass guitar and a shaker of one loudness: nearly all of the energy is the first one's.
    low = Placed("keys", 0.6, -20.0, 90.0, is_mono=True, above_level_db=8.0)
    high = Placed("percussion", 0.6, -20.0, 9_000.0, is_mono=True, above_level_db=-4.0)
    pans = place([low, high])
    assert abs(lean_db(pans, [10.0**0.8, 10.0**-0.4])) <= 0.61
    assert pans[0] * pans[1] <= 0.0


def test_stereo_recordings_that_all_lean_are_balanced_until_the_mix_does_not():
    guitars = [
        Placed("electric_guitar", 0.6, -20.0, 900.0, is_mono=False, right_share=0.28),
        Placed("acoustic_guitar", 0.5, -25.0, 900.0, is_mono=False, right_share=0.39),
    ]
    power, shares = [10.0**-2.0, 10.0**-2.5], [0.28, 0.39]
    assert lean_db([0.0, 0.0], power, shares) < -3.0
    pans = place(guitars)
    assert all(0.0 < pan < 0.5 for pan in pans)
    assert abs(lean_db(pans, power, shares)) <= 0.61
    # In a finished mix they lean as they are meant to.
    assert place(guitars, 0.0) == [0.0, 0.0]
    # Where others answer them already, they keep their image.
    mirrored = Placed("electric_guitar", 0.6, -19.6, 900.0, is_mono=False, right_share=0.72)
    assert place([*guitars, mirrored]) == [0.0, 0.0, 0.0]
