"""Silence within a track is passed over, with the samples that working on it would have given."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.console.automation import Automation
from mixer.console.dynamics import DynamicsEffect, compressor
from mixer.console.processing import run_effect
from mixer.console.settings import Compressor
from mixer.dsp.blocks import convolve, filter_stft
from mixer.network.track_mixer.features import TrackListener
from tests.signals import noise

RATE_HZ, BLOCK = 44_100, 1 << 16


@pytest.fixture
def audio(rng: np.random.Generator) -> np.ndarray:
    """Two seconds, a rest of ten blocks, two seconds softer, and silence to the end."""
    audio = np.zeros((2, 16 * BLOCK + 777), np.float32)
    n_sound = 2 * RATE_HZ
    audio[:, :n_sound] = 0.4 * noise(rng, 2.0, RATE_HZ)
    audio[:, -n_sound - 2 * BLOCK : -2 * BLOCK] = 0.05 * noise(rng, 2.0, RATE_HZ)
    return audio


@pytest.mark.parametrize("make_up_db", [0.0, 4.0])
def test_a_compressor_goes_on_after_silence_as_if_it_had_worked_on_it(
    audio: np.ndarray, make_up_db: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Compressor(-40.0, 4.0, 5.0, 150.0, make_up_db)
    passed_over = []
    copy = np.full

    def counted(*given: object) -> np.ndarray:
        passed_over.append(given)
        return copy(*given)  # type: ignore[call-overload]

    made, reports = [], []
    for skips in (True, False):
        effect, own = compressor(setting, RATE_HZ), audio.copy()
        assert isinstance(effect, DynamicsEffect)
        effect._is_fixed = skips
        with monkeypatch.context() as patch:
            patch.setattr("mixer.console.dynamics.np.full", counted)
            run_effect(effect, own, Automation(1.0, RATE_HZ))
        made.append(own)
        reports.append(effect.report())
    assert len(passed_over) >= 4
    assert np.array_equal(*(own.view(np.int32) for own in made))
    assert reports[0] == reports[1]


@pytest.mark.parametrize("n_fft", [2_048, 2_230])
def test_a_filter_passes_over_silence_with_the_same_bits(audio: np.ndarray, n_fft: int) -> None:
    gain = np.linspace(0.3, 2.0, n_fft // 2 + 1, dtype=np.float32)[:, None]
    n_calls = [0, 0]
    made = []
    for is_gain in (False, True):

        def modify(_: int, spectra: np.ndarray, is_gain: bool = is_gain) -> np.ndarray:
            n_calls[is_gain] += 1
            return spectra * gain

        made.append(filter_stft(audio, n_fft, modify, is_gain=is_gain))
    assert np.array_equal(made[0].view(np.int32), made[1].view(np.int32))
    assert n_calls[1] < 0.6 * n_calls[0]


def test_a_rooms_tail_rings_out_into_silence(audio: np.ndarray, rng: np.random.Generator) -> None:
    kernel = rng.standard_normal(4_000).astype(np.float32)
    wet = convolve(audio, kernel)
    end = 2 * RATE_HZ + len(kernel) - 1
    assert wet[:, end - 2_000 : end].any()
    assert not wet[:, end + BLOCK : audio.shape[1] - 2 * RATE_HZ - 3 * BLOCK].any()
    # What comes after the rest sounds as it does alone.
    alone = convolve(audio[:, 6 * BLOCK :], kernel)
    np.testing.assert_allclose(wet[:, 6 * BLOCK :], alone, rtol=0.0, atol=1e-4)


class Restless(TrackListener):
    """Works on silence as on everything else."""

    _is_at_rest = property(lambda self: False, lambda self, rests: None)  # type: ignore[assignment]


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_listener_passes_over_silence_with_the_same_features(
    audio: np.ndarray, n_channels: int
) -> None:
    one, other = TrackListener(RATE_HZ, n_channels), Restless(RATE_HZ, n_channels)
    start, n_passed = 0, 0
    for step in [BLOCK, 1, 500, 3 * BLOCK, 1_024, *[BLOCK // 3] * 60]:
        n_passed += one._is_at_rest
        for listener in (one, other):
            listener.listen(audio[:n_channels, start : start + step])
        start += step
    assert n_passed >= 15
    found, expected = one.finish(), other.finish()
    for name in ("frame_db", "peak_db", "powers"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert found.n_channels == expected.n_channels
