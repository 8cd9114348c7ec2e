"""What engineers read, on signals whose readings are known or prescribed."""

import math

import numpy as np
import pytest

from mixer.meters.engineering import measure_engineering
from mixer.meters.loudness_range import loudness_range_lu
from mixer.meters.masking import (
    N_BANDS,
    bark,
    bark_powers,
    self_masked_share,
    spreading_matrix,
    stem_masked_shares,
)
from mixer.meters.signal import Signal
from mixer.meters.stereo_spectrum import (
    CURVE_BANDS_HZ,
    band_density_db,
    band_figures,
    measure_stereo_spectrum,
)
from tests.signals import noise, sine

RATE_HZ = 44_100


def stereo_tone(level_dbfs: float, duration_s: float, frequency_hz: float = 1_000.0) -> np.ndarray:
    level = 10.0 ** (level_dbfs / 20.0)
    return np.repeat(sine(frequency_hz, duration_s, RATE_HZ, level), 2, axis=0)


@pytest.mark.parametrize(
    ("levels_dbfs", "expected_lu"),
    [
        ((-20, -30), 10.0),
        ((-20, -15), 5.0),
        ((-40, -20), 20.0),
        ((-50, -35, -20, -35, -50), 15.0),
    ],
)
def test_loudness_range_of_the_ebus_signals(levels_dbfs, expected_lu) -> None:
    # EBU Tech 3342, table 1, cases 1 to 4: 20 s of a 1 kHz tone each, within 1 LU.
    programme = np.concatenate([stereo_tone(level, 20.0) for level in levels_dbfs], axis=1)
    assert loudness_range_lu(programme, RATE_HZ) == pytest.approx(expected_lu, abs=1.0)


def test_loudness_range_agrees_with_libebur128(rng) -> None:
    pyebur128 = pytest.importorskip("pyebur128")
    # libebur128 looks once a second, this meter ten times: they agree on slow changes.
    fall = 10.0 ** (np.linspace(0.0, -12.0, 120 * RATE_HZ) / 20.0)
    audio = (noise(rng, 120.0, RATE_HZ) * fall).astype(np.float32)
    meter = pyebur128.R128State(2, RATE_HZ, pyebur128.MeasurementMode.MODE_LRA)
    meter.add_frames(np.ascontiguousarray(audio.T).ravel(), audio.shape[1])
    theirs = pyebur128.get_loudness_range(meter)
    assert loudness_range_lu(audio, RATE_HZ) == pytest.approx(theirs, abs=0.15)
    assert theirs == pytest.approx(0.85 * 12.0, abs=0.3)


def test_short_and_silent_programmes_have_no_range() -> None:
    assert loudness_range_lu(stereo_tone(-20, 2.0), RATE_HZ) == 0.0
    assert loudness_range_lu(np.zeros((2, 5 * RATE_HZ), np.float32), RATE_HZ) == 0.0


def test_readings_of_a_tone() -> None:
    tone = stereo_tone(-20.0, 5.0, 997.0)
    read = measure_engineering(Signal(tone, RATE_HZ))
    reading = read.readings
    assert reading["loudness_lufs"] == pytest.approx(-20.0, abs=0.1)  # EBU Tech 3341, case 1's kind
    assert reading["true_peak_dbtp"] == pytest.approx(-20.0, abs=0.1)
    assert reading["crest_factor_db"] == pytest.approx(3.01, abs=0.01)
    louder = read.figures(6.0)
    assert louder["loudness_lufs"] - read.figures()["loudness_lufs"] == pytest.approx(6.0)
    assert louder["crest_factor_db"] == reading["crest_factor_db"]


@pytest.mark.parametrize(
    ("gain_left", "gain_right", "width", "correlation"),
    [(1.0, 1.0, 0.0, 1.0), (1.0, -1.0, 1.0, -1.0), (1.0, 0.0, 0.5, 1.0), (1.0, 0.5, 0.1, 1.0)],
)
def test_width_and_correlation_of_a_panned_source(
    rng, gain_left, gain_right, width, correlation
) -> None:
    mono = noise(rng, 3.0, RATE_HZ)[0]
    audio = np.stack([gain_left * mono, gain_right * mono]).astype(np.float32)
    for figures in band_figures(measure_stereo_spectrum(audio, RATE_HZ)):
        assert figures.width == pytest.approx(width, abs=1e-4)
        assert figures.correlation == pytest.approx(correlation, abs=1e-4)


