"""Bus compressors take what they are meant to, at any level, and make up for it."""

import numpy as np
import pytest

from mixer.console.dynamics import compressor
from mixer.console.settings import Compressor
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.glue import behind, foresee, glue, together
from mixer.network.track_mixer.holding import reduction_db
from mixer.network.track_mixer.track_settings import BusSettings, Compression, TrackSettings
from mixer.rendering.tracks.track_strip import run_bus

RATE = 44_100


def beats(gain: float) -> np.ndarray:
    """Eight seconds of noise that is struck twice a second, float32 (1, samples)."""
    time = np.arange(8 * RATE) / RATE
    noise = np.random.default_rng(6).standard_normal(time.size)
    return (gain * 0.2 * noise * np.exp(-8.0 * (time % 0.5)))[None].astype(np.float32)


@pytest.mark.parametrize("gain", [0.1, 1.0])
def test_loud_moments_lose_a_little_and_the_bus_stays_as_loud(gain):
    audio = beats(gain)
    settings, made_up_db = glue(foresee([listen_to(audio, RATE)], [TrackSettings()]), 1.0)
    effect = compressor(
        Compressor(settings.threshold_db, settings.ratio, settings.attack_ms, settings.release_ms),
        RATE,
    )
    stereo = np.repeat(audio, 2, axis=0)
    effect.process(stereo.copy(), 0)
    assert 0.75 < effect.report()["max_reduction_db"] < 6.0
    glued = stereo.copy()
    run_bus(glued, RATE, BusSettings(made_up_db, compression=settings))
    changed_db = integrated_loudness_lufs(glued, RATE) - integrated_loudness_lufs(stereo, RATE)
    assert abs(changed_db) < 0.4


@pytest.mark.parametrize("amount", [0.5, 1.0])
def test_of_ten_loud_moments_the_loudest_loses_a_decibel_and_a_half(amount):
    bus = foresee([listen_to(beats(1.0), RATE)], [TrackSettings()])
    settings, made_up_db = glue(bus, amount)
    taken_db = reduction_db(bus.peak_db, settings)[bus.peak_db > bus.peak_db.max() - 40.0]
    assert np.percentile(taken_db, 90.0) == pytest.approx(1.5 * amount, abs=0.02)
    assert (settings.attack_ms, settings.release_ms, settings.ratio) == (30.0, 200.0, 2.0)
    assert 0.0 < made_up_db < taken_db.max()


def test_silence_and_finished_stems_are_not_compressed():
    silence = foresee([], [])
    assert glue(silence, 1.0) == (Compression(), 0.0)
    assert glue(foresee([listen_to(beats(1.0), RATE)], [TrackSettings()]), 0.0)[0].is_off


def test_a_sum_moves_as_its_buses_do():
    one = foresee([listen_to(beats(1.0), RATE)], [TrackSettings(gain_db=-6.0)])
    both = together([one, one])
    np.testing.assert_allclose(both.peak_db, one.peak_db + 3.01, atol=0.01)
    compression = Compression(-40.0, 2.0)
    held = behind(one, compression, 3.0)
    moved_db = 3.0 - reduction_db(one.peak_db, compression)
    assert moved_db.min() < -5.0
    np.testing.assert_allclose(held.peak_db, one.peak_db + moved_db)
    np.testing.assert_allclose(held.power, one.power * 10.0 ** (moved_db / 10.0))
