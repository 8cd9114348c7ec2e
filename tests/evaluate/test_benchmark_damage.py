"""Damage: each sign is found where it was put, at the size it was put in, and nowhere else."""

import math

import numpy as np
import pytest
import scipy.signal

from mixer.evaluate.mix_damage import measure_damage
from mixer.meters.best_filter import LEAST_RESIDUAL_DB, fit_best_filter, residual_db
from mixer.meters.clicks import find_clicks
from mixer.meters.fold_down import fold_down_loss_lu, low_correlation
from mixer.meters.gain_speed import measure_gain_speed
from mixer.meters.measures import DAMAGE
from tests.signals import band, noise

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def pink() -> np.ndarray:
    """Four seconds of noise that falls with frequency as music does, channels half alike."""
    white = noise(np.random.default_rng(5), 4.0, RATE_HZ)
    sos = scipy.signal.butter(1, [60.0, 900.0], "bandpass", fs=RATE_HZ, output="sos")
    own = scipy.signal.sosfilt(sos, white + white[::-1] * 0.4) + 0.02 * white
    return own.astype(np.float32)


@pytest.fixture(scope="module")
def dull(pink) -> np.ndarray:
    """Without the hiss that clicks hide behind."""
    sos = scipy.signal.butter(4, 800.0, fs=RATE_HZ, output="sos")
    return scipy.signal.sosfilt(sos, pink).astype(np.float32)


def equalised(audio: np.ndarray) -> np.ndarray:
    """A shelf-like slope, a balance and a narrower picture: all of it time-invariant."""
    sos = scipy.signal.butter(1, 300.0, "highpass", fs=RATE_HZ, output="sos")
    left, right = 0.5 * audio + scipy.signal.sosfilt(sos, audio)
    return np.stack([1.3 * (0.8 * left + 0.2 * right), 0.8 * right + 0.2 * left]).astype(np.float32)


def speed(wet: np.ndarray, audio: np.ndarray) -> np.ndarray:
    return measure_gain_speed(filtered(audio, wet), wet, audio, RATE_HZ)[1]


def filtered(audio: np.ndarray, wet: np.ndarray) -> np.ndarray:
    """Short filters: a quarter of the usual length costs a sixtieth of the work."""
    return fit_best_filter(audio, wet, taps=256)


def test_a_filter_leaves_nothing_over(pink) -> None:
    wet = equalised(pink)
    assert residual_db(filtered(pink, wet), wet) < -50.0


def test_a_filter_that_looks_ahead_is_one_too(pink) -> None:
    wet = np.roll(pink, -40, axis=1)
    assert residual_db(filtered(pink, wet), wet) < -30.0


def test_a_mono_stem_is_no_harder(pink) -> None:
    mono = np.repeat(pink[:1], 2, axis=0)
    wet = equalised(mono)
    assert residual_db(filtered(mono, wet), wet) < -50.0
    assert residual_db(filtered(mono, mono), mono) == LEAST_RESIDUAL_DB


def test_noise_is_the_residual_to_the_decibel(pink) -> None:
    own = noise(np.random.default_rng(6), 4.0, RATE_HZ)
    own *= 0.1 * np.sqrt(np.mean(pink**2) / np.mean(own**2))
    wet = pink + own
    assert residual_db(filtered(pink, wet), wet) == pytest.approx(-20.0, abs=0.2)


def test_tremolo_is_a_residual_of_its_sidebands(pink) -> None:
    # 1 + m sin: the sidebands hold m^2 / 2 of the carrier's energy.
    time_s = np.arange(pink.shape[1]) / RATE_HZ
    wet = (pink * (1.0 + 0.4 * np.sin(2.0 * np.pi * 5.0 * time_s))).astype(np.float32)
    expected_db = 10.0 * math.log10(0.08 / 1.08)
    assert residual_db(filtered(pink, wet), wet) == pytest.approx(expected_db, abs=0.3)


def test_silence_has_no_residual_and_no_speed(pink) -> None:
    nothing = np.zeros_like(pink)
    assert math.isnan(residual_db(filtered(pink, nothing), nothing))
    assert np.isnan(speed(nothing, nothing)).all()
    assert not filtered(nothing, pink).any()


def test_a_filter_moves_no_gain(pink) -> None:
    assert np.nanmax(speed(equalised(pink), pink)) < 5.0


@pytest.mark.parametrize("rise_db_s", [30.0, 90.0])
def test_a_gain_is_as_fast_as_it_moves(pink, rise_db_s) -> None:
    # A triangle of 9 dB: its flanks have one slope throughout.
    period_s = 18.0 / rise_db_s
    time_s = np.arange(pink.shape[1]) / RATE_HZ
    triangle = scipy.signal.sawtooth(2.0 * np.pi * time_s / period_s, 0.5)
    wet = (pink * 10.0 ** (4.5 * triangle / 20.0)).astype(np.float32)
    fastest = np.nanpercentile(speed(wet, pink), 90.0)
    assert 0.6 * rise_db_s < fastest < 1.25 * rise_db_s


def test_a_gain_in_one_band_is_found(pink) -> None:
    sos = scipy.signal.butter(4, [1_000.0, 2_000.0], "bandpass", fs=RATE_HZ, output="sos")
    inside = scipy.signal.sosfiltfilt(sos, pink)
    time_s = np.arange(pink.shape[1]) / RATE_HZ
    gate = 0.5 + 0.5 * scipy.signal.square(2.0 * np.pi * time_s / 0.7)
    wet = (pink - inside * gate).astype(np.float32)
    assert np.nanmax(speed(wet, pink)) > 150.0


