"""Measuring a profile: what goes in comes out, and a stem at its own profile stays put."""

from collections.abc import Iterator

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from mixer.fxnorm.curves import DEFAULT_BANDS_HZ, phi_curve, spectrum_curve_db
from mixer.fxnorm.profile import Profile, read_profile
from mixer.fxnorm.profile_measurement import MEASURED_EFFECTS, measure_profile
from tests.fxnorm.material import RATE, beat, wide

EFFECTS_WITH_BALANCE = ("eq", "compression", "balance", "loudness")


def test_default_bands_are_the_published_ones() -> None:
    np.testing.assert_allclose(DEFAULT_BANDS_HZ, read_profile("musdb18").bands_hz, rtol=1e-3)


def test_rumble_below_20_hz_is_held_at_the_loudest_above() -> None:
    """35 Hz and its mirror at -35 Hz are both within the smoothing of 5 and 10 Hz, not of 25."""
    magnitude = np.full(32_769, 1e-3)
    magnitude[round(35.0 * 65_536 / RATE)] = 1.0
    curve_db = spectrum_curve_db(magnitude, "drums", RATE, (5.0, 10.0, 25.0, 1_000.0))
    assert curve_db[:3] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert curve_db[3] < -1.0


def test_smoothing_is_a_first_order_savitzky_golay_filter(rng: np.random.Generator) -> None:
    magnitude = rng.uniform(0.5, 1.5, 32_769)
    bin_hz = np.arange(32_769) * RATE / 65_536
    for stem, n_bins in (("vocals", 401), ("other", 401), ("bass", 151), ("drums", 151)):
        smooth = scipy.signal.savgol_filter(magnitude, n_bins, 1, mode="mirror")
        level_db = 20.0 * np.log10(smooth / smooth[bin_hz >= 20.0].max())
        expected = np.interp(DEFAULT_BANDS_HZ, bin_hz, level_db)
        ours = spectrum_curve_db(magnitude, stem, RATE, DEFAULT_BANDS_HZ)
        np.testing.assert_allclose(ours, expected, atol=1e-9)
    phi = rng.uniform(0.0, 1.0, 32_769)
    smooth = scipy.signal.savgol_filter(phi, 501, 1, mode="mirror")
    expected = np.interp(DEFAULT_BANDS_HZ, bin_hz, smooth)
    np.testing.assert_allclose(phi_curve(phi, RATE, DEFAULT_BANDS_HZ), expected, atol=1e-9)


@pytest.fixture(scope="module")
def songs() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(11)
    return [
        {"drums": beat(rng), "other": wide(rng, lean_db=2.0) + beat(rng, 5.0)},
        {"drums": beat(rng) * np.float32(0.3), "bass": np.zeros((2, RATE), dtype=np.float32)},
    ]


@pytest.fixture(scope="module")
def measured(songs: list[dict[str, np.ndarray]]) -> Profile:
    return measure_profile(songs, RATE, about="noise")


def test_measured_profile_has_the_played_stems(measured: Profile) -> None:
    assert set(measured.stems) == {"drums", "other"}
    assert measured.about == "noise"
    assert len(measured.sha256) == 64


def test_level_does_not_move_the_figures(
    songs: list[dict[str, np.ndarray]], measured: Profile
) -> None:
    softer = [{name: audio * np.float32(0.5) for name, audio in song.items()} for song in songs]
    again = measure_profile(softer, RATE)
    for name, stem in again.stems.items():
        other = measured.stem(name)
        np.testing.assert_allclose(stem.spectrum_db, other.spectrum_db, atol=0.01)
        np.testing.assert_allclose(stem.panning_phi, other.panning_phi, atol=0.01)
        assert stem.loudness_lufs == pytest.approx(other.loudness_lufs, abs=0.1)
        assert stem.onset_peak_dbfs[0] == pytest.approx(other.onset_peak_dbfs[0], abs=0.1)


def test_white_noise_measures_flat() -> None:
    rng = np.random.default_rng(4)
    # Hits of white noise, the level of each its own: something for every measure.
    song = {"drums": beat(rng, 8.0) + np.float32(0.1) * wide(rng, 8.0)}
    profile = measure_profile([song], RATE, effects=EFFECTS_WITH_BALANCE)
    inner = np.array(profile.stem("drums").spectrum_db)[np.array(profile.bands_hz) > 200.0]
    assert np.std(inner) < 0.5
    assert -16.0 < profile.stem("drums").onset_peak_dbfs[0] < -10.0


def test_loudness_is_measured_after_compression_to_minus_ten(measured: Profile) -> None:
    # At -10 dBFS peak no stem of noise hits is as loud as -10 LUFS or below -50.
    assert -50.0 < measured.stem("drums").loudness_lufs < -10.0


def test_a_profile_of_one_song_averages_with_others(
    songs: list[dict[str, np.ndarray]], measured: Profile
) -> None:
    first, second = (measure_profile([song], RATE) for song in songs)
    spectra_db = [song.stem("drums").spectrum_db for song in (first, second)]
    mean_db = 20.0 * np.log10(np.mean(10.0 ** (np.array(spectra_db) / 20.0), axis=0))
    # EQ comes first: its average over songs is the average of the songs' own.
    off_db = np.subtract(mean_db, measured.stem("drums").spectrum_db)
    inner = np.array(measured.bands_hz) > 100.0
    assert np.ptp(off_db[inner]) < 0.1  # but for the level, which a profile does not hold


def test_any_bands_can_be_asked_for(songs: list[dict[str, np.ndarray]]) -> None:
    bands_hz = (50.0, 500.0, 5_000.0)
    profile = measure_profile(songs[:1], RATE, bands_hz=bands_hz)
    assert profile.bands_hz == bands_hz
    assert len(profile.stem("drums").panning_phi) == 3


def test_songs_that_can_be_read_once_only_are_refused(
    songs: list[dict[str, np.ndarray]],
) -> None:
    def once() -> Iterator[dict[str, np.ndarray]]:
        yield from songs

    with pytest.raises(InputError, match="four times"):
        measure_profile(once(), RATE)


def test_songs_without_music_are_refused() -> None:
    with pytest.raises(InputError, match="nothing to measure"):
        measure_profile([{"drums": np.zeros((2, RATE), dtype=np.float32)}], RATE)
    with pytest.raises(InputError, match="nothing to measure"):
        measure_profile([], RATE)
    tone = np.full((2, RATE // 50), 0.5, dtype=np.float32)
    with pytest.raises(InputError, match="drums"):
        measure_profile([{"drums": tone}], RATE, effects=MEASURED_EFFECTS)
