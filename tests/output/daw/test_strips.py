"""Curves as bands, movement as points, strips that were heard: near what they stand for."""

import numpy as np
import pytest

from mixer.console.settings import Band, Compressor, DeEsser, Plugin
from mixer.console.settings import Strip as ConsoleStrip
from mixer.dsp.blocks import db_to_gain
from mixer.dsp.erb_bands import band_centres_hz
from mixer.network.track_mixer.track_settings import TrackSettings, curve_at
from mixer.output.daw.daw_formats import DAW_FORMATS, Device
from mixer.output.daw.strips.eq_fit import fit_bands
from mixer.output.daw.strips.native import automation_values, response_db, run_strip
from mixer.output.daw.strips.native_strip import EqBand, Strip, balance_gains, placed
from mixer.output.daw.strips.strip_fit import fit_strip
from mixer.output.daw.strips.strip_of_track import moves
from mixer.output.daw.strips.volume_automation import TOLERANCE_DB, automation, moving_gain
from tests.signals import noise

RATE_HZ = 44_100
REAPER = DAW_FORMATS["reaper"].devices


@pytest.mark.parametrize("seed", range(4))
def test_a_model_s_curve_is_met_by_two_shelves_and_six_bells(seed) -> None:
    rng = np.random.default_rng(seed)
    hz = band_centres_hz(48)
    points = np.convolve(rng.uniform(-4.0, 4.0, 11), [0.25, 0.5, 0.25], "valid")
    curve_db = curve_at(tuple(points), hz)
    bands = fit_bands(hz, curve_db, RATE_HZ)
    assert len(bands) <= 8
    assert {band.kind for band in bands} <= {"low_shelf", "bell", "high_shelf"}
    off_db = response_db(bands, hz, RATE_HZ) - curve_db
    assert float(np.sqrt(np.mean(off_db**2))) < 0.05


def test_a_flat_curve_needs_no_bands() -> None:
    hz = band_centres_hz(48)
    assert fit_bands(hz, np.full(48, 0.02), RATE_HZ) == ()


def test_a_bell_is_its_own_inverse_turned_round() -> None:
    hz = np.geomspace(30.0, 18_000.0, 50)
    for kind in ("bell", "low_shelf", "high_shelf"):
        pair = [EqBand(kind, 900.0, gain_db, 1.3) for gain_db in (5.0, -5.0)]
        assert np.abs(response_db(pair, hz, RATE_HZ)).max() < 1e-9


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (0.2, 0.9), (1.4, 0.0), (0.0, 0.0)])
def test_fader_and_balance_give_any_two_gains(left, right) -> None:
    gain, pan = placed(left, right)
    assert [gain * side for side in balance_gains(pan)] == pytest.approx([left, right])


def test_movement_is_few_points_that_pass_near_it() -> None:
    times = np.arange(0.005, 8.0, 0.01)
    gains_db = -3.0 * (np.sin(2 * np.pi * 0.5 * times) > 0.3) - 0.02 * np.sin(40 * times)
    points = automation(times, gains_db)
    assert 3 < len(points) < 60
    drawn_db = 20 * np.log10(np.interp(times, *np.array(points).T))
    assert np.abs(drawn_db - gains_db).max() < 1.01 * TOLERANCE_DB
    assert automation(times, np.full(len(times), 0.05)) == ()


@pytest.mark.parametrize("depth_db", [-3.0, -24.0, 24.0])
def test_a_straight_fade_in_db_stays_one_between_points_in_amplitude(depth_db: float) -> None:
    times = np.arange(0.005, 10.0, 0.01)
    gains_db = np.linspace(0.0, depth_db, times.size)
    points = automation(times, gains_db)
    assert len(points) < 20
    drawn_db = 20 * np.log10(automation_values(points, 10 * RATE_HZ, RATE_HZ))
    played_db = np.interp(times, np.arange(10 * RATE_HZ) / RATE_HZ, drawn_db)
    assert np.abs(played_db - gains_db).max() < 1.01 * TOLERANCE_DB