def test_onsets_are_left_out() -> None:
    # Hits of 20 ms, half a second apart: near each of them a gain may jump unseen.
    rng = np.random.default_rng(8)
    n_samples = 4 * RATE_HZ
    audio = (1e-3 * rng.standard_normal((2, n_samples))).astype(np.float32)
    gain = np.ones(n_samples, dtype=np.float32)
    for hit in range(RATE_HZ // 2, n_samples - RATE_HZ // 2, RATE_HZ // 2):
        audio[:, hit : hit + 900] += 0.3 * rng.standard_normal((2, 900)).astype(np.float32)
        gain[hit : hit + 900] = 0.1
    found = speed(audio * gain, audio)
    assert not np.nanmax(found, initial=0.0) > 60.0


def test_low_end_correlation_is_that_of_the_channels() -> None:
    rng = np.random.default_rng(9)
    sos = scipy.signal.butter(4, 100.0, fs=RATE_HZ, output="sos")
    low = scipy.signal.sosfilt(sos, noise(rng, 8.0, RATE_HZ)).astype(np.float32)
    high = noise(rng, 8.0, RATE_HZ, level=1e-3)
    shared, own = low
    # Channels a + b and a - b: correlation (A - B) / (A + B) of their energies, here 1 to 1/4.
    mix = np.stack([shared + 0.5 * own, shared - 0.5 * own]) + high
    assert low_correlation(mix, RATE_HZ) == pytest.approx(0.6, abs=0.06)
    assert low_correlation(np.stack([shared, -shared]), RATE_HZ) == pytest.approx(-1.0, abs=1e-3)
    sos = scipy.signal.butter(8, 2_000.0, "highpass", fs=RATE_HZ, output="sos")
    bright = scipy.signal.sosfilt(sos, noise(rng, 8.0, RATE_HZ)).astype(np.float32)
    assert math.isnan(low_correlation(bright, RATE_HZ))
    # 30 dB below the rest it is still a low end.
    softer = bright + 10 ** (-30 / 20) * np.std(bright) / np.std(mix) * mix
    assert low_correlation(softer, RATE_HZ) == pytest.approx(0.6, abs=0.06)


def test_mono_loses_what_is_out_of_phase() -> None:
    mix = noise(np.random.default_rng(10), 2.0, RATE_HZ)
    mono = np.repeat(mix[:1], 2, axis=0)
    assert fold_down_loss_lu(mono, RATE_HZ) == pytest.approx(0.0, abs=1e-4)
    # Unrelated channels of one power: half of the energy goes.
    assert fold_down_loss_lu(mix, RATE_HZ) == pytest.approx(10.0 * math.log10(2.0), abs=0.1)
    assert fold_down_loss_lu(np.stack([mix[0], -mix[0]]), RATE_HZ) == math.inf
    assert math.isnan(fold_down_loss_lu(0.0 * mix, RATE_HZ))


def test_clicks_are_counted_where_they_are(dull) -> None:
    at_s = np.array([1.25, 2.5, 3.5])
    mix = dull.copy()
    for index in (at_s * RATE_HZ).astype(int):
        mix[:, index:] += 0.5 * np.float32(np.abs(dull).max())
    found_s = find_clicks(mix, [dull], RATE_HZ)
    np.testing.assert_allclose(found_s, at_s, atol=0.003)
    # The same in a recording is the recording's own.
    assert find_clicks(mix, [mix], RATE_HZ).size == 0


def test_mixing_makes_no_clicks(rng) -> None:
    stems = band(rng, 4.0, RATE_HZ)
    wet = [equalised(audio) for audio in stems.values()]
    assert find_clicks(sum(wet), list(stems.values()), RATE_HZ).size == 0


def test_damage_lands_in_its_segment(dull) -> None:
    half = dull.shape[1] // 2
    wet = dull.copy()
    wet[:, half + 40_000 :] += 0.5 * np.float32(np.abs(dull).max())
    segments = [(0, half), (half, dull.shape[1])]
    inputs = {"other": dull, "vocals": 1e-6 * dull}
    found = measure_damage(inputs, {"other": wet}, wet, segments, RATE_HZ, limited_share=0.01)
    assert [set(damage) for damage in found] == [{measure.name for measure in DAMAGE}] * 2
    assert found[1]["filter_residual_db"] > found[0]["filter_residual_db"] + 3.0
    assert found[0]["clicks_per_minute"] == 0.0
    assert found[1]["clicks_per_minute"] == pytest.approx(30.0)
    assert found[0]["limited_share"] == 0.01


def test_what_is_not_heard_does_no_damage(pink) -> None:
    torn = np.float32(1e-4) * pink * (np.arange(pink.shape[1]) // 5_000 % 2)
    damage = measure_damage(
        {"other": pink, "vocals": pink},
        {"other": pink, "vocals": torn.astype(np.float32)},
        pink,
        [(0, pink.shape[1])],
        RATE_HZ,
    )[0]
    assert damage["filter_residual_db"] == LEAST_RESIDUAL_DB
    assert damage["gain_speed_db_s"] < 5.0
