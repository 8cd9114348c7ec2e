"""Meters against ITU-R BS.1770, EBU Tech 3341, libebur128 and pyloudnorm."""

import tracemalloc

import numpy as np
import pyebur128
import pyloudnorm
import pytest

from mixer.meters.loudness import (
    BS1770_FILTER,
    COOKBOOK_FILTER,
    energies_with_part,
    gated_loudness_lufs,
    integrated_loudness_lufs,
    measure_loudness,
    short_term_loudness_lufs,
    weighting_sections,
)
from mixer.meters.true_peak import true_peak_dbtp

RATE = 48_000


def sine(level_dbfs: float, seconds: float, rate: int = RATE, hz: float = 1_000.0) -> np.ndarray:
    """Stereo, both channels alike."""
    n = np.arange(int(seconds * rate))
    wave = 10.0 ** (level_dbfs / 20.0) * np.sin(2.0 * np.pi * hz * n / rate)
    return np.tile(wave.astype(np.float32), (2, 1))


def programme(rng: np.random.Generator, rate: int, channels: int, seconds: float) -> np.ndarray:
    """Noise that swells, with a pause: something for the gates to do."""
    n = int(seconds * rate)
    envelope = 0.3 * np.abs(np.sin(np.linspace(0.0, 9.0, n))) ** 3
    envelope[n // 3 : n // 2] *= 1e-3
    return (rng.standard_normal((channels, n)) * envelope).astype(np.float32)


def libebur128_lufs(audio: np.ndarray, rate: int) -> float:
    mode = pyebur128.MeasurementMode.MODE_I
    state = pyebur128.R128State(audio.shape[0], rate, mode)
    interleaved = np.ascontiguousarray(audio.T.reshape(-1))
    state.add_frames(interleaved, audio.shape[1])
    return float(pyebur128.get_loudness_global(state))


@pytest.mark.parametrize(("level_dbfs", "lufs"), [(-23.0, -23.0), (-33.0, -33.0)])
def test_ebu_tech_3341_cases_1_and_2(level_dbfs: float, lufs: float) -> None:
    assert integrated_loudness_lufs(sine(level_dbfs, 20), RATE) == pytest.approx(lufs, abs=0.1)


def test_ebu_tech_3341_case_3_is_gated() -> None:
    levels = [(-36.0, 10), (-23.0, 60), (-36.0, 10)]
    audio = np.concatenate([sine(level, seconds) for level, seconds in levels], axis=1)
    assert integrated_loudness_lufs(audio, RATE) == pytest.approx(-23.0, abs=0.1)


def test_what_the_absolute_gate_leaves_out_stays_out_where_the_relative_one_is_below() -> None:
    audio = np.concatenate([sine(-65.0, 10), sine(-73.0, 10)], axis=1)
    assert integrated_loudness_lufs(audio, RATE) == pytest.approx(-65.0, abs=0.1)


def test_a_part_and_the_rest_are_as_loud_as_measured_alone(rng: np.random.Generator) -> None:
    audio, part = (programme(rng, RATE, 2, 2.1) for _ in range(2))
    found = energies_with_part(audio, part, RATE)
    for energies, alone in zip(found, (audio, part, audio - part), strict=True):
        lufs = integrated_loudness_lufs(alone, RATE)
        assert gated_loudness_lufs(energies, RATE) == pytest.approx(lufs, abs=1e-5)


def test_the_filters_at_48_khz_are_the_recommendations_own() -> None:
    """ITU-R BS.1770-4, annex 1, tables 1 and 2."""
    shelf, high_pass = weighting_sections(48_000, BS1770_FILTER)
    np.testing.assert_allclose(shelf[:3], [1.53512485958697, -2.69169618940638, 1.19839281085285])
    np.testing.assert_allclose(shelf[3:], [1.0, -1.69065929318241, 0.73248077421585])
    np.testing.assert_allclose(high_pass[:3], [1.0, -2.0, 1.0])
    np.testing.assert_allclose(high_pass[3:], [1.0, -1.99004745483398, 0.99007225036621])


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_reported_loudness_agrees_with_libebur128(
    rng: np.random.Generator, rate: int, channels: int
) -> None:
    audio = programme(rng, rate, channels, 13.37)
    measured = integrated_loudness_lufs(audio, rate)
    assert measured == pytest.approx(libebur128_lufs(audio, rate), abs=0.05)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_cookbook_class_is_pyloudnorm_default(rng: np.random.Generator, rate: int) -> None:
    audio = programme(rng, rate, 2, 8.0)
    expected = pyloudnorm.Meter(rate).integrated_loudness(audio.T.astype(np.float64))
    assert integrated_loudness_lufs(audio, rate, COOKBOOK_FILTER) == pytest.approx(
        expected, abs=1e-6
    )


def test_padding_equals_padded_audio(rng: np.random.Generator) -> None:
    audio = programme(rng, RATE, 2, 3.0)
    padded = np.pad(audio, ((0, 0), (5_000, 5_000)))
    assert integrated_loudness_lufs(audio, RATE, padding_samples=5_000) == pytest.approx(
        integrated_loudness_lufs(padded, RATE), abs=1e-9
    )


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros((2, RATE)),
        np.zeros((2, 0)),
        np.ones((1, 1)),
        np.full((2, RATE // 10), 0.5),
        np.full((2, RATE), 1e-6),
    ],
    ids=["silence", "empty", "one sample", "100 ms", "below the gate"],
)
def test_without_loudness_is_minus_infinity(audio: np.ndarray) -> None:
    assert integrated_loudness_lufs(audio.astype(np.float32), RATE) == -np.inf


@pytest.mark.parametrize("rate", [11_025, 44_100])
def test_a_gain_moves_loudness_by_its_decibels(rng: np.random.Generator, rate: int) -> None:
    audio = programme(rng, rate, 2, 5.0)
    louder = integrated_loudness_lufs(audio * np.float32(2.0), rate)
    assert louder - integrated_loudness_lufs(audio, rate) == pytest.approx(6.0206, abs=1e-3)


def test_short_term_follows_the_last_three_seconds() -> None:
    audio = np.concatenate([sine(-20.0, 5), sine(-40.0, 5)], axis=1)
    curve = short_term_loudness_lufs(audio, RATE)
    assert curve.shape == (71,)  # ten windows of 3 s begin every second of the first seven
    assert curve[0] == pytest.approx(-20.0, abs=0.1)
    assert curve[-1] == pytest.approx(-40.0, abs=0.1)
    assert np.all(np.diff(curve[20:51]) <= 1e-3)
    assert short_term_loudness_lufs(audio[:, : 2 * RATE], RATE).size == 0


def test_memory_does_not_grow_with_the_audio(rng: np.random.Generator) -> None:
    audio = programme(rng, RATE, 2, 120.0)
    tracemalloc.start()
    integrated_loudness_lufs(audio, RATE)
    short_term_loudness_lufs(audio, RATE)
    true_peak_dbtp(audio, RATE)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 0.25 * audio.nbytes


def test_all_of_a_programmes_loudness_comes_out_of_one_pass(rng: np.random.Generator) -> None:
    audio = (0.1 * rng.standard_normal((2, 5 * RATE)) * np.linspace(0.1, 1.0, 5 * RATE)).astype(
        np.float32
    )
    found = measure_loudness(audio, RATE)
    assert found.integrated_lufs == integrated_loudness_lufs(audio, RATE)
    assert np.array_equal(found.short_term, short_term_loudness_lufs(audio, RATE))
    assert found.momentary.max() > found.short_term.max() > found.integrated_lufs - 3.0
