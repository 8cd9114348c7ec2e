"""Filters: -3 dB where they say, 12 or 24 dB an octave, gains and plateaus to 0.05 dB."""

import numpy as np
import pytest
import scipy.signal

from mixer.console.settings import Band, Filter, Strip
from mixer.console.strip import apply_strip
from mixer.dsp.biquad import butterworth
from tests.console.measures import RATE_HZ, response_db


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("slope_db", [12, 24])
def test_cut_off_and_slope(slope_db, rate_hz) -> None:
    setting = Filter(800.0, slope_db)
    at = [100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0]
    high = response_db(Strip(high_pass=setting), at, rate_hz)
    low = response_db(Strip(low_pass=setting), at, rate_hz)
    assert high[3] == pytest.approx(-3.01, abs=0.01)
    assert low[3] == pytest.approx(-3.01, abs=0.01)
    assert high[1] - high[0] == pytest.approx(slope_db, abs=0.3)
    # the bilinear transform makes a low-pass a little steeper towards half of the rate
    assert low[4] - low[5] == pytest.approx(slope_db, abs=1.6)
    assert response_db(Strip(high_pass=setting), [16_000.0], rate_hz)[0] == pytest.approx(
        0, abs=0.01
    )
    assert response_db(Strip(low_pass=setting), [20.0], rate_hz)[0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("slope_db", [12, 24])
@pytest.mark.parametrize("kind", ["high_pass", "low_pass"])
def test_they_are_scipys_butterworth_filters(kind, slope_db) -> None:
    theirs = scipy.signal.butter(
        slope_db // 6, 1_234.0, kind.replace("_", ""), fs=RATE_HZ, output="sos"
    )
    ours = butterworth(kind, np.array([1_234.0]), slope_db, RATE_HZ)[0]
    frequencies = np.geomspace(0.001, 3.0, 50)
    expected = scipy.signal.sosfreqz(theirs, frequencies)[1]
    assert np.allclose(scipy.signal.sosfreqz(ours, frequencies)[1], expected, rtol=1e-6)


@pytest.mark.parametrize("gain_db", [-18.0, -3.0, 6.0, 24.0])
@pytest.mark.parametrize("frequency_hz", [60.0, 1_000.0, 12_000.0])
def test_a_peak_has_its_gain_at_its_centre(frequency_hz, gain_db) -> None:
    band = Strip(eq=(Band("peak", frequency_hz, gain_db, 2.0),))
    assert response_db(band, [frequency_hz])[0] == pytest.approx(gain_db, abs=0.05)


def test_q_is_the_width_of_a_peak() -> None:
    """Half of the gain in dB lies at both ends of a band of f0/Q (the cookbook's definition)."""
    q, centre_hz = 2.0, 500.0
    ratio = np.sqrt(1 + 1 / (4 * q * q)) + 1 / (2 * q)
    found = response_db(
        Strip(eq=(Band("peak", centre_hz, 12.0, q),)), [centre_hz / ratio, centre_hz * ratio]
    )
    assert found == pytest.approx([6.0, 6.0], abs=0.05)


@pytest.mark.parametrize("gain_db", [-12.0, 9.0])
def test_shelves_reach_their_plateau(gain_db) -> None:
    for kind, plateau_hz, flat_hz in (
        ("low_shelf", 20.0, 20_000.0),
        ("high_shelf", 20_000.0, 20.0),
    ):
        found = response_db(
            Strip(eq=(Band(kind, 1_000.0, gain_db),)), [plateau_hz, 1_000.0, flat_hz]
        )
        assert found == pytest.approx([gain_db, gain_db / 2, 0.0], abs=0.05)


def test_a_notch_is_deep_and_narrow() -> None:
    found = response_db(Strip(eq=(Band("notch", 50.0, q=10.0),)), [50.0, 47.5, 52.6, 100.0])
    assert found[0] < -60.0
    assert found[1:3] == pytest.approx([-3.0, -3.0], abs=0.2)
    assert found[3] == pytest.approx(0.0, abs=0.1)


def test_no_latency(rng) -> None:
    """A wide-band signal through a gentle filter stands where it stood."""
    audio = rng.standard_normal((2, RATE_HZ)).astype(np.float32)
    strip = Strip(high_pass=Filter(40.0), eq=(Band("peak", 3_000.0, 4.0),))
    out, _ = apply_strip(audio, RATE_HZ, strip)
    lags = scipy.signal.correlate(out[0], audio[0], mode="same", method="fft")
    assert np.argmax(lags) == RATE_HZ // 2


def test_a_frequency_above_half_of_the_rate_is_harmless() -> None:
    strip = Strip(low_pass=Filter(22_000.0, 24), eq=(Band("peak", 20_000.0, 12.0),))
    found = response_db(strip, [100.0, 1_000.0], rate_hz=32_000)
    assert found == pytest.approx([0.0, 0.0], abs=0.1)


def test_channels_do_not_touch() -> None:
    audio = np.zeros((2, 4_096), np.float32)
    audio[0, 0] = 1.0
    out, _ = apply_strip(audio, RATE_HZ, Strip(high_pass=Filter(100.0)))
    assert not out[1].any()
