"""EQ normalisation: the shape is reached, in phase, and nothing else happens."""

import functools
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from mixer.fxnorm.equalization import N_FFT, match_equalization, measure_spectrum
from mixer.fxnorm.profile import read_profile
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from tests.fxnorm.material import RATE, beat, energy_db, wide


def falling(frequencies_hz: np.ndarray) -> np.ndarray:
    """3 dB an octave down from 100 Hz on."""
    return np.minimum(1.0, np.sqrt(100.0 / np.maximum(frequencies_hz, 1.0)))


def shape_db(audio: np.ndarray) -> np.ndarray:
    """Sixth-octave levels from 50 Hz to 16 kHz, their mean subtracted."""
    spectrum = measure_spectrum(audio, RATE)
    assert spectrum is not None
    bin_hz = np.arange(spectrum.size) * RATE / N_FFT
    centres_hz = 1_000.0 * 2.0 ** (np.arange(-26, 25) / 6.0)
    edge = 2.0 ** (1 / 12)
    bands = [spectrum[(bin_hz >= f / edge) & (bin_hz < f * edge)].mean() for f in centres_hz]
    level_db = 20.0 * np.log10(bands)
    return level_db - level_db.mean()


def target_db() -> np.ndarray:
    level_db = 20.0 * np.log10(falling(1_000.0 * 2.0 ** (np.arange(-26, 25) / 6.0)))
    return level_db - level_db.mean()


def test_white_noise_takes_the_target_shape(rng: np.random.Generator) -> None:
    audio, _ = match_equalization(wide(rng), RATE, falling)
    assert np.sqrt(np.mean((shape_db(audio) - target_db()) ** 2)) < 0.7


def test_shaped_noise_is_left_where_it_is(rng: np.random.Generator) -> None:
    once, _ = match_equalization(wide(rng), RATE, falling)
    _, done = match_equalization(once, RATE, falling)
    # The single bins of a mean over a few seconds scatter by a dB or two: a gain curve made of
    # them may not do more than that.
    assert all(c["largest_boost_db"] < 6.0 and c["largest_cut_db"] > -6.0 for c in done)


def test_the_filter_has_no_phase(rng: np.random.Generator) -> None:
    click = 1e-3 * rng.standard_normal((1, 3 * RATE)).astype(np.float32)
    click[0, RATE] = 0.9
    shaped, _ = match_equalization(click, RATE, falling)
    around = shaped[0, RATE - 400 : RATE + 401]
    assert int(np.argmax(np.abs(shaped))) == RATE
    assert np.abs(around - around[::-1]).max() < 0.05 * np.abs(around).max()


def test_energy_stays_that_at_the_working_loudness(rng: np.random.Generator) -> None:
    audio = wide(rng, lean_db=4.0)
    loudness = [integrated_loudness_lufs(c[None], RATE, COOKBOOK_FILTER, N_FFT) for c in audio]
    shaped, done = match_equalization(audio, RATE, falling)
    expected = energy_db(audio) + (-30.0 - np.array(loudness))
    np.testing.assert_allclose(energy_db(shaped), expected, atol=0.3)
    assert [c["level_db"] for c in done] == pytest.approx([-30.0 - lufs for lufs in loudness])


def test_a_silent_channel_is_left_alone(rng: np.random.Generator) -> None:
    audio = beat(rng)
    audio[1] = 1e-4
    shaped, done = match_equalization(audio, RATE, falling)
    np.testing.assert_array_equal(shaped[1], audio[1])
    assert done[1] is None
    loudness_lufs = integrated_loudness_lufs(audio[:1], RATE, COOKBOOK_FILTER, N_FFT)
    assert done[0]["level_db"] == pytest.approx(-30.0 - loudness_lufs)


@pytest.mark.parametrize(("peak_dbfs", "is_played"), [(-49.0, True), (-51.0, False)])
def test_a_channel_is_played_from_minus_50_dbfs_on(
    rng: np.random.Generator, peak_dbfs: float, is_played: bool
) -> None:
    audio = wide(rng)[:1]
    audio *= np.float32(10 ** (peak_dbfs / 20)) / np.abs(audio).max()
    assert integrated_loudness_lufs(audio, RATE, COOKBOOK_FILTER, N_FFT) > -70.0
    shaped, (done,) = match_equalization(audio, RATE, falling)
    assert (done is not None) == is_played
    assert np.array_equal(shaped, audio) == (not is_played)


