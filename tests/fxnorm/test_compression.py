"""The compressor against its equations, and the search for the gentlest setting."""

import numpy as np
import pytest

from mixer.dsp.onsets import measure_onset_peaks
from mixer.fxnorm.compression import (
    SETTINGS,
    CompressorSettings,
    _first_true,
    _gentlest,
    compress,
    match_compression,
)
from tests.fxnorm.material import RATE, beat


def by_the_sample(
    x: np.ndarray, rate: int, ratio: float, threshold_db: float, settings: CompressorSettings
) -> np.ndarray:
    """Giannoulis et al. (2012), equations 4 and 16, in a loop."""
    attack = np.exp(-1.0 / (1e-3 * settings.attack_ms * rate))
    release = np.exp(-1.0 / (1e-3 * settings.release_ms * rate))
    level_db = 20.0 * np.log10(np.maximum(np.abs(x.astype(np.float64)), 1e-6))
    wanted_db = np.maximum(level_db - threshold_db, 0.0) * (1.0 - 1.0 / ratio)
    smooth_db = np.zeros(x.size)
    previous = 0.0
    for n, wanted in enumerate(wanted_db):
        a = attack if wanted > previous else release
        previous = a * previous + (1.0 - a) * wanted
        smooth_db[n] = previous
    return x * 10.0 ** (-smooth_db / 20.0)


def test_settings_are_the_published_ones() -> None:
    published = {
        "vocals": (7.5, 400.0, 4),
        "drums": (10.0, 180.0, 6),
        "bass": (10.0, 500.0, 5),
        "other": (15.0, 666.0, 4),
    }
    assert {stem: CompressorSettings(*values) for stem, values in published.items()} == SETTINGS


@pytest.mark.parametrize(("peak_dbfs", "is_played"), [(-49.0, True), (-51.0, False)])
def test_a_channel_is_played_from_minus_50_dbfs_on(
    rng: np.random.Generator, peak_dbfs: float, is_played: bool
) -> None:
    audio = beat(rng)[:1]
    audio *= np.float32(10 ** (peak_dbfs / 20)) / np.abs(audio).max()
    pressed, (done,) = match_compression(audio, RATE, (-60.0, 0.0), SETTINGS["drums"])
    assert (done is not None) == is_played
    assert np.array_equal(pressed, audio) == (not is_played)


@pytest.mark.parametrize("stem", sorted(SETTINGS))
@pytest.mark.parametrize(("ratio", "threshold_db"), [(4.0, -20.0), (20.0, -40.0)])
def test_compressor_follows_its_equations(
    rng: np.random.Generator, stem: str, ratio: float, threshold_db: float
) -> None:
    # Long enough for three internal blocks.
    audio = beat(rng, 3.5)[0]
    ours = compress(audio, RATE, ratio, threshold_db, SETTINGS[stem])
    expected = by_the_sample(audio, RATE, ratio, threshold_db, SETTINGS[stem])
    loud = np.abs(expected) > 1e-5
    off_db = 20.0 * np.log10(np.abs(ours[loud] / expected[loud]))
    assert np.abs(off_db).max() < 5e-3


def test_steady_level_is_reduced_by_the_ratio() -> None:
    square = np.full(2 * RATE, 10.0 ** (-10.0 / 20.0), dtype=np.float32)
    square[::2] *= -1.0
    out = compress(square, RATE, 4.0, -30.0, SETTINGS["vocals"])
    assert 20.0 * np.log10(abs(out[-1])) == pytest.approx(-30.0 + 20.0 / 4.0, abs=0.01)


def test_below_the_threshold_nothing_changes(rng: np.random.Generator) -> None:
    audio = 0.01 * rng.uniform(-1, 1, RATE).astype(np.float32)
    np.testing.assert_allclose(
        compress(audio, RATE, 20.0, -40.0, SETTINGS["bass"]), audio, rtol=3e-5
    )


def test_a_tame_stem_is_only_peak_normalised(rng: np.random.Generator) -> None:
    audio = beat(rng)
    out, done = match_compression(audio, RATE, (-5.0, 1.0), SETTINGS["drums"])
    expected = audio * (10.0**-0.5 / np.abs(audio).max(axis=1, keepdims=True))
    np.testing.assert_allclose(out, expected, rtol=1e-6)
    assert [c["ratio"] for c in done] == [None, None]


