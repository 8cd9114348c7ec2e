"""Onsets: found where they are, gated and spaced as documented, levels as defined."""

import numpy as np
import pytest

from mixer.dsp.onsets import FRAME_SAMPLES, find_onsets, measure_onset_peaks
from tests.fxnorm.material import RATE


def hits(
    rng: np.random.Generator, starts_s: list[float], levels: list[float], seconds: float
) -> np.ndarray:
    audio = np.zeros(int(seconds * RATE), dtype=np.float32)
    for start_s, level in zip(starts_s, levels, strict=True):
        start, n = int(start_s * RATE), int(0.1 * RATE)
        burst = rng.uniform(-1.0, 1.0, n) * np.exp(-np.arange(n) / (0.02 * RATE))
        burst[20] = 1.0
        audio[start : start + n] += (level * burst).astype(np.float32)
    return audio


def test_each_hit_is_one_onset_within_two_frames(rng: np.random.Generator) -> None:
    starts_s = [0.5, 1.0, 1.5, 2.2, 3.0]
    onsets = find_onsets(hits(rng, starts_s, [0.5] * 5, 4.0), RATE)
    assert onsets.size == 5
    assert np.abs(onsets - np.array(starts_s) * RATE).max() < 2 * FRAME_SAMPLES


def test_level_is_of_the_loudest_quarter(rng: np.random.Generator) -> None:
    starts_s = [0.5 * i for i in range(1, 9)]
    levels = [0.9, 0.1, 0.8, 0.1, 0.1, 0.2, 0.1, 0.1]
    peaks = measure_onset_peaks(hits(rng, starts_s, levels, 5.0)[np.newaxis], RATE)
    assert peaks is not None
    assert peaks.n_onsets == 8
    # Above the 75th percentile of eight peaks lie the two loudest.
    expected_db = 20.0 * np.log10([0.9, 0.8])
    assert peaks.mean_dbfs == pytest.approx(expected_db.mean(), abs=0.1)
    assert peaks.deviation_db == pytest.approx(expected_db.std(), abs=0.1)


def test_a_gain_moves_the_level_and_not_the_deviation(rng: np.random.Generator) -> None:
    audio = hits(rng, [0.5, 1.1, 1.7, 2.5], [0.9, 0.6, 0.4, 0.7], 3.5)[np.newaxis]
    louder, softer = measure_onset_peaks(audio, RATE), measure_onset_peaks(audio * 0.5, RATE)
    assert louder is not None
    assert softer is not None
    assert louder.mean_dbfs - softer.mean_dbfs == pytest.approx(6.02, abs=0.01)
    assert louder.deviation_db == pytest.approx(softer.deviation_db, abs=0.01)


def test_hits_below_the_silence_gate_are_none(rng: np.random.Generator) -> None:
    audio = hits(rng, [0.5, 1.0, 1.5], [2e-4] * 3, 2.5)
    assert find_onsets(audio, RATE).size == 0
    assert find_onsets(audio * 1_000.0, RATE).size == 3


@pytest.mark.parametrize("n_samples", [0, 1, 1_023, 1_024, 5_000])
def test_short_and_silent_audio_has_no_onset(n_samples: int) -> None:
    assert find_onsets(np.zeros(n_samples, dtype=np.float32), RATE).size == 0
    assert measure_onset_peaks(np.zeros((2, n_samples), dtype=np.float32), RATE) is None


def test_a_silent_channel_does_not_count(rng: np.random.Generator) -> None:
    audio = np.zeros((2, 3 * RATE), dtype=np.float32)
    audio[0] = hits(rng, [0.5, 1.1, 1.7], [0.9, 0.6, 0.4], 3.0)
    assert measure_onset_peaks(audio, RATE) == measure_onset_peaks(audio[:1], RATE)


def test_onsets_keep_their_distance(rng: np.random.Generator) -> None:
    starts_s = np.sort(rng.uniform(0.2, 19.0, 150)).tolist()  # many closer than 50 ms
    onsets = find_onsets(hits(rng, starts_s, [0.5] * 150, 20.0), RATE)
    assert onsets.size > 20
    assert np.diff(onsets).min() > 0.050 * RATE