def test_a_spectrum_is_measured_at_the_working_loudness_or_at_full_scale(
    rng: np.random.Generator,
) -> None:
    """At -30 LUFS; clicks are not brought there, since they would be beyond full scale."""
    steady = wide(rng)
    for level in (0.01, 1.0):
        assert np.allclose(measure_spectrum(level * steady, RATE), measure_spectrum(steady, RATE))
    clicks = np.zeros((1, 4 * RATE), np.float32)
    clicks[:, RATE // 4 :: RATE // 2] = 0.1
    assert integrated_loudness_lufs(10.0 * clicks, RATE, COOKBOOK_FILTER, N_FFT) < -38.0
    found, single = measure_spectrum(clicks, RATE), np.zeros((1, 4 * RATE), np.float32)
    single[:, RATE // 4 :: RATE // 2] = 1.0
    assert np.allclose(found, measure_spectrum(single, RATE))
    # Every frame holds two or three clicks of height 1, each under a window of at most 1.
    assert found.max() < 3.0


def test_identical_channels_stay_identical_and_in_place_is_the_same(
    rng: np.random.Generator,
) -> None:
    audio = np.repeat(beat(rng)[:1], 2, axis=0)
    apart, done = match_equalization(audio, RATE, falling)
    np.testing.assert_array_equal(apart[0], apart[1])
    alone, _ = match_equalization(audio[:1], RATE, falling)
    np.testing.assert_array_equal(alone[0], apart[0])
    assert done[0] == done[1]
    match_equalization(audio, RATE, falling, out=audio)
    np.testing.assert_array_equal(audio, apart)


def test_a_band_limited_stem_is_not_blown_up() -> None:
    n = np.arange(4 * RATE)
    tone = (0.5 * np.sin(2.0 * np.pi * 440.0 * n / RATE)).astype(np.float32)[np.newaxis]
    shaped, done = match_equalization(tone, RATE, falling)
    assert done[0] is not None
    assert done[0]["largest_boost_db"] <= 80.0 + 1e-9
    assert np.all(np.isfinite(shaped))
    # The tone starts in the middle of a song: no step, so that there is only the tone.
    assert np.abs(shaped).max() < 1.0


def test_a_bound_keeps_a_stem_from_bands_that_it_hardly_has(rng: np.random.Generator) -> None:
    low_pass = scipy.signal.butter(4, 2_000.0, fs=RATE, output="sos")
    dull = scipy.signal.sosfilt(low_pass, 0.2 * rng.standard_normal((1, 4 * RATE)))
    audio = dull.astype(np.float32)
    free, bound = (
        match_equalization(audio, RATE, np.ones_like, largest_boost_db=bound_db)[0]
        for bound_db in (80.0, 12.0)
    )
    # Two octaves and a half above its corner the recording is 60 dB down. Unbounded it becomes
    # nearly white; with the bound it comes up by 12 dB.
    freqs_hz = np.fft.rfftfreq(audio.shape[1], 1.0 / RATE)
    high, low = (freqs_hz > 10_000.0) & (freqs_hz < 12_000.0), (freqs_hz > 300) & (freqs_hz < 1_000)

    def tilt_db(x: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(x[0])) ** 2
        return float(10.0 * np.log10(power[high].mean() / power[low].mean()))

    assert tilt_db(audio) < -50.0
    assert tilt_db(free) > -6.0
    assert tilt_db(bound) == pytest.approx(tilt_db(audio) + 12.0, abs=3.0)


def edge_over_inner_db(shaped: np.ndarray) -> float:
    """The peak within the filter's reach of both ends, over the peak between."""
    edges = np.concatenate([shaped[:, :1_000], shaped[:, -1_000:]], axis=1)
    return float(20.0 * np.log10(np.abs(edges).max() / np.abs(shaped[:, 1_000:-1_000]).max()))


def test_a_song_cut_in_the_middle_does_not_click(rng: np.random.Generator) -> None:
    low_pass = scipy.signal.butter(6, 3_000.0, fs=RATE, output="sos")
    song = scipy.signal.sosfilt(low_pass, 0.2 * rng.standard_normal((8, 3 * RATE)))
    clicks_db, boosts_db = [], []
    for cut in song[:, np.newaxis, RATE : 2 * RATE].astype(np.float32):
        shaped, done = match_equalization(cut, RATE, np.ones_like)
        assert done[0] is not None
        boosts_db.append(done[0]["largest_boost_db"])
        assert edge_over_inner_db(shaped) < 2.0
        between_zeros, _ = match_equalization(cut, RATE, np.ones_like, between_zeros=True)
        clicks_db.append(edge_over_inner_db(between_zeros))
        # The two differ by the clicks alone.
        np.testing.assert_allclose(
            shaped[:, 2_000:-2_000], between_zeros[:, 2_000:-2_000], atol=1e-4 * shaped.max()
        )
    assert min(clicks_db) > 10.0
    assert max(boosts_db) > 50.0


@pytest.mark.shared
@pytest.mark.parametrize(
    "song_stem",
    ["trackswitch_demo/drums", "caesium/other", "potassium/drums", "kira_dynamic/other"],
)
def test_real_stems_that_start_or_end_in_the_music_do_not_click(
    shared: Path, song_stem: str
) -> None:
    path = shared / "audio" / "stems" / f"{song_stem}.ogg"
    samples, rate = soundfile.read(path, dtype="float32")
    curve = functools.partial(read_profile("musdb18").magnitude_at, song_stem.split("/")[1])
    shaped, _ = match_equalization(np.ascontiguousarray(samples.T), rate, curve)
    assert all(edge_over_inner_db(channel[np.newaxis]) < 2.0 for channel in shaped)
