"""Disturbed stems: every amount that is recorded is found in the audio."""

import json

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from tests.signals import band, noise
from training.synthesis.disturb import change_crest, disturb_stems, tone_kernel

RATE_HZ = 44_100


@pytest.fixture
def stems(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {name: np.float32(0.3) * audio for name, audio in band(rng, 3.0, RATE_HZ).items()}


def crest_db(audio: np.ndarray) -> float:
    return float(20.0 * np.log10(np.abs(audio).max() / np.sqrt(np.mean(audio.astype(float) ** 2))))


def test_it_is_deterministic_and_leaves_its_input(stems: dict[str, np.ndarray]) -> None:
    before = {name: audio.copy() for name, audio in stems.items()}
    first, what = disturb_stems(stems, RATE_HZ, np.random.default_rng(5))
    again, same = disturb_stems(stems, RATE_HZ, np.random.default_rng(5))
    json.dumps(what, allow_nan=False)
    assert what == same
    for name, audio in first.items():
        assert np.array_equal(audio, again[name])
        assert np.array_equal(stems[name], before[name])
        assert audio.dtype == np.float32
        assert np.abs(audio).max() < 1.0
    assert len({figures["gain_db"] for figures in what.values() if figures}) == 4


def test_balance_side_and_gain_are_those_recorded(rng: np.random.Generator) -> None:
    """Noise whose sides are independent: its middle and its side have equal energies."""
    audio = np.float32(0.5) * noise(rng, 3.0, RATE_HZ)
    disturbed, what = disturb_stems({"other": audio}, RATE_HZ, rng)
    out, figures = disturbed["other"], what["other"]
    assert figures is not None
    left, right = np.square(out).sum(axis=-1)
    assert 10.0 * np.log10(right / left) == pytest.approx(figures["balance_db"], abs=0.1)
    even = out * (10.0 ** (np.array([[0.5], [-0.5]]) * figures["balance_db"] / 20.0))
    side, middle = (np.square(even[0] + sign * even[1]).sum() for sign in (-1.0, 1.0))
    assert 10.0 * np.log10(side / middle) == pytest.approx(figures["side_db"], abs=0.1)


def test_the_tone_is_a_tilt_and_a_bell() -> None:
    kernel = tone_kernel(RATE_HZ, 1.0, 3_000.0, -4.0, 0.8)
    hz, response = scipy.signal.freqz(kernel, worN=1 << 16, fs=RATE_HZ)
    gain_db = 20.0 * np.log10(np.abs(response))
    for at_hz in (100.0, 500.0, 3_000.0, 6_000.0, 15_000.0):
        wanted_db = np.log2(at_hz / 1_000.0)
        wanted_db -= 4.0 * np.exp(-0.5 * (np.log2(at_hz / 3_000.0) / 0.8) ** 2)
        assert np.interp(at_hz, hz, gain_db) == pytest.approx(wanted_db, abs=0.15)
    assert np.allclose(kernel, kernel[::-1], atol=1e-7)  # no phase, no delay
    assert gain_db[hz > 20.0].min() > -6.5


@pytest.mark.parametrize("change_db", [-2.0, -1.0, 1.0, 2.0])
def test_the_crest_factor_changes_as_wanted(stems: dict[str, np.ndarray], change_db: float) -> None:
    drums = stems["drums"]
    out, what = change_crest(drums, RATE_HZ, change_db)
    assert crest_db(out) - crest_db(drums) == pytest.approx(change_db, abs=0.4)
    assert what["crest_change_db"] == pytest.approx(crest_db(out) - crest_db(drums), abs=1e-3)
    # both channels get one gain
    assert np.allclose(out[0] * drums[1], out[1] * drums[0], atol=1e-7)


def test_a_steady_tone_has_no_dynamics_to_change() -> None:
    tone = np.sin(2 * np.pi * 440.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
    tone = np.float32(0.5) * np.stack([tone, tone]).astype(np.float32)
    out, what = change_crest(tone, RATE_HZ, 2.0)
    assert abs(what["slope"]) <= 0.8
    assert crest_db(out) == pytest.approx(crest_db(tone), abs=0.3)


def test_amounts_stay_in_their_ranges_and_use_them(stems: dict[str, np.ndarray]) -> None:
    short = {name: audio[:, :4_000] for name, audio in stems.items()}
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        found += [f for f in disturb_stems(short, RATE_HZ, rng)[1].values() if f]
    limits = {
        "gain_db": (-6.0, 6.0),
        "tilt_db_per_octave": (-1.0, 1.0),
        "peak_db": (-4.0, 4.0),
        "balance_db": (-3.0, 3.0),
        "side_db": (-12.0, 2.0),
        "crest_wanted_db": (-2.0, 2.0),
    }
    for name, (low, high) in limits.items():
        values = np.array([figures[name] for figures in found])
        assert low <= values.min() < low + 0.15 * (high - low)
        assert high - 0.15 * (high - low) < values.max() <= high


def test_silence_passes_and_does_not_shift_the_others(stems: dict[str, np.ndarray]) -> None:
    first, _ = disturb_stems(stems, RATE_HZ, np.random.default_rng(9))
    quiet = {**stems, "vocals": np.zeros_like(stems["vocals"])}
    second, what = disturb_stems(quiet, RATE_HZ, np.random.default_rng(9))
    assert what["vocals"] is None
    assert not second["vocals"].any()
    assert np.array_equal(first["bass"], second["bass"])


def test_mono_arrays_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, samples\)"):
        disturb_stems({"bass": np.zeros((1, 100), np.float32)}, RATE_HZ, np.random.default_rng(0))
