"""Balance and loudness normalisation: one gain a channel, one gain a stem."""

import numpy as np
import pytest

from mixer.fxnorm.balance import match_balance
from mixer.fxnorm.loudness import match_loudness
from mixer.meters.balance import measure_balance_db
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from tests.fxnorm.material import RATE, energy_db, wide


@pytest.mark.parametrize("lean_db", [-12.0, -1.0, 0.0, 5.0])
def test_energy_ends_in_the_centre_and_is_kept(rng: np.random.Generator, lean_db: float) -> None:
    audio = wide(rng, lean_db=lean_db)
    centred, done = match_balance(audio)
    assert done["offset_db"] == pytest.approx(lean_db, abs=0.2)
    assert measure_balance_db(centred) == pytest.approx(0.0, abs=1e-4)
    before, after = np.sum(audio.astype(float) ** 2), np.sum(centred.astype(float) ** 2)
    assert after == pytest.approx(before, rel=1e-5)


def test_width_is_left_alone(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=5.0)
    centred, _ = match_balance(audio)
    assert np.corrcoef(centred)[0, 1] == pytest.approx(np.corrcoef(audio)[0, 1], abs=1e-5)


@pytest.mark.parametrize("amount", [0.0, 0.25, 0.5, 1.0])
def test_amount_is_the_share_of_the_offset_taken_away(
    rng: np.random.Generator, amount: float
) -> None:
    audio = wide(rng, lean_db=6.0)
    offset_db = measure_balance_db(audio)
    assert offset_db is not None
    moved, _ = match_balance(audio, amount)
    assert measure_balance_db(moved) == pytest.approx((1.0 - amount) * offset_db, abs=1e-4)


def test_a_mono_recording_on_one_side_is_spread(rng: np.random.Generator) -> None:
    audio = wide(rng)
    audio[1] = 0.0
    assert measure_balance_db(audio) == -np.inf
    spread, done = match_balance(audio)
    assert done["one_sided"]
    np.testing.assert_allclose(spread, np.tile(audio[:1] * np.sqrt(0.5), (2, 1)), rtol=1e-6)


def test_silence_has_no_balance() -> None:
    silence = np.zeros((2, 100), dtype=np.float32)
    assert measure_balance_db(silence) is None
    out, done = match_balance(silence)
    np.testing.assert_array_equal(out, silence)
    assert done == {"offset_db": None}


def test_loudness_reaches_its_target(rng: np.random.Generator) -> None:
    out, done = match_loudness(wide(rng), RATE, -31.0)
    padded_lufs = integrated_loudness_lufs(out, RATE, COOKBOOK_FILTER, 65_536)
    assert padded_lufs == pytest.approx(-31.0, abs=1e-3)
    assert not done["held_by_peak"]


def test_a_peaky_stem_lands_below_its_target_at_full_scale(rng: np.random.Generator) -> None:
    audio = wide(rng) * np.float32(0.01)
    audio[0, RATE] = 0.9
    out, done = match_loudness(audio, RATE, -10.0)
    assert np.abs(out).max() == pytest.approx(1.0, abs=1e-6)
    assert np.abs(out).max() <= 1.0
    assert done["held_by_peak"]
    assert done["gain_db"] == pytest.approx(20.0 * np.log10(1.0 / 0.9), abs=1e-4)
    assert energy_db(out)[1] < energy_db(audio)[1] + 1.0


def test_half_the_amount_is_half_the_decibels(rng: np.random.Generator) -> None:
    audio = wide(rng)
    _, whole = match_loudness(audio, RATE, -40.0)
    _, half = match_loudness(audio, RATE, -40.0, amount=0.5)
    assert half["gain_db"] == pytest.approx(0.5 * whole["gain_db"], abs=1e-6)


def test_audio_without_loudness_is_left_alone() -> None:
    quiet = np.full((2, RATE), 1e-7, dtype=np.float32)
    out, done = match_loudness(quiet, RATE, -30.0)
    np.testing.assert_array_equal(out, quiet)
    assert done["gain_db"] is None
