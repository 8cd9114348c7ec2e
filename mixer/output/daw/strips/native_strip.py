"""A channel strip as any workstation has it: fader, balance, width, EQ bands, automation, sends.

Its devices are defined here exactly, so that what a session leaves over can be computed: bands are
the filters of R. Bristow-Johnson's cookbook (`mixer.dsp.biquad`), the balance takes from the far
side and adds nothing to the near one, automation is straight between its points, in amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

BandKind = Literal["bell", "low_shelf", "high_shelf", "high_pass", "low_pass", "notch"]
# Automation: seconds, and the gain as a factor.
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class EqBand:
    """One band of an equaliser.

    Attributes:
        kind: of filter; all are of second order.
        frequency_hz: centre, or corner.
        gain_db: of a bell or a shelf; 0 of the others.
        q: quality, as the cookbook defines it.
    """

    kind: BandKind
    frequency_hz: float
    gain_db: float = 0.0
    q: float = 0.7071067811865476


@dataclass(frozen=True)
class Strip:
    """A strip, in the order in which it acts: width, bands, automation, fader, balance, sends.

    Attributes:
        gain_db: of the fader.
        pan: -1 left to 1 right: the balance of what is stereo, the place of what is mono.
        muted, soloed: of the channel.
        width: gain of the side signal, 0 to 2.
        bands: of the equaliser, one after another.
        automation: of the volume, as a factor beside the fader; empty for none.
        sends: levels in dB by the name of the return, after fader and balance.
    """

    gain_db: float = 0.0
    pan: float = 0.0
    muted: bool = False
    soloed: bool = False
    width: float = 1.0
    bands: tuple[EqBand, ...] = ()
    automation: Points = ()
    sends: tuple[tuple[str, float], ...] = ()


def held_below(strip: Strip, most_gain_db: float) -> Strip:
    """A strip whose fader and automation together do not exceed a gain."""
    gain_db = min(strip.gain_db, most_gain_db)
    most = 10.0 ** ((most_gain_db - gain_db) / 20.0)
    points = tuple((time_s, min(factor, most)) for time_s, factor in strip.automation)
    return replace(strip, gain_db=gain_db, automation=points)


def placed(left: float, right: float) -> tuple[float, float]:
    """The fader as a factor and the balance that give two channels their gains.

    Args:
        left, right: factors, 0 or more.

    Returns:
        The fader's factor, and the balance, -1 to 1; 0 and 0 for silence.
    """
    gain = max(left, right)
    if gain <= 0.0:
        return 0.0, 0.0
    return gain, right / gain - 1.0 if left >= right else 1.0 - left / gain


def balance_gains(pan: float) -> tuple[float, float]:
    """Factors of left and right for a balance from -1 to 1."""
    return min(1.0, 1.0 - pan), min(1.0, 1.0 + pan)
