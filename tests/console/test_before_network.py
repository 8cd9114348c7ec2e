"""Mute, solo and gain in front of the network do what the strip would have done behind it."""

import numpy as np
import pytest

from mixer.console.before_network import apply_pre_network_gains
from mixer.console.desk import apply_console
from mixer.console.settings import Console, Filter, Strip
from mixer.console.split import PreNetworkGain, split_console, split_pre_network_gain
from tests.console.measures import RATE_HZ
from tests.signals import band

RIDE = ((0.0, -12.0), (1.0, 3.0))


def test_a_strip_is_taken_apart() -> None:
    strip = Strip(mute=True, gain_db=3.0, high_pass=Filter(), reverb_db=-12.0, width=0.5)
    before, rest = split_pre_network_gain(strip)
    assert before == PreNetworkGain(mute=True, gain_db=3.0)
    assert rest == Strip(high_pass=Filter(), reverb_db=-12.0, width=0.5)


@pytest.mark.parametrize(
    "strips",
    [
        {"vocals": Strip(gain_db=3.0)},
        {"vocals": Strip(gain_db=RIDE), "drums": Strip(gain_db=-6.0, amount=0.5)},
        {"bass": Strip(solo=True), "vocals": Strip(solo=True, mute=True)},
        {"bass": Strip(gain_db=RIDE, amount=((0.5, 0.0), (0.7, 1.0)), high_pass=None)},
        {"vocals": Strip(gain_db=2.0, high_pass=Filter(300.0), width=0.3, reverb_db=-9.0)},
    ],
    ids=["gain", "ride and amount", "solo", "two automations", "with the rest"],
)
def test_with_a_network_that_changes_nothing_both_ways_are_one(rng, strips) -> None:
    stems = band(rng, 1.5, RATE_HZ)
    console = Console(strips=tuple(strips.items()))
    gains, rest = split_console(console)
    split = apply_console(apply_pre_network_gains(stems, RATE_HZ, gains), RATE_HZ, rest).stems
    whole = apply_console(stems, RATE_HZ, console).stems
    for stem in stems:
        assert np.allclose(split[stem], whole[stem], atol=1e-6)


def test_what_has_no_gain_is_the_same_array(rng) -> None:
    stems = band(rng, 0.2, RATE_HZ)
    gains, rest = split_console(Console(strips=(("vocals", Strip(width=0.5)),)))
    assert gains == {}
    assert rest.strip("vocals") == Strip(width=0.5)
    out = apply_pre_network_gains(stems, RATE_HZ, gains)
    assert all(out[stem] is audio for stem, audio in stems.items())
