"""The bus reaches its loudness and holds its ceiling, by independent meters."""

import numpy as np
import pyebur128
import pytest

from mixer.console.master import (
    LOOKAHEAD_MS,
    MAX_REDUCTION_DB,
    RELEASE_MS,
    MasterFigures,
    OwnLevels,
    apply_master,
    limit_true_peak,
)
from mixer.meters.loudness import integrated_loudness_lufs, step_energies
from mixer.meters.true_peak import true_peak_dbtp
from tests.signals import band, noise, sine


def mix_of(rng, duration_s: float = 8.0, sample_rate: int = 44_100) -> np.ndarray:
    return sum(band(rng, duration_s, sample_rate).values())


def independent_meters(audio: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Loudness and true peak by libebur128."""
    state = pyebur128.R128State(
        2, sample_rate, pyebur128.MeasurementMode.MODE_I | pyebur128.MeasurementMode.MODE_TRUE_PEAK
    )
    state.add_frames(np.ascontiguousarray(audio.T.ravel()), audio.shape[1])
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(2))
    return pyebur128.get_loudness_global(state), 20 * np.log10(peak)


def test_a_mix_under_the_ceiling_is_not_touched(rng) -> None:
    mix = 0.1 * mix_of(rng)
    out, report = apply_master(mix, 44_100, loudness_lufs=None, ceiling_dbtp=-1.0)
    assert out is mix
    assert (report.gain_db, report.max_reduction_db, report.limited_share) == (0.0, 0.0, 0.0)


def test_each_further_gain_that_is_tried_is_told(rng) -> None:
    mix, tried = mix_of(rng), list[int]()
    ceiling = {"ceiling_dbtp": -1.0, "tried": tried.append}
    apply_master(0.1 * mix, 44_100, loudness_lufs=None, **ceiling)
    apply_master(mix, 44_100, loudness_lufs=-40.0, **ceiling)
    assert tried == []
    _, report = apply_master(mix, 44_100, loudness_lufs=-9.0, **ceiling)
    assert report.max_reduction_db > 0.0
    assert tried == list(range(1, len(tried) + 1)) != []


def test_the_limited_share_is_that_of_the_samples() -> None:
    """A quarter of a tone lies 6 dB above the ceiling, in both channels."""
    mix = np.repeat(sine(997.0, 4.0, 44_100, level=2.0), 2, axis=0)
    mix[:, 44_100:] *= np.float32(2e-4)  # too soft for the release to count
    _, report = apply_master(mix, 44_100, loudness_lufs=None, ceiling_dbtp=0.0)
    assert report.max_reduction_db == pytest.approx(6.0, abs=0.3)
    assert report.limited_share == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(("over_db", "share"), [(0.05, 0.0), (0.3, 1.0)])
def test_a_sample_counts_as_limited_from_a_tenth_of_a_decibel_on(over_db, share) -> None:
    mix = np.repeat(sine(997.0, 2.0, 44_100, level=10 ** (over_db / 20)), 2, axis=0)
    _, report = apply_master(mix, 44_100, loudness_lufs=None, ceiling_dbtp=0.0)
    assert report.limited_share == pytest.approx(share, abs=0.05)


def test_the_limiter_lets_go_within_its_release() -> None:
    """After a burst 6 dB over the ceiling 37 % of what a soft tone lacks is left after 100 ms."""
    mix = np.repeat(sine(997.0, 3.0, 44_100, level=2.0), 2, axis=0)
    mix[:, 44_100:] *= np.float32(0.1)
    out, _ = apply_master(mix, 44_100, loudness_lufs=None, ceiling_dbtp=0.0)
    loud, late = 44_100, 44_100 + 4_410
    missing = [1.0 - np.abs(out[0, t : t + 200]).max() / np.abs(mix[0, t : t + 200]).max()
               for t in (loud, late)]  # fmt: skip
    assert 0.4 < missing[0] < 0.5
    assert missing[1] / missing[0] == pytest.approx(np.exp(-1.0), abs=0.02)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(("target_lufs", "ceiling_dbtp"), [(-14.0, -1.0), (-23.0, -1.0), (-16, -3)])
def test_loudness_and_ceiling_are_met(rng, sample_rate, target_lufs, ceiling_dbtp) -> None:
    mix = mix_of(rng, 5.0, sample_rate)
    out, report = apply_master(
        mix, sample_rate, loudness_lufs=target_lufs, ceiling_dbtp=ceiling_dbtp
    )
    loudness_lufs, true_peak_dbtp = independent_meters(out, sample_rate)
    assert loudness_lufs == pytest.approx(target_lufs, abs=0.1)
    assert true_peak_dbtp <= ceiling_dbtp + 0.05
    assert report.true_peak_dbtp <= ceiling_dbtp
    assert report.loudness_lufs == pytest.approx(loudness_lufs, abs=0.05)


def test_the_limiter_holds_on_the_worst_case_between_samples() -> None:
    # a sine at a quarter of the rate, sampled at 45 degrees, hides 3 dB between its samples
    time = np.arange(44_100)
    wave = 1.3 * np.sin(np.pi / 2 * time + np.pi / 4).astype(np.float32)
    out, report = apply_master(
        np.stack([wave, wave]), 44_100, loudness_lufs=None, ceiling_dbtp=-1.0
    )
    assert independent_meters(out, 44_100)[1] <= -0.95
    assert 3.0 < report.max_reduction_db < 8.0


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_the_limiters_gain_reaches_a_peak_in_a_ramp(sample_rate) -> None:
    """A gain that falls within a sample is a click, however little of it the peak behind masks."""
    peak_at = sample_rate // 2
    audio = np.full((2, sample_rate), 0.2, np.float32)
    audio[:, peak_at : peak_at + 4] = 1.8
    gain = limit_true_peak(audio, sample_rate, -1.0)[0] / audio[0]
    assert gain[peak_at] < 0.5
    ahead = peak_at - round((LOOKAHEAD_MS + 1.0) * 1e-3 * sample_rate)
    assert gain[:ahead] == pytest.approx(1.0, abs=1e-6)
    # a straight line over the look-ahead would fall by this much a sample
    straight = (1.0 - gain.min()) / (LOOKAHEAD_MS * 1e-3 * sample_rate)
    assert np.diff(gain).min() > -2.5 * straight
    # behind the peak it comes back with the release
    back = 1.0 - gain[peak_at + round(RELEASE_MS * 1e-3 * sample_rate)]
    assert 0.2 < back / (1.0 - gain.min()) < 0.6


def test_no_target_that_only_distortion_would_reach(rng) -> None:
    mix = mix_of(rng)
    out, report = apply_master(mix, 44_100, loudness_lufs=-5.0, ceiling_dbtp=-1.0)
    assert report.loudness_lufs < -5.0
    assert report.max_reduction_db < MAX_REDUCTION_DB + 6.0
    most_db = -1.0 + MAX_REDUCTION_DB - independent_meters(mix, 44_100)[1]
    assert report.gain_db <= most_db + 0.1
    assert np.isfinite(out).all()


def test_without_a_ceiling_the_gain_is_exact(rng) -> None:
    mix = mix_of(rng)
    out, report = apply_master(mix, 44_100, loudness_lufs=-9.0, ceiling_dbtp=None)
    assert report.loudness_lufs == pytest.approx(-9.0, abs=0.01)
    assert np.allclose(out, mix * 10 ** (report.gain_db / 20), rtol=1e-6)


@pytest.mark.parametrize("mix", [np.zeros((2, 44_100), np.float32), np.zeros((2, 10), np.float32)])
def test_silence_stays_silence(mix) -> None:
    out, report = apply_master(mix, 44_100, loudness_lufs=-14.0, ceiling_dbtp=-1.0)
    assert not out.any()
    assert (report.loudness_lufs, report.true_peak_dbtp) == (None, None)


def test_limiting_lowers_only_what_is_loud(rng) -> None:
    quiet = noise(rng, 2.0, 44_100, 0.02)
    loud = quiet.copy()
    loud[:, 44_100:44_200] += 2.0 * sine(1_000.0, 100 / 44_100, 44_100, 1.0)
    out, _ = apply_master(loud, 44_100, loudness_lufs=None, ceiling_dbtp=-1.0)
    assert np.allclose(out[:, :40_000], loud[:, :40_000], atol=1e-6)
    assert np.abs(out).max() <= 10 ** (-1 / 20)


def test_the_figures_of_a_master_have_the_keys_of_their_type(rng) -> None:
    _, report = apply_master(noise(rng, 1.0, 48_000), 48_000, loudness_lufs=None, ceiling_dbtp=None)
    assert list(report.as_json()) == list(MasterFigures.__annotations__)


@pytest.mark.parametrize("n_samples", [1, 2, 3])
def test_a_song_of_a_few_samples_is_limited_like_any(n_samples: int) -> None:
    """Of two samples in two channels the limiter cannot tell which side is which."""
    audio = np.full((2, n_samples), 0.9, np.float32)
    done, _ = apply_master(audio, 44_100, loudness_lufs=None, ceiling_dbtp=-6.0)
    assert done.shape == audio.shape
    assert np.abs(done).max() <= 10 ** (-6.0 / 20)


@pytest.mark.parametrize("loudness_lufs", [None, -20.0, -9.0])
def test_levels_that_are_known_are_measured_no_second_time_and_change_nothing(
    rng: np.random.Generator, loudness_lufs: float | None
) -> None:
    mix = mix_of(rng)
    asked = {"loudness_lufs": loudness_lufs, "ceiling_dbtp": -1.0}
    measured = integrated_loudness_lufs(mix, 44_100), true_peak_dbtp(mix, 44_100)
    own = OwnLevels(*measured, step_energies(mix, 44_100))
    out, report = apply_master(mix, 44_100, **asked)
    again, report_again = apply_master(mix, 44_100, **asked, own=own)
    assert np.array_equal(out, again)
    assert report == report_again
    # What a gain alone did follows from what was there, and is not measured again.
    assert report.true_peak_dbtp == pytest.approx(true_peak_dbtp(out, 44_100), abs=1e-5)
    assert report.loudness_lufs == pytest.approx(integrated_loudness_lufs(out, 44_100), abs=1e-6)
    assert report.energies == pytest.approx(step_energies(out, 44_100), rel=1e-5)


def test_a_peak_that_a_rounding_would_decide_is_measured(rng: np.random.Generator) -> None:
    """Gains that bring a mix just to its ceiling: it is limited exactly where it is above."""
    mix = mix_of(rng)
    loudness_lufs, peak_dbtp = integrated_loudness_lufs(mix, 44_100), true_peak_dbtp(mix, 44_100)
    for over_db in (-1e-3, -1e-6, 0.0, 1e-6, 1e-3):
        target_lufs = loudness_lufs - 1.0 - peak_dbtp + over_db
        out, report = apply_master(mix, 44_100, loudness_lufs=target_lufs, ceiling_dbtp=-1.0)
        assert true_peak_dbtp(out, 44_100) <= -1.0
        loud = mix * np.float32(10.0 ** ((target_lufs - loudness_lufs) / 20.0))
        assert (report.max_reduction_db > 0.0) == (true_peak_dbtp(loud, 44_100) > -1.0)


@pytest.mark.parametrize("loudness_lufs", [None, -30.0, -20.0, -9.0])
def test_a_mix_that_is_given_away_gives_the_same(
    rng: np.random.Generator, loudness_lufs: float | None
) -> None:
    """Below the ceiling it becomes what is returned; where it is limited it is read again."""
    mix = mix_of(rng)
    asked = {"loudness_lufs": loudness_lufs, "ceiling_dbtp": -1.0}
    expected, report = apply_master(mix, 44_100, **asked)
    given = mix.copy()
    found, found_report = apply_master(given, 44_100, **asked, consume=True)
    assert np.array_equal(found, expected)
    assert found_report == report
    assert (found is given) == (report.max_reduction_db == 0.0)
