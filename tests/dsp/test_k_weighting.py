"""The K-weighting over frequency: as the meter filters, and the sketch of it."""

import numpy as np
import scipy.signal

from mixer.dsp.k_weighting import k_power, sketched_k_power
from mixer.meters.loudness import BS1770_FILTER, weighting_sections


def in_db(power: np.ndarray) -> np.ndarray:
    return 10.0 * np.log10(power)


def test_it_is_the_curve_of_the_meters_filter() -> None:
    """At 192 kHz, where the bilinear transform has not yet bent the meter's own curve."""
    hz = np.geomspace(30.0, 18_000.0, 50)
    sections = weighting_sections(192_000, BS1770_FILTER)
    _, response = scipy.signal.freqz_sos(sections, hz, fs=192_000)
    np.testing.assert_allclose(in_db(k_power(hz)), in_db(np.abs(response) ** 2), atol=0.15)


def test_the_sketch_is_within_what_it_says() -> None:
    hz = np.geomspace(30.0, 18_000.0, 2_000)
    assert np.abs(in_db(k_power(hz)) - in_db(sketched_k_power(hz))).max() < 0.04
