"""The numbers behind the report's charts, on signals whose answers are known."""

import numpy as np
import pytest

from mixer.meters.masking import bark_powers, stem_masked_shares
from mixer.report.data import _lined_up
from mixer.report.listening import loudest_region
from mixer.report.matching import Level, matching_gains_db
from mixer.report.report_curves import (
    LOWEST_DIRECTION_DB,
    N_DIRECTIONS,
    energy_by_direction_db,
    envelope,
    loudness_over_time,
    peak_reduction_db,
)
from mixer.report.report_masking import ALL_OTHERS, band_edges_hz, masking_by_pair
from tests.signals import noise, sine

RATE_HZ = 44_100


def test_an_envelope_has_the_extremes_of_each_column() -> None:
    audio = np.array([[0.0, 0.5, -0.25, 0.0, 0.1, 0.0], [0.0, 0.0, 0.0, -1.0, 0.0, 0.1]], "f4")
    drawn = envelope(audio, n_columns=3)
    assert drawn == {"peak": 1.0, "low": [0, -127, 0], "high": [64, 0, 13]}
    assert envelope(np.zeros((2, 9), np.float32))["peak"] == 0.0
    assert envelope(np.zeros((2, 0), np.float32))["high"] == [0]
    assert len(envelope(np.full((1, 5), 0.1, np.float32), n_columns=3)["high"]) == 3


def test_loudness_over_time_stands_in_the_middle_of_its_windows() -> None:
    # 997 Hz at full scale on both channels reads 0 LUFS; 20 dB down reads -20.
    audio = np.repeat(sine(997.0, 70.0, RATE_HZ, 0.1), 2, axis=0)
    audio[:, 35 * RATE_HZ :] = 0.0
    drawn = loudness_over_time(audio, RATE_HZ)
    times_s, lufs = np.array(drawn["time_s"]), drawn["lufs"]
    assert len(lufs) <= 600
    assert times_s[0] == pytest.approx(1.5, abs=0.1)
    assert times_s[-1] == pytest.approx(68.5, abs=0.1)
    before = [level for time_s, level in zip(times_s, lufs, strict=True) if time_s < 33.0]
    after = [level for time_s, level in zip(times_s, lufs, strict=True) if time_s > 37.0]
    assert before == pytest.approx([-20.0] * len(before), abs=0.05)
    assert set(after) == {None}
    assert loudness_over_time(audio[:, : 2 * RATE_HZ], RATE_HZ) == {"time_s": [], "lufs": []}


