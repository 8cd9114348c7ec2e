"""True peak: the recommendation's own signals, and that nothing is lost by what is left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soxr

from mixer.dsp.blocks import FloatArray, peak_dbfs
from mixer.meters import true_peak
from mixer.meters.true_peak import peaks_db, true_peak_dbtp

RATE = 44_100


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_true_peak_of_the_quarter_rate_sine(rate: int) -> None:
    # Every sample of this sine lies 3.01 dB under its crest.
    n = np.arange(rate)
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / 2_000.0)
    wave = (fade * np.sin(0.5 * np.pi * n + 0.25 * np.pi)).astype(np.float32)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.0103, abs=1e-3)
    assert true_peak_dbtp(wave[np.newaxis], rate) == pytest.approx(0.0, abs=0.01)


def test_true_peak_is_never_under_the_sample_peak() -> None:
    click = np.zeros((2, 200_000), dtype=np.float32)
    click[1, 65_536] = 0.5
    assert true_peak_dbtp(click, RATE) >= 20.0 * np.log10(0.5) - 1e-6
    assert true_peak_dbtp(np.zeros((2, 1_000), dtype=np.float32), RATE) == -np.inf
    assert np.isfinite(true_peak_dbtp(np.ones((1, 1), dtype=np.float32), RATE))


def test_both_peaks_are_those_that_are_measured_alone(rng: np.random.Generator) -> None:
    for audio in (rng.standard_normal((2, 100_001)).astype(np.float32), np.zeros((2, 9_000), "f4")):
        assert peaks_db(audio, 44_100) == (peak_dbfs(audio), true_peak_dbtp(audio, 44_100))


def test_true_peak_blocks_leave_no_seam(rng: np.random.Generator) -> None:
    # The largest crest right where one block ends and the next begins.
    n = np.arange(-65_536, 65_536)
    burst = np.exp(-((n / 300.0) ** 2)) * np.sin(0.5 * np.pi * n + 0.25 * np.pi)
    assert true_peak_dbtp(burst.astype(np.float32)[np.newaxis], RATE) == pytest.approx(
        0.0, abs=0.01
    )


def _square(rng: np.random.Generator) -> FloatArray:
    """A band-limited signal that rings at every edge, each of another height."""
    edges = np.repeat(rng.uniform(-1.0, 1.0, 1_000), 211)
    return np.stack([edges, np.roll(edges, 7)]).astype(np.float32)


def _clicks(rng: np.random.Generator) -> FloatArray:
    """Two equal samples each, between which a waveform rises by 2 dB."""
    audio = np.zeros((2, 150_000), np.float32)
    audio[rng.integers(0, 2, 300), 500 * np.arange(300)] = rng.uniform(-1.0, 1.0, 300)
    return audio + np.roll(audio, 1, axis=1)


def _tones(rng: np.random.Generator) -> FloatArray:
    n = np.arange(150_000)
    tones = sum(np.sin(w * n + p) for w, p in zip(*rng.uniform(0.01, 2.9, (2, 12)), strict=True))
    return np.stack([tones, 0.5 * tones]).astype(np.float32)


def _noise(rng: np.random.Generator) -> FloatArray:
    return rng.standard_normal((2, 150_000)).astype(np.float32)


@pytest.mark.parametrize("signal", [_square, _clicks, _tones, _noise])
def test_nothing_is_lost_by_what_is_left_out(
    signal: Callable[[np.random.Generator], FloatArray], rng: np.random.Generator
) -> None:
    audio = signal(rng)
    whole_dbtp = true_peak_dbtp(audio, RATE, whole=True)
    assert true_peak_dbtp(audio, RATE) == pytest.approx(whole_dbtp, abs=1e-4)


def test_audio_that_begins_and_ends_at_its_peak_rings_there() -> None:
    audio = np.full((1, 50_000), 0.5, np.float32)
    whole_dbtp = true_peak_dbtp(audio, RATE, whole=True)
    assert whole_dbtp > 20.0 * np.log10(0.5) + 0.3
    assert true_peak_dbtp(audio, RATE) == pytest.approx(whole_dbtp, abs=1e-4)


def test_a_part_rises_by_what_bends_in_the_next_one() -> None:
    """A step down right behind a part's end: the overshoot is in the part, which is flat."""
    n_part = true_peak._PART_SAMPLES
    audio = np.full((1, 16 * n_part), 0.5, np.float32)
    audio[0, 3 * n_part + 1 :] = -0.3
    audio[0, :n_part] *= np.linspace(0.0, 1.0, n_part, dtype=np.float32)
    audio[0, -n_part:] *= np.linspace(1.0, 0.0, n_part, dtype=np.float32)
    whole_dbtp = true_peak_dbtp(audio, RATE, whole=True)
    assert whole_dbtp > 20.0 * np.log10(0.5) + 1.0
    assert true_peak_dbtp(audio, RATE) == pytest.approx(whole_dbtp, abs=1e-4)


def test_a_crest_between_softer_samples_is_found() -> None:
    """A burst whose samples all lie 3 dB below those of a swell before it, and its crest above."""
    n = np.arange(40 * true_peak._PART_SAMPLES)
    swell = 0.8 * np.exp(-(((n - 10_000) / 2_000.0) ** 2)) * np.cos(0.01 * (n - 10_000))
    place = n - 30_000
    burst = np.exp(-((place / 60.0) ** 2)) * np.cos(0.5 * np.pi * place + 0.25 * np.pi)
    audio = (swell + 0.825 * burst).astype(np.float32)[np.newaxis]
    assert np.abs(audio[0, 29_000:]).max() < 0.6 < 0.799 < np.abs(audio).max()
    assert true_peak_dbtp(audio, RATE) == pytest.approx(20.0 * np.log10(0.825), abs=0.05)


def test_no_waveform_rises_over_its_samples_by_more_than_is_reckoned_with() -> None:
    """The filter less straight lines, as weights of second differences: their absolute sums."""
    times, n = true_peak._OVERSAMPLING, 2_048
    impulse = np.zeros(n)
    impulse[n // 2] = 1.0
    filtered = soxr.resample(impulse, 1, times, quality="HQ")
    lines = np.interp(np.arange(times * n) / times, np.arange(n), impulse)
    rises = [
        np.abs(np.cumsum(np.cumsum((filtered - lines)[phase::times]))).sum()
        for phase in range(times)
    ]
    assert 0.9 * true_peak._MOST_RISE < max(rises) < true_peak._MOST_RISE


def test_only_what_may_hold_the_peak_is_oversampled(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    of_part = true_peak._part_peak

    def counted(audio: FloatArray, part: int) -> float:
        parts.append(part)
        return of_part(audio, part)

    monkeypatch.setattr(true_peak, "_part_peak", counted)
    n = np.arange(30 * RATE)
    swell = np.exp(-(((n - 10 * RATE) / (5.0 * RATE)) ** 2)) * np.sin(0.1 * n)
    assert true_peak_dbtp(swell.astype(np.float32)[np.newaxis], RATE) == pytest.approx(0, abs=0.01)
    assert 0 < len(parts) < 0.05 * n.size / 1_024
