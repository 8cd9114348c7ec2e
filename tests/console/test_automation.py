"""A number's automation: linear between its points, constant outside, and no clicks on the way."""

import numpy as np
import pytest

from mixer.console.automation import Automation
from mixer.console.settings import (
    Band,
    Compressor,
    DeEsser,
    Filter,
    Gate,
    Saturation,
    Strip,
)
from mixer.console.strip import apply_strip
from tests.console.measures import RATE_HZ, rms_db, spectrum_db, tone

POINTS = ((1.0, -12.0), (2.0, 0.0), (4.0, 6.0))


def test_an_automation_goes_through_its_points() -> None:
    seconds = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 9.0])
    values = Automation(POINTS, RATE_HZ).at(seconds * RATE_HZ)
    assert values == pytest.approx([-12.0, -12.0, -12.0, -6.0, 0.0, 3.0, 6.0, 6.0])
    assert Automation(POINTS, RATE_HZ).highest == 6.0


def test_an_automation_that_does_not_move_is_a_constant() -> None:
    assert Automation(3.0, RATE_HZ).over(0, 10) == 3.0
    assert Automation(((0.0, 3.0), (5.0, 3.0)), RATE_HZ).over(0, 10) == 3.0
    assert Automation(POINTS, RATE_HZ).constant is None


def test_control_steps_have_the_values_of_their_middles() -> None:
    """Of a ramp whose value is the number of the sample."""
    ramp = Automation(((0.0, 0.0), (1.0, RATE_HZ)), RATE_HZ)
    assert ramp.steps(128, 300) == pytest.approx([160.0, 224.0, 288.0])


def test_a_fader_ride_is_linear_in_db() -> None:
    audio = np.ones((2, 5 * RATE_HZ), np.float32)
    out, report = apply_strip(audio, RATE_HZ, Strip(gain_db=POINTS))
    at = (np.array([0.5, 1.5, 3.0, 4.5]) * RATE_HZ).astype(int)
    assert 20 * np.log10(out[0, at]) == pytest.approx([-12.0, -6.0, 3.0, 6.0], abs=1e-4)
    # sample by sample: a ramp of 12 dB a second moves by 3e-5 a sample at most
    assert np.abs(np.diff(out[0])).max() < 4e-5
    assert report == {"gain_db": {"gain_db": pytest.approx(-2.0)}}


@pytest.mark.parametrize(
    "strip",
    [
        Strip(low_pass=Filter(((0.0, 200.0), (1.5, 3_000.0)), 24)),
        Strip(high_pass=Filter(((0.0, 30.0), (1.5, 600.0)), 12)),
        Strip(eq=(Band("peak", ((0.0, 150.0), (1.5, 600.0)), 12.0, 4.0),)),
        Strip(eq=(Band("high_shelf", 800.0, ((0.0, -18.0), (1.5, 18.0))),)),
    ],
    ids=["low pass", "high pass", "peak", "shelf"],
)
def test_a_filter_sweep_adds_nothing_that_is_heard(strip) -> None:
    out, _ = apply_strip(tone(300.0, 1.5), RATE_HZ, strip)
    frequencies_hz, level_db = spectrum_db(out[0])
    assert level_db[frequencies_hz > 1_500.0].max() < -85.0


def test_a_moving_filter_is_what_it_says_at_each_time() -> None:
    """Where it stands still, before and after its move, it equals a filter that never moved."""
    audio = tone(300.0, 3.0)
    moving, _ = apply_strip(
        audio, RATE_HZ, Strip(low_pass=Filter(((0.5, 150.0), (1.0, 1_200.0)), 24))
    )
    for frequency_hz, part in ((150.0, slice(0, 22_000)), (1_200.0, slice(2 * RATE_HZ, None))):
        still, _ = apply_strip(audio, RATE_HZ, Strip(low_pass=Filter(frequency_hz, 24)))
        assert np.abs(moving - still)[:, part].max() < 1e-5


@pytest.mark.parametrize(
    "strip",
    [
        Strip(compressor=Compressor(((0.0, -10.0), (1.0, -30.0)))),
        Strip(
            compressor=Compressor(
                -20.0, 4.0, ((0.0, 1.0), (1.0, 50.0)), ((0.0, 20.0), (1.0, 900.0))
            )
        ),
        Strip(gate=Gate(((0.0, -60.0), (1.0, -3.0)))),
        Strip(saturation=Saturation(((0.0, 0.0), (1.0, 24.0)))),
        Strip(de_esser=DeEsser(((0.0, 2_000.0), (1.0, 200.0 * 60)))),
        Strip(pan=((0.0, -1.0), (1.0, 1.0)), width=((0.0, 0.0), (1.0, 2.0))),
    ],
    ids=["threshold", "times", "gate", "drive", "de-esser", "stereo"],
)
def test_numbers_that_move_end_where_constants_are(rng, strip) -> None:
    """After the last point an automated strip does what a constant one does."""
    audio = (0.3 * rng.standard_normal((2, 3 * RATE_HZ))).astype(np.float32)
    moved, _ = apply_strip(audio, RATE_HZ, strip)
    still, _ = apply_strip(audio, RATE_HZ, _last(strip))
    end, start = slice(2 * RATE_HZ, None), slice(0, RATE_HZ)
    assert rms_db((moved - still)[:, end] + 1e-12) < rms_db(audio) - 30.0
    assert rms_db((moved - still)[:, start]) > rms_db((moved - still)[:, end] + 1e-12) + 6.0


def _last(value):
    """Settings with every automation at its last value."""
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{k: _last(getattr(value, k)) for k in value.__dataclass_fields__})
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return value[-1][1]
    return value
