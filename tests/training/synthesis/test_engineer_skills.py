"""Each skill of the engineer on signals whose answer is known."""

import numpy as np
import pytest
import scipy.signal

from mixer.console.settings import Compressor
from mixer.meters.loudness import integrated_loudness_lufs
from tests.signals import noise, sine
from tests.training.synthesis.test_engineer_band import RATE_HZ
from training.synthesis.engineer_automation import (
    duck_ride_db,
    frame_times_s,
    ride_gain,
    section_ride_db,
    voice_ride_db,
)
from training.synthesis.engineer_dynamics import (
    at_samples,
    choose_compressor,
    envelope,
    loud_db,
    reduction_gain,
)
from training.synthesis.engineer_equalization import (
    clean_up,
    deviation_from_profile_db,
    equalised,
    make_room,
    tone_bands,
)
from training.synthesis.engineer_filters import equalise, response_db
from training.synthesis.engineer_hearing import BANDS_HZ, Heard, hear
from training.synthesis.engineer_levels import (
    AUDIBILITY_SHARE,
    USUAL_AUDIBILITY_DB,
    hierarchy_db,
    stem_levels_lu,
)
from training.synthesis.engineer_panning import place_tracks
from training.synthesis.engineer_roles import ROLES, role_of
from training.synthesis.engineer_space import (
    build_space,
    echo,
    narrow_low_end,
    reverberate,
    side_for,
)
from training.synthesis.engineer_style import Style, draw_style
from training.synthesis.tracks import ROLES as COMPOSED_ROLES

NO_LEANING = dict.fromkeys(("vocals", "bass", "drums", "other"), 0.0)


def band_noise(
    rng: np.random.Generator, low_hz: float, high_hz: float, duration_s: float = 4.0
) -> np.ndarray:
    sections = scipy.signal.butter(4, (low_hz, high_hz), "band", fs=RATE_HZ, output="sos")
    mono = scipy.signal.sosfilt(sections, noise(rng, duration_s, RATE_HZ)[:1])
    return np.asarray(0.1 * mono / mono.std(), dtype=np.float32)


@pytest.fixture(scope="module")
def style() -> Style:
    return draw_style("rock", 120.0, np.random.default_rng(0))


def test_every_role_of_the_composer_is_known() -> None:
    assert set(ROLES) == set(COMPOSED_ROLES)


def test_hearing_agrees_with_the_loudness_meter(rng: np.random.Generator) -> None:
    gaps = np.repeat([1.0, 0.05, 0.0, 0.5], RATE_HZ)
    for mono in (noise(rng, 4.0, RATE_HZ)[:1], band_noise(rng, 80.0, 1_000.0) * gaps):
        stereo = np.repeat(mono, 2, axis=0)
        expected = integrated_loudness_lufs(stereo.astype(np.float32), RATE_HZ)
        assert hear(mono, RATE_HZ).loudness_lufs() == pytest.approx(expected, abs=0.25)
        assert hear(stereo, RATE_HZ).loudness_lufs() == pytest.approx(expected, abs=0.25)
    assert hear(np.zeros((1, 100), np.float32), RATE_HZ).is_silent


def test_a_sine_is_heard_in_its_band_with_its_power() -> None:
    heard = hear(sine(1_000.0, 2.0, RATE_HZ), RATE_HZ)
    power = heard.power[:, 5:-5].mean(axis=-1)
    assert BANDS_HZ[np.argmax(power)] == pytest.approx(1_000.0)
    assert power.sum() == pytest.approx(2 * 0.5**2 / 2, rel=0.01)
    assert heard.crest_factor_db() == pytest.approx(10 * np.log10(2.0), abs=0.3)
    assert heard.centroid_hz() == pytest.approx(1_000.0, rel=0.02)


def test_faders_make_loudness_equal_but_for_the_hierarchy(rng: np.random.Generator) -> None:
    recordings = [
        np.float32(gain) * band_noise(rng, 100.0, 5_000.0) for gain in (1.0, 0.1, 0.3, 0.02)
    ]
    heard = [hear(audio, RATE_HZ) for audio in recordings]
    roles = ["lead_vocal", "vocal_double", "backing_vocals", "backing_vocals"]
    faders = hierarchy_db(heard, roles, rng, deviation_db=0.0)
    levels = [h.loudness_lufs() + f for h, f in zip(heard, faders, strict=True)]
    assert levels[0] - levels[1] == pytest.approx(-ROLES["vocal_double"].level_lu, abs=0.05)
    # two backing voices share their level
    assert levels[0] - levels[2] == pytest.approx(8.0 + 10 * np.log10(2.0), abs=0.05)
    assert levels[2] == pytest.approx(levels[3], abs=0.05)


