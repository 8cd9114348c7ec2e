"""Training's back-end on powers against the console on audio: the same bands hold the same."""

import numpy as np
import torch

from mixer.dsp.erb_bands import k_weights
from mixer.network.band_mixer.bands import band_weights, measure_levels, measure_powers
from mixer.network.band_mixer.controls import excess_db
from mixer.network.band_mixer.parameters import STRIP_CONTROLS, BandMixerParameters
from mixer.network.band_mixer.run import mix_by_bands
from mixer.network.output import RunOptions
from training.band_mixer.augmentation import loudness_db
from training.band_mixer.simulation import measure_space, pooled_levels, simulate

RATE = 44_100
HYPER = BandMixerParameters(n_stems=1, n_bands=32)


def stem(n_samples: int) -> np.ndarray:
    """Noise with a lean and some width whose level moves."""
    generator = np.random.default_rng(3)
    centre, sides = (
        generator.standard_normal((1, n_samples)),
        generator.standard_normal((2, n_samples)),
    )
    moving = 1.0 + 0.8 * np.sin(2 * np.pi * 2.0 * np.arange(n_samples) / RATE)
    lean = np.array([[1.0], [0.7]])
    return (0.05 * moving * (lean * centre + 0.5 * sides)).astype(np.float32)


def test_powers_follow_the_console() -> None:
    audio = stem(4 * RATE)
    weights = band_weights(HYPER, RATE)
    powers = measure_powers(audio, HYPER, weights)
    levels = measure_levels(audio, HYPER, weights)
    n_blocks = levels.mean_db.shape[-1]
    rise = np.linspace(-3.0, 3.0, HYPER.n_bands, dtype=np.float32)
    fade = np.linspace(0.0, -6.0, n_blocks, dtype=np.float32)
    answer = [
        (rise[:, None] + fade)[None],
        np.full((1, HYPER.n_bands), 3.0, np.float32),
        np.full((1, HYPER.n_bands), -4.0, np.float32),
        np.array([[0.3, -10.0, -12.0]], np.float32),
    ]
    assert answer[3].shape[1] == len(STRIP_CONTROLS)
    output = mix_by_bands(
        lambda feeds: answer, [audio], ["other"], HYPER, RATE, RunOptions(wet_stems=True)
    )
    wet = measure_powers(output.mix, HYPER, weights)
    simulated = simulate(
        torch.from_numpy(powers)[None, None],
        torch.from_numpy(excess_db(levels.frame_db, HYPER, RATE))[None, None],
        tuple(torch.from_numpy(value) for value in answer),
        measure_space(HYPER, RATE),
        HYPER,
    )[0, 0].numpy()
    over_song = 10 * np.log10(simulated.mean(-1)[:, 4:-2] / wet.mean(-1)[:, 4:-2])
    assert np.abs(over_song).mean() < 0.3
    assert np.abs(over_song).max() < 1.5


def test_levels_pool_alike() -> None:
    audio = stem(RATE)
    weights = band_weights(HYPER, RATE)
    levels = measure_levels(audio, HYPER, weights)
    powers = torch.from_numpy(measure_powers(audio, HYPER, weights))[None, None]
    mean_db, peak_db = pooled_levels(powers, HYPER)
    shape = (1, -1, levels.mean_db.shape[-1])
    np.testing.assert_allclose(mean_db.numpy(), levels.mean_db.reshape(shape), atol=1e-3)
    np.testing.assert_allclose(peak_db.numpy(), levels.peak_db.reshape(shape), atol=1e-3)


def test_the_weighting_is_that_of_the_standard() -> None:
    # BS.1770: +4 dB at the top, 0 dB at 500 Hz within some tenths, a high-pass below 40 Hz.
    weights_db = 10 * np.log10(k_weights(48))
    assert abs(weights_db[-1] - 4.0) < 0.2
    assert weights_db[0] < -8.0
    powers = torch.ones(1, 1, 4, 48, 10)
    louder_db = float(loudness_db(2 * powers) - loudness_db(powers))
    assert abs(louder_db - 10 * np.log10(2)) < 1e-4
