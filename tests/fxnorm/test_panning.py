"""Panning normalisation: similarity as defined, brought to the target where it should be."""

import numpy as np
import pytest

from mixer.fxnorm import panning
from mixer.fxnorm.panning import N_FFT, match_panning, measure_phi, measure_side
from tests.fxnorm.material import RATE, energy_db, wide

BINS = N_FFT // 2 + 1
FLAT = np.full(BINS, 0.9)


def frame_phi(audio: np.ndarray) -> np.ndarray:
    """Similarity of whole frames of 65 536 samples, averaged in time."""
    frames = audio[:, : audio.shape[1] // 65_536 * 65_536].reshape(2, -1, 65_536)
    left, right = np.abs(np.fft.rfft(frames * np.hanning(65_536)))
    return np.asarray((2.0 * left * right / (left**2 + right**2)).mean(axis=0))


@pytest.mark.parametrize("level_db", [0.0, 6.0, 20.0])
def test_similarity_of_a_panned_source_is_its_formula(
    rng: np.random.Generator, level_db: float
) -> None:
    mono = 0.1 * rng.standard_normal(4 * 65_536)
    gain = 10.0 ** (level_db / 20.0)
    phi = measure_phi(np.stack([mono, gain * mono]).astype(np.float32))
    n_frames, silent = 21, 2  # the first and the last frame lie in the silence around
    expected = (silent + (n_frames - silent) * 2.0 * gain / (1.0 + gain**2)) / n_frames
    np.testing.assert_allclose(phi[100:], expected, atol=2e-3)


def test_side_is_where_the_energy_is(rng: np.random.Generator) -> None:
    assert measure_side(wide(rng, lean_db=3.0), RATE) == 1
    assert measure_side(wide(rng, lean_db=-3.0), RATE) == -1
    centred = np.repeat(wide(rng)[:1], 2, axis=0)
    assert measure_side(centred, RATE) == 1
    almost = centred * np.array([[1.0], [0.99]], dtype=np.float32)
    assert measure_side(almost, RATE) == -1


@pytest.mark.parametrize("lean_db", [2.0, -2.0])
def test_a_mono_source_ends_at_nine_tenths_of_the_target(
    rng: np.random.Generator, lean_db: float
) -> None:
    mono = 0.1 * rng.standard_normal(5 * RATE)
    gain = 10.0 ** (lean_db / 20.0)
    audio = np.stack([mono, gain * mono]).astype(np.float32)
    panned, done = match_panning(audio, RATE, FLAT, max_frequency_hz=RATE)
    assert done["side"] == ("right" if lean_db > 0 else "left")
    # Gains of the panned source, times target over observed, as the definition has them.
    far = 0.7 * (gain if lean_db > 0 else 1.0)
    near = 0.3 * (1.0 if lean_db > 0 else gain)
    observed = near * far / (near**2 + far**2)
    near, far = near * 0.405 / observed, far * (1 - 0.405) / (1 - observed)
    expected_db = 20.0 * np.log10(far / near) * np.sign(lean_db)
    balance_db = np.diff(energy_db(panned))[0]
    assert balance_db == pytest.approx(expected_db, abs=0.2)


def test_bins_above_the_limit_keep_their_place(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=1.0)
    panned, _ = match_panning(audio, RATE, FLAT, max_frequency_hz=6_000.0)
    offset = audio * np.array([[0.3], [0.7]], dtype=np.float32)
    before, after = frame_phi(offset), frame_phi(panned)
    high = np.arange(before.size) * RATE / 65_536 > 6_300.0
    assert np.abs(before - after)[high].max() < 0.02
    assert np.abs(before - after)[~high].mean() > 0.02


def test_the_compatibility_option_stops_in_time_instead(rng: np.random.Generator) -> None:
    audio = wide(rng, seconds=7.0, lean_db=1.0)
    panned, done = match_panning(audio, RATE, FLAT, 6_000.0, limit_time_axis=True)
    offset = audio * np.array([[0.3], [0.7]], dtype=np.float32)
    # Frame 278 of a signal with 65 536 + 2 048 samples before it.
    last = int(6_000.0 * N_FFT / RATE) * 1_024 - 65_536 - 2_048
    np.testing.assert_allclose(panned[:, last + N_FFT :], offset[:, last + N_FFT :], atol=1e-6)
    assert np.abs(panned - offset)[:, : last - N_FFT].max() > 0.01
    assert 0.6 < done["frames_matched_share"] < 0.75


def test_the_figures_are_the_published_ones() -> None:
    assert (N_FFT, panning.HOP_LENGTH, panning.SMOOTHING_BINS) == (2_048, 1_024, 501)
    assert (panning.TARGET_SHARE, panning.OFFSET_PAN, panning.QUIET_FRAME_DB) == (0.9, 0.7, -10.0)
    assert panning.SIDE_BAND_HZ == (50.0, 2_500.0)
    assert panning.MAX_FREQUENCY_HZ == {"drums": 6_000.0}
    assert panning.DEFAULT_MAX_FREQUENCY_HZ == 16_000.0


def test_quiet_frames_stay_as_they_are(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=1.0) * np.float32(1e-4)
    panned, done = match_panning(audio, RATE, FLAT)
    offset = audio * np.array([[0.3], [0.7]], dtype=np.float32)
    np.testing.assert_allclose(panned, offset, atol=1e-9)
    assert done["frames_matched_share"] == 0.0


def test_a_bin_against_the_side_rises_by_20_db_and_no_more() -> None:
    """A tone hard on the left of a stem that leans to the right, which nothing can bring across."""
    tone = 0.1 * np.sin(2.0 * np.pi * 3_000.0 * np.arange(2 * RATE) / RATE)
    audio = np.stack([tone, np.zeros_like(tone)]).astype(np.float32)
    panned, _ = match_panning(audio, RATE, FLAT, side=1)
    inside = slice(N_FFT, -N_FFT)
    # The offset to the right leaves 0.3 of it.
    np.testing.assert_allclose(panned[0, inside], 10.0 * 0.3 * tone[inside], atol=1e-4)
    assert not panned[1].any()


def test_the_side_is_heard_between_50_and_2500_hz(rng: np.random.Generator) -> None:
    """What is below 12 kHz hardly leans, to the right; more energy above is on the left."""
    spectrum = np.fft.rfft(rng.standard_normal((2, 5 * RATE)))
    hz = np.arange(spectrum.shape[1]) / 5.0
    low, high = np.fft.irfft(spectrum * [hz < 12_000.0, hz > 12_000.0])
    audio = np.stack([low + 3.0 * high, 1.01 * low]).astype(np.float32)
    assert np.diff(energy_db(audio))[0] < -3.0
    assert measure_side(audio, RATE) == 1


def test_in_place_is_the_same(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=1.0)
    apart, _ = match_panning(audio, RATE, FLAT)
    match_panning(audio, RATE, FLAT, out=audio)
    np.testing.assert_array_equal(audio, apart)


def test_equal_channels_are_centred_whatever_rounding_leaves(rng: np.random.Generator) -> None:
    soft = 0.01 * rng.standard_normal((1, 5 * RATE)).repeat(2, axis=0)
    for seed in range(4):
        dither = np.random.default_rng(seed).random(soft.shape)
        in_16_bit = (np.floor(soft * 2.0**15 + dither) / 2.0**15).astype(np.float32)
        assert measure_side(in_16_bit, RATE, centred=1) == 1
        assert measure_side(in_16_bit, RATE, centred=-1) == -1


def test_a_given_side_is_taken(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=3.0)
    assert match_panning(audio, RATE, FLAT)[1]["side"] == "right"
    panned, done = match_panning(audio, RATE, FLAT, RATE, side=-1)
    assert done["side"] == "left"
    assert np.diff(energy_db(panned))[0] < -1.0