@pytest.mark.parametrize(("above_db", "n_compressed"), [(-0.05, 0), (0.05, 1)])
def test_a_stem_is_compressed_from_the_bound_on(
    rng: np.random.Generator, above_db: float, n_compressed: int
) -> None:
    audio = beat(rng)[:1]
    at_peak = audio * np.float32(10.0**-0.5 / np.abs(audio).max())
    found = measure_onset_peaks(at_peak, RATE)
    assert found is not None
    profile_dbfs = (found.mean_dbfs - above_db - 1.0, 1.0)
    _, done = match_compression(audio, RATE, profile_dbfs, SETTINGS["drums"])
    assert sum(channel["ratio"] is not None for channel in done) == n_compressed


def test_a_loud_stem_gets_the_gentlest_setting_that_meets_the_bound(
    rng: np.random.Generator,
) -> None:
    audio = beat(rng)
    bound_dbfs, settings = -13.0, SETTINGS["drums"]
    out, done = match_compression(audio, RATE, (-14.0, 1.0), settings)
    normalised = (audio * (10.0**-0.5 / np.abs(audio).max(axis=1, keepdims=True))).astype(
        np.float32
    )
    for channel in range(2):
        report = done[channel]
        assert report is not None
        assert report["bound_met"]
        ratio, threshold_db = report["ratio"], report["threshold_db"]

        def level_dbfs(threshold_db: float, channel: int = channel, ratio: int = ratio) -> float:
            pressed = compress(normalised[channel], RATE, ratio, threshold_db, settings)
            peaks = measure_onset_peaks(pressed[np.newaxis], RATE)
            assert peaks is not None
            return peaks.mean_dbfs

        assert level_dbfs(threshold_db) < bound_dbfs
        assert level_dbfs(threshold_db + 0.5) >= bound_dbfs
        pressed = compress(normalised[channel], RATE, ratio, threshold_db, settings)
        np.testing.assert_allclose(out[channel], pressed, atol=1e-6)
        assert report["onset_peak_after_dbfs"] == pytest.approx(level_dbfs(threshold_db), abs=1e-3)


def test_what_cannot_be_tamed_gets_the_hardest_setting_and_says_so(
    rng: np.random.Generator,
) -> None:
    _, done = match_compression(beat(rng), RATE, (-60.0, 1.0), SETTINGS["vocals"])
    assert all((c["ratio"], c["threshold_db"], c["bound_met"]) == (20, -40.0, False) for c in done)


@pytest.mark.parametrize("bend", [0.3, 1.5, 6.0])
@pytest.mark.parametrize("hardness_db", [0.0, 0.1, 8.3, 33.0, 38.0, 44.5, 56.9])
def test_search_equals_trying_every_setting(hardness_db: float, bend: float) -> None:
    tried = []

    def peak_dbfs(ratio: int, index: int) -> float:
        tried.append((ratio, index))
        return -30.0 * (max(index, 0) / 60.0) ** bend * (1.0 + 0.05 * ratio)

    bound_dbfs = np.nextafter(-hardness_db, 1.0)
    settings = [(ratio, index) for ratio in range(4, 21) for index in range(61)]
    first = next((s for s in settings if peak_dbfs(*s) < bound_dbfs), None)
    tried.clear()
    assert _gentlest(peak_dbfs, bound_dbfs, 4, 0.0) == (first or (20, 60))
    assert len(set(tried)) <= 17
    # What falls as compressors' outputs do is found sooner than by halves.
    assert bend != 1.5 or len({index for ratio, index in tried if ratio == tried[-1][0]}) <= 6


def test_first_true_stops_at_the_border() -> None:
    assert _first_true(lambda n: n >= 7, -1, 60) == 7
    assert _first_true(lambda n: True, -1, 60) == 0


def test_identical_channels_and_in_place(rng: np.random.Generator) -> None:
    audio = np.repeat(beat(rng, 3.0)[:1], 2, axis=0)
    apart, _ = match_compression(audio, RATE, (-15.0, 1.0), SETTINGS["drums"])
    np.testing.assert_array_equal(apart[0], apart[1])
    alone, _ = match_compression(audio[:1], RATE, (-15.0, 1.0), SETTINGS["drums"])
    np.testing.assert_array_equal(apart[:1], alone)
    match_compression(audio, RATE, (-15.0, 1.0), SETTINGS["drums"], out=audio)
    np.testing.assert_array_equal(audio, apart)