def test_a_stem_that_is_masked_goes_up(rng: np.random.Generator) -> None:
    voice, covering = (hear(band_noise(rng, 300.0, 3_000.0), RATE_HZ) for _ in range(2))
    apart = hear(band_noise(rng, 5_000.0, 12_000.0), RATE_HZ)
    free, _ = stem_levels_lu({"vocals": voice, "other": apart}, NO_LEANING)
    # both stand out more than is usual, the voice by less
    usual_gap = USUAL_AUDIBILITY_DB["vocals"] - USUAL_AUDIBILITY_DB["other"]
    expected = 0.5 + AUDIBILITY_SHARE * usual_gap
    assert free["vocals"] - free["other"] == pytest.approx(expected, abs=0.1)
    gaps = []
    for other, drums in ((covering, covering), (apart, apart)):
        stems = {"vocals": voice, "other": other, "drums": drums}
        levels, unmasking = stem_levels_lu(stems, NO_LEANING)
        assert max(abs(lift) for lift in unmasking.values()) <= 2.0
        gaps.append(levels["vocals"] - levels["other"])
    assert gaps[0] > gaps[1] + 1.0


def test_pan_alternates_between_what_overlaps(rng: np.random.Generator) -> None:
    low, high = (hear(band_noise(rng, *edges), RATE_HZ) for edges in ((500, 900), (4e3, 7e3)))
    deep = hear(band_noise(rng, 50.0, 110.0), RATE_HZ)
    heard = [low, low, high, high, deep]
    roles = ["electric_guitar", "electric_guitar", "keys", "keys", "keys"]
    pans = place_tracks(heard, roles, [False] * 5, [0.0] * 5, 1.0, rng)
    assert pans[0] * pans[1] < 0.0
    assert pans[2] * pans[3] < 0.0
    assert pans[4] == 0.0
    assert place_tracks(heard, roles, [True] * 5, [0.0] * 5, 1.0, rng) == [0.0] * 5


def test_tone_leads_towards_the_profile(rng: np.random.Generator) -> None:
    falling = scipy.signal.lfilter([0.3], [1.0, -0.9], noise(rng, 4.0, RATE_HZ))
    too_bright = hear(falling.astype(np.float32), RATE_HZ)
    bands = tone_bands("other", too_bright, 0.0, 0.9, rng)
    assert max(abs(float(np.asarray(band.gain_db))) for band in bands) <= 12.0
    equaliser = clean_up(too_bright, "keys", rng)
    before, heard = deviation_from_profile_db("other", equalised(too_bright, equaliser))
    after, _ = deviation_from_profile_db("other", equalised(too_bright, equaliser.plus(*bands)))
    # what neither the limit nor the unsteady hand leaves
    assert np.square(after[heard]).mean() < 0.5 * np.square(before[heard]).mean()
    low, high = (np.argmin(np.abs(BANDS_HZ - hz)) for hz in (200.0, 8_000.0))
    assert after[high] - after[low] < before[high] - before[low] - 3.0


def test_a_high_pass_stays_below_what_is_played(rng: np.random.Generator) -> None:
    corner_hz = {
        hz: clean_up(hear(band_noise(rng, hz, 2_000.0), RATE_HZ), "electric_guitar", rng)
        for hz in (50.0, 400.0)
    }
    assert float(np.asarray(corner_hz[50.0].high_pass.frequency_hz)) < 80.0
    assert float(np.asarray(corner_hz[400.0].high_pass.frequency_hz)) > 80.0


def test_the_rehearsal_predicts_what_the_filters_do(rng: np.random.Generator) -> None:
    recording = noise(rng, 4.0, RATE_HZ)[:1]
    heard = hear(recording, RATE_HZ)
    equaliser = clean_up(heard, "arp", rng).plus(*tone_bands("other", heard, 0.0, 0.6, rng))
    filtered = hear(equalise(recording, RATE_HZ, equaliser), RATE_HZ)
    predicted = equalised(heard, equaliser)
    above = response_db(equaliser, RATE_HZ) > -12.0
    error_db = 10.0 * np.log10(filtered.mean_power() / predicted.mean_power())
    assert np.abs(error_db[above]).max() < 0.6
    assert filtered.loudness_lufs() == pytest.approx(predicted.loudness_lufs(), abs=0.2)