def test_peak_reduction_is_what_the_peaks_lost() -> None:
    before = np.repeat(sine(100.0, 1.0, RATE_HZ, 0.8), 2, axis=0)
    after = before.copy()
    after[:, RATE_HZ // 2 :] *= np.float32(0.5)
    drawn = peak_reduction_db(before, after, n_columns=10)
    assert drawn == pytest.approx([0.0] * 5 + [6.02] * 5, abs=0.01)
    assert peak_reduction_db(1e-5 * before, after, n_columns=4) == [0.0] * 4
    # A peak is one of any channel and either sign.
    for sign, channel in ((1.0, 0), (-1.0, 1)):
        before, after = (np.full((2, 4), level, np.float32) for level in (0.1, 0.1))
        before[channel, 1], after[channel, 1] = sign * 0.8, sign * 0.4
        assert peak_reduction_db(before, after, n_columns=2) == [6.02, 0.0]


@pytest.mark.parametrize(
    ("left", "right", "degrees"),
    [(1.0, 1.0, 0), (1.0, 0.0, 45), (0.0, 1.0, -45), (-1.0, 1.0, -90), (-1.0, -1.0, 0)],
)
def test_energy_comes_from_where_it_is_panned(left, right, degrees) -> None:
    mono = sine(440.0, 0.5, RATE_HZ)
    levels_db = energy_by_direction_db(np.concatenate([left * mono, right * mono]))
    angle = np.linspace(-90, 90, N_DIRECTIONS)
    loud = angle[np.array(levels_db) > -3.1]
    # Out of phase is one direction, drawn at both ends.
    assert set(np.abs(loud) if abs(degrees) == 90 else loud) == {
        float(abs(degrees) if abs(degrees) == 90 else degrees)
    }
    assert set(energy_by_direction_db(np.zeros((2, 9), np.float32))) == {LOWEST_DIRECTION_DB}


def test_masking_by_pair_agrees_with_the_measure_of_two_stems(rng) -> None:
    stems = {
        "vocals": sine(1000.0, 1.0, RATE_HZ, 0.001),
        "drums": noise(rng, 1.0, RATE_HZ, 0.1)[:1],
    }
    powers = {stem: bark_powers(audio, RATE_HZ) for stem, audio in stems.items()}
    rows = masking_by_pair(powers)
    shares = stem_masked_shares(powers)
    assert [(row["stem"], row["masker"]) for row in rows] == [
        ("vocals", "drums"),
        ("drums", "vocals"),
    ]
    for row in rows:
        assert row["share"] == pytest.approx(shares[row["stem"]], abs=1e-4)
    assert rows[0]["share"] > 0.9  # a quiet tone in loud noise
    assert rows[1]["share"] < 0.1


def test_masking_is_in_the_band_where_both_sound() -> None:
    low, high = sine(100.0, 1.0, RATE_HZ, 0.5), sine(5000.0, 1.0, RATE_HZ, 0.5)
    stems = {"bass": low, "other": high, "vocals": 0.05 * low + 0.5 * high}
    rows = masking_by_pair({stem: bark_powers(audio, RATE_HZ) for stem, audio in stems.items()})
    edges_hz = band_edges_hz()
    bands = {hz: int(np.searchsorted(edges_hz, hz)) - 1 for hz in (100, 5000)}
    found = {(row["stem"], row["masker"]): row["bands"] for row in rows}
    assert found["vocals", "bass"][bands[100]] == 1.0
    assert found["vocals", "bass"][bands[5000]] == 0.0
    assert found["vocals", ALL_OTHERS][bands[100]] == 1.0
    assert found["bass", "other"][bands[5000]] is None  # there is no bass up there
    assert masking_by_pair({}) == []
    assert masking_by_pair({"bass": np.zeros((24, 3), np.float32)}) == []


def test_all_others_mask_as_one_stem_that_is_their_sum(rng) -> None:
    """A stem does not mask itself."""
    powers = {
        stem: bark_powers(noise(rng, 1.0, RATE_HZ, level)[:1], RATE_HZ)
        for stem, level in {"vocals": 0.06, "bass": 0.08, "drums": 0.1}.items()
    }
    found = {(row["stem"], row["masker"]): row for row in masking_by_pair(powers)}
    for stem, own in powers.items():
        rest = sum(power for other, power in powers.items() if other != stem)
        alone = masking_by_pair({stem: own, "rest": rest})[0]
        together = found[stem, ALL_OTHERS]
        assert (together["share"], together["bands"]) == (alone["share"], alone["bands"])
    shares = [found[stem, ALL_OTHERS]["share"] for stem in powers]
    assert shares == sorted(shares, reverse=True)  # the softer, the more is hidden
    assert 0.1 < shares[1] < 0.9


def test_a_spectrum_is_lined_up_by_its_power_where_stems_sound() -> None:
    bands_hz = np.array([20.0, 60.0, 1_000.0, 12_000.0, 20_000.0])
    curve_db = np.array([40.0, 10.0, 0.0, -10.0, 40.0])
    mean_db = 10.0 * np.log10((10.0 + 1.0 + 0.1) / 3.0)
    drawn = _lined_up(curve_db, bands_hz)
    assert drawn == pytest.approx((curve_db - mean_db).tolist(), abs=0.01)
    assert _lined_up(None, bands_hz) is None


def test_matched_sources_are_equally_loud_and_none_clips() -> None:
    levels = {
        "mix": Level(-14.0, -1.0),
        "input_sum": Level(-24.0, -4.0),  # 20 dB between peak and loudness
        "silence": Level(-np.inf, -np.inf),
    }
    gains_db = matching_gains_db(levels)
    assert gains_db == pytest.approx({"mix": -6.5, "input_sum": 3.5, "silence": 0.0})
    quiet = {"mix": Level(-14.0, -8.0), "input_sum": Level(-20.0, -13.0)}
    assert matching_gains_db(quiet) == pytest.approx({"mix": 0.0, "input_sum": 6.0})
    assert matching_gains_db({"mix": Level(-np.inf, -np.inf)}) == {"mix": 0.0}


def test_the_preview_is_the_loudest_stretch() -> None:
    audio = np.repeat(sine(440.0, 30.0, RATE_HZ, 0.01), 2, axis=0)
    audio[:, 12 * RATE_HZ : 18 * RATE_HZ] *= np.float32(30.0)
    start, stop = loudest_region(audio, RATE_HZ, 6.0)
    assert (start / RATE_HZ, stop / RATE_HZ) == (
        pytest.approx(12.0, abs=0.1),
        pytest.approx(18.0, abs=0.1),
    )
    assert loudest_region(audio, RATE_HZ, 40.0) == (0, 30 * RATE_HZ)
    assert loudest_region(0.0 * audio, RATE_HZ, 6.0) == (0, 6 * RATE_HZ)
