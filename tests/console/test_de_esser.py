"""The de-esser acts on sibilance, loud or soft, and leaves vowels alone."""

import numpy as np
import pytest
import scipy.signal

from mixer.console.settings import DeEsser, Strip
from mixer.console.strip import apply_strip
from tests.console.measures import RATE_HZ, rms_db


def vowel(duration_s: float, level: float = 0.1) -> np.ndarray:
    """A sung /a/ at 140 Hz by harmonics under formants, float32 (2, samples)."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    wave = np.zeros_like(time_s)
    for harmonic in range(1, 60):
        hz = 140.0 * harmonic
        weight = sum(
            gain / (1 + ((hz - formant_hz) / 100.0) ** 2)
            for formant_hz, gain in ((700, 1.0), (1_200, 0.6), (2_600, 0.3), (3_500, 0.2))
        )
        wave += weight * np.sin(2 * np.pi * hz * time_s + harmonic)
    # A voice does not begin as a step, which would be a click with all frequencies.
    wave *= np.minimum(1.0, 50.0 * np.minimum(time_s, time_s[::-1]))
    return np.stack([wave, wave]).astype(np.float32) * np.float32(level / wave.std())


def sibilant(rng, duration_s: float, level: float = 0.05) -> np.ndarray:
    """An /s/: noise from 5 to 9 kHz, float32 (2, samples)."""
    noise = rng.standard_normal(round(duration_s * RATE_HZ))
    sections = scipy.signal.butter(4, [5_000, 9_000], "bandpass", fs=RATE_HZ, output="sos")
    wave = scipy.signal.sosfilt(sections, noise)
    return np.stack([wave, wave]).astype(np.float32) * np.float32(level / wave.std())


def de_ess(audio: np.ndarray, **setting) -> tuple[np.ndarray, dict]:
    out, report = apply_strip(audio, RATE_HZ, Strip(de_esser=DeEsser(**setting)))
    return out, report["de_esser"]


def test_vowels_pass() -> None:
    audio = vowel(1.0)
    out, report = de_ess(audio)
    assert np.array_equal(out, audio)
    assert report["max_reduction_db"] == 0.0


@pytest.mark.parametrize("level", [0.2, 0.02])
def test_sibilance_goes_down_loud_or_soft(rng, level) -> None:
    audio = sibilant(rng, 1.0, level)
    out, report = de_ess(audio)
    late = slice(RATE_HZ // 10, None)
    assert report["max_reduction_db"] == pytest.approx(8.0, abs=0.01)
    assert -8.0 < rms_db(out[:, late]) - rms_db(audio[:, late]) < -5.0


@pytest.mark.parametrize("side", [0, 1])
def test_sibilance_on_one_side_goes_down_on_both(rng, side) -> None:
    """By one gain: the picture stays where it is."""
    audio = vowel(1.0)
    audio[side] += 4.0 * sibilant(rng, 1.0)[0]
    out, report = de_ess(audio)
    assert report["max_reduction_db"] == pytest.approx(8.0, abs=0.05)
    turned, again = de_ess(audio[::-1])
    assert np.array_equal(turned, out[::-1])
    assert again == report


def test_in_a_word_only_the_consonant_goes_down(rng) -> None:
    part = RATE_HZ // 2
    audio = np.concatenate([vowel(0.5), sibilant(rng, 0.5), vowel(0.5)], axis=1)
    out, _ = de_ess(audio)
    change = [
        rms_db(out[:, i * part : (i + 1) * part]) - rms_db(audio[:, i * part : (i + 1) * part])
        for i in range(3)
    ]
    assert change[0] == pytest.approx(0.0, abs=0.05)
    assert change[1] < -5.0
    # the release after the consonant takes from the vowel's few high partials only
    assert change[2] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("most_db", [3.0, 8.0, 24.0])
def test_never_a_boost_and_never_below_the_most(rng, most_db) -> None:
    """The shelf falls evenly from nothing to its reduction, and no further."""
    audio = sibilant(rng, 2.0, 0.1)
    out, report = de_ess(audio, frequency_hz=4_000.0, threshold_db=-40, max_reduction_db=most_db)
    assert report["max_reduction_db"] == pytest.approx(most_db, abs=0.01)
    # where the reduction has come to rest the shelf is a filter: from tones below to tones above
    late = slice(RATE_HZ // 2, RATE_HZ + RATE_HZ // 2)
    before, after = (np.fft.rfft(a[0, late] * np.hanning(RATE_HZ)) for a in (audio, out))
    change_db = [
        10
        * np.log10(
            np.sum(np.abs(after[hz : hz + 100]) ** 2) / np.sum(np.abs(before[hz : hz + 100]) ** 2)
        )
        for hz in range(2_000, 18_000, 100)
    ]
    assert max(change_db) < 0.05
    assert min(change_db) > -most_db - 0.05
    assert np.all(np.diff(change_db) < 0.05)
    assert change_db[-1] == pytest.approx(-most_db, abs=0.3)


def test_hiss_in_a_pause_is_no_sibilance(rng) -> None:
    audio = sibilant(rng, 0.5, 1e-4)
    out, report = de_ess(audio)
    assert report["max_reduction_db"] == 0.0
    assert np.array_equal(out, audio)