def test_independent_channels_do_not_correlate(rng) -> None:
    for figures in band_figures(measure_stereo_spectrum(noise(rng, 20.0, RATE_HZ), RATE_HZ)):
        assert figures.width == pytest.approx(0.5, abs=0.05)
        assert figures.correlation == pytest.approx(0.0, abs=0.1)


def test_a_bands_share_is_its_power() -> None:
    # Four times the power at 50 Hz as at 1 kHz: -0.97 dB and -6.99 dB.
    audio = stereo_tone(-20.0, 5.0, 50.0) + stereo_tone(-26.02, 5.0, 1_000.0)
    shares = {
        figures.name: figures.share_db
        for figures in band_figures(measure_stereo_spectrum(audio, RATE_HZ))
    }
    assert shares["low"] == pytest.approx(-0.97, abs=0.05)
    assert shares["mid"] == pytest.approx(-6.99, abs=0.05)
    assert shares["high"] < -60.0


def test_white_noise_has_a_flat_density_and_a_full_sine_a_power_of_one(rng) -> None:
    curve_db = band_density_db(measure_stereo_spectrum(noise(rng, 60.0, RATE_HZ), RATE_HZ))
    assert curve_db.shape == (len(CURVE_BANDS_HZ),)
    assert curve_db[4:] == pytest.approx(float(curve_db[4:].mean()), abs=0.7)
    full = measure_stereo_spectrum(stereo_tone(0.0, 10.0), RATE_HZ)
    assert 10.0 * math.log10(full.power.sum()) == pytest.approx(0.0, abs=0.1)


def test_bark_scale_and_spreading() -> None:
    assert bark(np.array([1_000.0]))[0] == pytest.approx(8.53, abs=0.01)
    spread = spreading_matrix()
    assert np.diag(spread) == pytest.approx(1.0, abs=0.01)
    # Upward spreading is the stronger: 10 dB a band above, 25 dB a band below, far away.
    assert 10 * math.log10(spread[23, 13] / spread[22, 13]) == pytest.approx(-10.0, abs=0.3)
    assert 10 * math.log10(spread[1, 11] / spread[2, 11]) == pytest.approx(-25.0, abs=0.3)


def test_a_quiet_tone_is_masked_beside_a_loud_one_and_not_far_from_it() -> None:
    loud = stereo_tone(-10.0, 2.0, 1_000.0)
    for frequency_hz, hidden in ((1_270.0, True), (8_000.0, False)):
        stems = {"loud": loud, "quiet": stereo_tone(-40.0, 2.0, frequency_hz)}
        shares = stem_masked_shares({s: bark_powers(x, RATE_HZ) for s, x in stems.items()})
        # A tone's window has feet in the bands beside it, so not all or nothing.
        assert (shares["quiet"] > 0.8) == hidden
        assert shares["loud"] < 0.2


def test_masking_grows_with_the_masker(rng) -> None:
    stem = bark_powers(noise(rng, 2.0, RATE_HZ), RATE_HZ)
    other = bark_powers(noise(rng, 2.0, RATE_HZ), RATE_HZ)
    shares = [
        stem_masked_shares({"stem": stem, "other": gain * other})["stem"]
        for gain in (1e-3, 0.1, 1.0, 10.0, 100.0)
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.01
    assert shares[-1] > 0.99


def test_a_stem_alone_is_not_masked_and_a_silent_one_has_no_share(rng) -> None:
    powers = bark_powers(noise(rng, 1.0, RATE_HZ), RATE_HZ)
    assert stem_masked_shares({"vocals": powers, "bass": 0 * powers}) == {"vocals": 0.0}
    assert stem_masked_shares({}) == {}
    assert powers.shape[0] == N_BANDS


def test_a_mix_with_too_much_bass_masks_itself(rng) -> None:
    even = noise(rng, 2.0, RATE_HZ, 0.02)
    boomy = even + noise(rng, 2.0, RATE_HZ, 0.3).cumsum(axis=1).astype(np.float32) * 0.02
    shares = [self_masked_share(bark_powers(audio, RATE_HZ)) for audio in (even, boomy)]
    assert shares[0] < shares[1]