def test_room_is_made_where_the_voice_is_covered(rng: np.random.Generator) -> None:
    voice, guitar = (hear(band_noise(rng, 800, 3_000), RATE_HZ) for _ in range(2))
    roles = ["lead_vocal", "electric_guitar"]
    heard = [voice, guitar]
    (own, cut) = make_room(heard, roles, [0.0, 0.0], [0.0, 0.0], 4.0)
    assert own == ()
    assert 800.0 <= float(np.asarray(cut[0].frequency_hz)) <= 3_200.0
    together_db = float(np.asarray(cut[0].gain_db))
    assert -4.0 <= together_db < -2.0
    (apart,) = make_room(heard, roles, [0.0, 0.0], [0.0, 0.8], 4.0)[1]
    assert float(np.asarray(apart.gain_db)) == pytest.approx(0.5 * together_db)
    assert make_room(heard, roles, [0.0, -15.0], [0.0, 0.0], 4.0)[1] == ()
    assert (
        make_room([voice, hear(band_noise(rng, 80, 200), RATE_HZ)], roles, [0, 0], [0, 0], 4.0)[1]
        == ()
    )


def test_compression_keeps_the_image_and_meets_its_curve() -> None:
    loud = np.concatenate([0.05 * np.ones(RATE_HZ), 0.5 * np.ones(RATE_HZ)])
    audio = (loud * np.stack([sine(1_000.0, 2.0, RATE_HZ)[0] * 2.0] * 2)).astype(np.float32)
    audio[1] *= 0.25
    compressor = Compressor(threshold_db=-18.0, ratio=3.0, attack_ms=5.0, release_ms=100.0)
    gain = reduction_gain(envelope(audio), RATE_HZ, compressor)
    out = audio * at_samples(gain, audio.shape[-1])
    assert np.allclose(out[1], 0.25 * out[0], atol=1e-7)
    assert np.abs(out[0, RATE_HZ - 4_410 : RATE_HZ]).max() == pytest.approx(0.05, rel=0.01)
    above_db = 20.0 * np.log10(0.5) + 18.0
    expected = 0.5 * 10.0 ** (-above_db * (1.0 - 1.0 / 3.0) / 20.0)
    assert np.abs(out[0, -4_410:]).max() == pytest.approx(expected, rel=0.03)


