"""The curve that is drawn of a strip is what the strip does to tones."""

import numpy as np
import pytest

from mixer.console.response import filter_curve_db
from mixer.console.settings import Band, Filter, Strip
from mixer.console.strip import apply_strip
from tests.signals import sine

RATE_HZ = 48_000
TONES_HZ = np.array([60.0, 250.0, 1_000.0, 6_000.0])
STRIP = Strip(
    high_pass=Filter(frequency_hz=120.0, slope_db_per_octave=24),
    low_pass=Filter(frequency_hz=9_000.0),
    eq=(
        Band(frequency_hz=250.0, gain_db=-6.0, q=1.2, amount=0.5),
        Band("high_shelf", 4_000.0, 5.0),
    ),
)


def test_a_flat_strip_has_a_flat_curve() -> None:
    assert np.array_equal(filter_curve_db(Strip(), TONES_HZ, RATE_HZ), np.zeros(4))


def test_the_curve_is_what_tones_come_out_with() -> None:
    drawn = filter_curve_db(STRIP, TONES_HZ, RATE_HZ)
    for hz, level_db in zip(TONES_HZ, drawn, strict=True):
        tone = np.repeat(sine(float(hz), 1.0, RATE_HZ, 0.5), 2, axis=0)
        out = apply_strip(tone, RATE_HZ, STRIP)[0][:, RATE_HZ // 2 :]
        heard_db = 20.0 * np.log10(np.std(out) / np.std(tone[:, RATE_HZ // 2 :]))
        assert level_db == pytest.approx(heard_db, abs=0.05)
