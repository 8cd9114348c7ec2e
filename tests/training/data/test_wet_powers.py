"""What dry stems have become is found in their mixture."""

from collections.abc import Mapping

import numpy as np
import pytest

from mixer.dsp.blocks import convolve, zero_padded
from mixer.network.band_mixer.bands import band_weights, measure_powers
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from training.data.wet_powers import estimate_wet_powers

RATE_HZ = 44_100
HYPER = BandMixerParameters()
WEIGHTS = band_weights(HYPER, RATE_HZ)
Stems = dict[str, np.ndarray]


@pytest.fixture
def dry(rng: np.random.Generator) -> Stems:
    """Bursts of noise, each stem in a rhythm of its own; the bass is mono, the rest is wide."""
    time_s = np.arange(6 * RATE_HZ) / RATE_HZ
    rhythms_s = {"vocals": 0.7, "bass": 0.5, "drums": 0.3, "other": 1.1}
    stems = {
        name: (0.1 * rng.standard_normal((2, len(time_s))) * np.exp(-6.0 * (time_s % period_s)))
        for name, period_s in rhythms_s.items()
    }
    stems["bass"][1] = stems["bass"][0]
    return {name: audio.astype(np.float32) for name, audio in stems.items()}


def errors_db(dry: Stems, wet: Stems, mixture: np.ndarray | None = None) -> Mapping[str, float]:
    """Of each stem's mean powers, left and right, the largest error of a band in dB."""
    if mixture is None:
        mixture = np.add.reduce(list(wet.values()))
    found = estimate_wet_powers(dry, mixture, HYPER, WEIGHTS).powers
    assert {powers.shape[0] for powers in found.values()} == {len(VIEWS)}
    errors = {}
    for name, audio in wet.items():
        true = measure_powers(audio, HYPER, WEIGHTS)[:2].mean(-1)
        errors[name] = float(np.abs(10.0 * np.log10(found[name][:2].mean(-1) / true)).max())
    return errors


def test_faders_pans_and_equalisers_come_out(dry: Stems, rng: np.random.Generator) -> None:
    """One of the stems lies 30 dB below the others, the mixture is upside down and equalised."""
    gains = {"vocals": (1.0, 0.5), "bass": (0.7, 0.7), "drums": (0.3, 0.9), "other": (0.03, 0.03)}
    tone = np.array([0.3, 1.0, 0.4, -0.2], np.float32)
    wet = {
        name: convolve(-np.float32(gain)[:, None] * dry[name], tone, advance_samples=1)
        for name, gain in gains.items()
    }
    assert max(errors_db(dry, wet).values()) < 0.3
    whole = estimate_wet_powers(dry, np.add.reduce(list(wet.values())), HYPER, WEIGHTS)
    assert whole.explained == pytest.approx(1.0, abs=1e-3)


def test_a_mixture_that_comes_a_little_late_changes_little(dry: Stems) -> None:
    wet = {name: np.float32(0.5) * audio for name, audio in dry.items()}
    mixture = zero_padded(np.add.reduce(list(wet.values())), -150, 6 * RATE_HZ - 150)
    assert max(errors_db(dry, wet, mixture).values()) < 1.0


def test_what_no_filter_explains_is_shared_out_by_power(
    dry: Stems, rng: np.random.Generator
) -> None:
    """Every stem with another phase in each sample, as a dense room or distortion has it."""
    signs = rng.choice(np.float32([-1.0, 1.0]), (2, 6 * RATE_HZ))
    wet = {name: audio * np.roll(signs, 99 * i, 1) for i, (name, audio) in enumerate(dry.items())}
    wet["drums"] = np.float32(0.5) * wet["drums"]
    mixture = np.add.reduce(list(wet.values()))
    found = estimate_wet_powers(dry, mixture, HYPER, WEIGHTS)
    assert found.explained < 0.2
    for name, audio in wet.items():
        true = measure_powers(audio, HYPER, WEIGHTS)
        level_db = 10.0 * np.log10(found.powers[name].sum((1, 2)) / true.sum((1, 2)))
        assert np.abs(level_db).max() < 1.0, name


def test_what_is_silent_gets_nothing(dry: Stems) -> None:
    """Of rounding in a stem that does not play, no filter makes a part of the mixture."""
    played = {name: audio for name, audio in dry.items() if name != "other"}
    mixture = np.add.reduce(list(played.values()))
    rounding = np.float32(1e-6) * dry["other"]
    found = estimate_wet_powers({**played, "other": rounding}, mixture, HYPER, WEIGHTS)
    share = found.powers["other"][:2].sum() / measure_powers(mixture, HYPER, WEIGHTS)[:2].sum()
    assert share < 1e-4
    nothing = estimate_wet_powers(dry, np.zeros_like(mixture), HYPER, WEIGHTS)
    assert nothing.explained == 0.0
    assert not any(powers.any() for powers in nothing.powers.values())
    silence = {name: np.zeros_like(audio) for name, audio in dry.items()}
    silent = estimate_wet_powers(silence, mixture, HYPER, WEIGHTS)
    assert silent.explained == 0.0
    assert not any(powers.any() for powers in silent.powers.values())


def test_powers_of_the_views_belong_together(dry: Stems, rng: np.random.Generator) -> None:
    """Left and right have twice what mid and side have."""
    mixture = np.add.reduce(list(dry.values())) + np.float32(0.02) * rng.standard_normal(
        (2, 6 * RATE_HZ)
    ).astype(np.float32)
    for powers in estimate_wet_powers(dry, mixture, HYPER, WEIGHTS).powers.values():
        left, right, mid, side = powers
        np.testing.assert_allclose(left + right, 2.0 * (mid + side), rtol=1e-3, atol=1e-9)