@pytest.mark.parametrize(
    ("strip", "is_moving"),
    [
        (ConsoleStrip(), False),
        (ConsoleStrip(gain_db=3.0, eq=(Band(),), width=0.5), False),
        (ConsoleStrip(compressor=Compressor()), True),
        (ConsoleStrip(de_esser=DeEsser()), True),
        (ConsoleStrip(plugins=(Plugin("tape.vst3"),)), True),
        (ConsoleStrip(gain_db=((0.0, 0.0), (1.0, 3.0))), True),
    ],
)
def test_what_follows_the_level_needs_automation(strip: ConsoleStrip, is_moving: bool) -> None:
    assert moves(TrackSettings(), strip) == is_moving


def test_a_gain_that_moves_is_heard(rng) -> None:
    before = noise(rng, 4.0, RATE_HZ)
    gain_db = np.where(np.arange(before.shape[1]) < 2 * RATE_HZ, 0.0, -6.0)
    times, gains_db = moving_gain(
        before, (before * db_to_gain(gain_db)).astype(np.float32), RATE_HZ
    )
    assert gains_db[times < 1.9] == pytest.approx(0.0, abs=0.05)
    assert gains_db[times > 2.1] == pytest.approx(-6.0, abs=0.05)
    # The power half way between the two is that of the moment at which the gain moved.
    half_way_db = 10.0 * np.log10(0.5 * (1.0 + 10.0**-0.6))
    assert np.interp(-half_way_db, -gains_db[195:205], times[195:205]) == pytest.approx(
        2.0, abs=2e-3
    )


def test_silence_in_between_keeps_the_gain_before_it(rng) -> None:
    before = noise(rng, 3.0, RATE_HZ)
    before[:, RATE_HZ : 2 * RATE_HZ] = 0.0
    _, gains_db = moving_gain(before, before * np.float32(0.5), RATE_HZ)
    assert gains_db == pytest.approx(-6.02, abs=0.05)


@pytest.mark.parametrize(("pan", "width"), [(0.2, 1.0), (0.0, 1.3)])
def test_a_strip_that_was_heard_is_found(rng, pan, width) -> None:
    """Fader, width or balance and a shelf, from before and after alone."""
    before = noise(rng, 3.0, RATE_HZ)
    before[1] = 0.6 * before[0] + 0.4 * before[1]
    asked = Strip(-7.0, pan, width=width, bands=(EqBand("high_shelf", 6_000.0, 4.0),))
    after = run_strip(before, RATE_HZ, asked, REAPER)
    devices = REAPER if width != 1.0 else REAPER - {Device.WIDTH}
    found = fit_strip(before, after, RATE_HZ, devices)
    low_db = response_db(found.bands, np.array([300.0]), RATE_HZ)[0]
    assert found.gain_db + low_db == pytest.approx(-7.0, abs=0.3)
    assert found.pan == pytest.approx(pan, abs=0.03)
    assert found.width == pytest.approx(width, abs=0.05)
    left = run_strip(before, RATE_HZ, found, devices) - after
    assert 10 * np.log10(np.vdot(left, left) / np.vdot(after, after)) < -25.0


def test_silence_gives_a_neutral_strip() -> None:
    silence = np.zeros((2, RATE_HZ), np.float32)
    assert fit_strip(silence, silence, RATE_HZ, REAPER) == Strip()


def test_devices_that_a_workstation_lacks_pass_the_sound(rng) -> None:
    audio = noise(rng, 0.5, RATE_HZ)
    strip = Strip(width=0.2, bands=(EqBand("bell", 1_000.0, 6.0),))
    np.testing.assert_array_equal(run_strip(audio, RATE_HZ, strip, frozenset()), audio)


def test_smoothed_automation_lags_and_arrives(rng) -> None:
    strip = Strip(automation=((0.0, 1.0), (0.5, 1.0), (0.51, 0.5), (2.0, 0.5)))
    ones = np.ones((2, 2 * RATE_HZ), np.float32)
    plain = automation_values(strip.automation, 2 * RATE_HZ, RATE_HZ)
    smooth = run_strip(ones, RATE_HZ, strip, frozenset((Device.SMOOTHING,)))[0]
    assert smooth[:1_000] == pytest.approx(1.0)
    assert smooth[round(0.51 * RATE_HZ)] > plain[round(0.51 * RATE_HZ)] + 0.1
    assert smooth[-1] == pytest.approx(0.5, abs=1e-4)