def test_uneven_tracks_are_compressed_more(rng: np.random.Generator) -> None:
    steady = band_noise(rng, 200.0, 3_000.0, 8.0)
    steps = 10.0 ** (rng.uniform(-14.0, 0.0, 32) / 20.0)
    uneven = steady * np.repeat(steps, RATE_HZ // 4).astype(np.float32)
    found = []
    for audio in (steady, uneven):
        heard, level = hear(audio, RATE_HZ), envelope(audio)
        setting = choose_compressor(
            heard, loud_db(level), role_of("lead_vocal"), 1.0, np.random.default_rng(1)
        )
        assert setting is not None
        gain_db = 20.0 * np.log10(reduction_gain(level, RATE_HZ, setting))
        found.append(-float(np.percentile(gain_db, 5.0)))
    assert found[1] > found[0] + 1.5


def test_percussive_tracks_get_faster_times(rng: np.random.Generator) -> None:
    """Giannoulis 2013: attack and release fall with the square of the crest factor."""
    hits = np.exp(-40.0 * (np.arange(4 * RATE_HZ) / RATE_HZ % 0.5)).astype(np.float32)
    settings = [
        choose_compressor(hear(audio, RATE_HZ), -12.0, role_of("snare"), 1.5, rng)
        for audio in (band_noise(rng, 200, 4_000), band_noise(rng, 200, 4_000) * hits)
    ]
    steady, percussive = (s or Compressor() for s in settings)
    assert float(np.asarray(percussive.attack_ms)) < float(np.asarray(steady.attack_ms))
    assert float(np.asarray(percussive.release_ms)) < float(np.asarray(steady.release_ms))


def test_returns_have_the_energy_of_their_send(style: Style, rng: np.random.Generator) -> None:
    space = build_space(style, 90.0, RATE_HZ, rng)
    send = band_noise(rng, 200.0, 4_000.0, 3.0)[0]
    send[2 * RATE_HZ :] = 0.0
    for wet in (reverberate(send, space.rooms["long"]), echo(send, RATE_HZ, space)):
        assert wet.shape == (2, send.size)
        assert np.vdot(wet, wet) == pytest.approx(2.0 * np.dot(send, send), rel=1e-3)
    tail = reverberate(send, space.rooms["long"])[:, 2 * RATE_HZ + 2_000 :]
    assert np.abs(tail).max() > 1e-3
    assert abs(np.corrcoef(tail)[0, 1]) < 0.3


def test_the_echo_lies_on_the_beat(style: Style, rng: np.random.Generator) -> None:
    space = build_space(style, 90.0, RATE_HZ, rng)
    impulse = np.zeros(4 * RATE_HZ, dtype=np.float32)
    impulse[1_000] = 1.0
    wet = np.abs(echo(impulse, RATE_HZ, space)).max(axis=0)
    beats = space.about["echo_beats"]
    first = 1_000 + round(beats * 60.0 / 90.0 * RATE_HZ)
    assert np.abs(wet[: first - 1]).max() == 0.0
    assert first <= int(np.argmax(wet)) <= first + 20


def test_width_vanishes_in_mono(rng: np.random.Generator) -> None:
    middle = band_noise(rng, 100.0, 8_000.0)[0]
    side = side_for(middle, RATE_HZ, -9.0, rng)
    left, right = middle + side, middle - side
    assert np.allclose(left + right, 2.0 * middle, atol=1e-6)
    assert 10.0 * np.log10(np.dot(side, side) / np.dot(middle, middle)) == pytest.approx(
        -9.0, abs=1.0
    )
    assert abs(np.dot(left, left) / np.dot(right, right) - 1.0) < 0.2
    deep = side_for(band_noise(rng, 40.0, 90.0)[0], RATE_HZ, -9.0, rng)
    assert np.abs(deep).max() < 0.01


def test_the_low_end_becomes_mono_and_the_sum_stays(rng: np.random.Generator) -> None:
    stereo = noise(rng, 2.0, RATE_HZ)
    narrow = narrow_low_end(stereo.copy(), RATE_HZ, 150.0)
    assert np.allclose(narrow.sum(axis=0), stereo.sum(axis=0), atol=1e-6)
    low = scipy.signal.butter(8, 70.0, fs=RATE_HZ, output="sos")
    assert np.corrcoef(scipy.signal.sosfilt(low, narrow))[0, 1] > 0.9
    high = scipy.signal.butter(8, 600.0, "highpass", fs=RATE_HZ, output="sos")
    assert abs(np.corrcoef(scipy.signal.sosfilt(high, narrow))[0, 1]) < 0.05


def test_a_voice_is_levelled_and_makes_room(rng: np.random.Generator) -> None:
    steps_db = np.repeat([0.0, -10.0, 0.0, -200.0], 4 * RATE_HZ)
    voice = band_noise(rng, 200.0, 4_000.0, 16.0) * 10.0 ** (steps_db / 20.0)
    heard = hear(voice.astype(np.float32), RATE_HZ)
    times_s, ride_db = frame_times_s(heard), voice_ride_db(heard, 0.4)
    loud, quiet, pause = (ride_db[np.argmin(np.abs(times_s - at_s))] for at_s in (2.0, 6.0, 14.0))
    assert quiet - loud == pytest.approx(3.0, abs=0.3)  # 4 dB wanted, 3 dB allowed
    assert pause == pytest.approx(loud, abs=0.3)
    duck_db = duck_ride_db(heard, 1.2)
    assert duck_db[np.argmin(np.abs(times_s - 2.0))] == pytest.approx(-1.2, abs=0.05)
    assert duck_db[np.argmin(np.abs(times_s - 14.0))] == pytest.approx(0.0, abs=0.05)


def test_choruses_are_lifted() -> None:
    times_s = np.arange(0.0, 40.0, 0.05)
    sections = (("intro", 0.0, 10.0), ("verse", 10.0, 20.0), ("chorus", 20.0, 40.0))
    ride_db = section_ride_db(sections, "other", 1.5, times_s)
    intro, verse, chorus = (ride_db[round(at_s / 0.05)] for at_s in (5.0, 15.0, 30.0))
    assert chorus - verse == pytest.approx(1.5, abs=0.01)
    assert intro - verse == pytest.approx(-0.75, abs=0.01)
    gain = ride_gain(ride_db, times_s, 40 * 1_000, 1_000)
    assert 20.0 * np.log10(gain[30_000] / gain[15_000]) == pytest.approx(1.5, abs=0.05)
    assert np.abs(np.diff(20.0 * np.log10(gain))).max() * 1_000 < 5.0  # dB a second


def test_styles_differ_by_what_engineers_differ_by() -> None:
    styles = [draw_style("pop", 100.0, np.random.default_rng(i)) for i in range(200)]
    levels = np.array([[s.level_lu[stem] for stem in NO_LEANING] for s in styles])
    assert np.all(np.abs(levels.std(axis=0) - 0.8) < 0.15)
    decays_s = [draw_style("x", tempo, np.random.default_rng(0)).decay_s for tempo in (60, 170)]
    assert decays_s[0] > 1.5 * decays_s[1]


def test_silence_has_no_bands_to_judge() -> None:
    silent = Heard(np.zeros((BANDS_HZ.size, 10)), 0.0, RATE_HZ)
    assert silent.is_silent
    assert not silent.playing().any()
