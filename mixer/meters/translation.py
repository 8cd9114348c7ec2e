"""Audible share of each stem elsewhere: on a phone, a laptop, in a mono club, in a car.

A place is a response, mono or stereo, and a floor of noise. The stems' powers in critical bands
pass the response; what lies below the masking threshold of the other stems, or below the noise, is
not heard (`mixer.meters.masking`). Loudness is specific loudness, summed; the whole is turned up or
down until it is as loud as at the desk, as a listener does.

The responses are typical ones, drawn from what small loudspeakers and cabins share: a small driver
falls by 12 to 24 dB an octave below its resonance, a phone plays one channel, a club's system lifts
the lows and is mono, a cabin lifts what is longer than itself, and a road is loudest below
100 Hz. Noise rises towards the lows as rooms' does, and as the ear's threshold.
They do not measure any product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.meters.masking import (
    AUDIBLE_RANGE_DB,
    LOUDNESS_EXPONENT,
    N_BANDS,
    bark_to_hz,
    masked_below,
    spreading_matrix,
)

Curve = tuple[tuple[float, float], ...]
# Where a stem may be lifted so that it is heard on a small loudspeaker.
LIFT_RANGE_HZ = (300.0, 3_000.0)


@dataclass(frozen=True)
class Place:
    """A playback system.

    Attributes:
        name: as it is printed.
        is_mono: both channels come out of one loudspeaker.
        response: (Hz, dB), straight between them on a logarithmic scale, level beyond the ends.
        noise: (Hz, dB) against the loudest band of the mix; empty for a quiet place.
    """

    name: str
    is_mono: bool
    response: Curve
    noise: Curve = ()


PLACES = (
    Place(
        "phone",
        True,
        ((25, -96), (50, -72), (100, -48),
         (200, -30), (400, -12), (600, -4), (800, 0), (3_000, 3), (6_000, 0),
         (10_000, -4), (16_000, -15)),
        ((50, -20), (100, -30), (300, -45), (16_000, -45)),
    ),
    Place(
        "laptop",
        False,
        ((30, -66), (60, -42), (120, -24), (200, -10), (300, -3),
         (500, 0), (8_000, 1), (14_000, -6)),
        ((50, -25), (100, -35), (300, -50), (16_000, -50)),
    ),
    Place(
        "mono club",
        True,
        ((30, 0), (50, 5), (80, 4), (150, 1), (300, 0), (10_000, 0), (16_000, -3)),
    ),
    Place(
        "car",
        False,
        ((30, 6), (60, 5), (100, 2), (200, 0), (10_000, -2), (16_000, -6)),
        ((50, -18), (100, -22), (300, -32), (1_000, -42), (4_000, -52), (16_000, -60)),
    ),
)  # fmt: skip


def band_centres_hz() -> NDArray[np.float64]:
    """Centres of the critical bands, Traunmueller's equation turned round."""
    return bark_to_hz(np.arange(N_BANDS) + 0.5)


def heard_loudness(
    stem_powers: Mapping[str, NDArray[np.floating]],
    place: Place | None = None,
    further_masker: NDArray[np.floating] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Loudness of each stem that is heard beside the others, frame by frame.

    Args:
        stem_powers: `mixer.meters.masking.bark_powers` of each stem, (24, frames); of the half sum
            of the channels if the place is mono.
        place: of playback; None for the mix itself.
        further_masker: what else hides, e.g. a codec's error, (24, frames) as it comes out there.

    Returns:
        By stem (frames,), in a unit of its own, the same for every place.
    """
    response = np.ones((N_BANDS, 1)) if place is None else _gain(place.response)
    powers = {stem: power.astype(np.float64) * response for stem, power in stem_powers.items()}
    total = np.sum(list(powers.values()), axis=0)
    loudest = float(total.max(initial=0.0))
    floor = np.full((N_BANDS, 1), loudest * 10.0 ** (-AUDIBLE_RANGE_DB / 10.0))
    if place is not None and place.noise:
        floor = np.maximum(floor, loudest * _gain(place.noise))
    spread, heard = spreading_matrix(), {}
    for stem, power in powers.items():
        masker = np.maximum(total - power, 0.0)
        if further_masker is not None:
            masker = masker + further_masker
        audible = (power > masked_below(masker, spread)) & (power > floor)
        heard[stem] = np.where(audible, power, 0.0) ** LOUDNESS_EXPONENT
    # As loud as at the desk: the listener has turned it up.
    whole = float((total**LOUDNESS_EXPONENT).sum())
    scale = 1.0 / whole if whole > 0.0 else 0.0
    return {stem: loudness.sum(axis=0) * scale for stem, loudness in heard.items()}


def lift_hz(power: NDArray[np.floating], place: Place) -> float:
    """Frequency at which a stem is closest to being audible on a small loudspeaker, in Hz.

    Args:
        power: of the stem, (24, frames).
        place: of playback.
    """
    centres = band_centres_hz()
    mean = power.astype(np.float64).mean(axis=1) * _gain(place.response)[:, 0]
    inside = (centres >= LIFT_RANGE_HZ[0]) & (centres <= LIFT_RANGE_HZ[1])
    return float(centres[int(np.argmax(np.where(inside, mean, -1.0)))])


def _gain(curve: Curve) -> NDArray[np.float64]:
    """(24, 1) power gains of a curve at the bands' centres."""
    hz, level_db = np.array(curve, np.float64).T
    at_db = np.interp(np.log(band_centres_hz()), np.log(hz), level_db)
    return np.asarray(10.0 ** (at_db / 10.0))[:, np.newaxis]
