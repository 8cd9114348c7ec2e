"""The strip of a track as a model of tracks set it and the user changed it, as a native strip.

Fader, pan, width, high-pass, curve and sends are settings; what moves (transients, riding, the
compressor) is measured and becomes automation (`mixer.output.daw.strips.volume_automation`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from mixer.console.settings import Band, Filter, Number, following_level
from mixer.console.settings import Strip as UserStrip
from mixer.console.stereo import pan_gains
from mixer.dsp.blocks import db_to_gain
from mixer.dsp.erb_bands import band_centres_hz
from mixer.network.track_mixer.track_settings import (
    HIGH_PASS_OFF_HZ,
    TrackSettings,
    curve_at,
)
from mixer.output.daw.strips.eq_fit import fit_bands
from mixer.output.daw.strips.native_strip import BandKind, EqBand, Strip, placed

N_BANDS = 48
_LOWEST_DB = -150.0
_HAND_KINDS: dict[str, BandKind] = {
    "peak": "bell", "low_shelf": "low_shelf", "high_shelf": "high_shelf", "notch": "notch",
}  # fmt: skip
# Q of the sections of Butterworth filters of 12 and 24 dB an octave.
_PASS_QS = {12: (0.7071067811865476,), 24: (0.541196100146197, 1.306562964876377)}


def track_strip(
    settings: TrackSettings,
    user: UserStrip | None,
    sample_rate: int,
    sends: tuple[tuple[str, float], ...],
    *,
    fixed_shelves: bool = False,
) -> Strip:
    """A native strip, its automation still empty.

    Args:
        settings: as the model set them.
        user: what the user added; None for none.
        sample_rate: of the session, in Hz.
        sends: by return, in dB.
        fixed_shelves: the equaliser's shelves have one Q.
    """
    bands = tuple(_bands_of_settings(settings, sample_rate, fixed_shelves))
    left, right = _gains(settings.gain_db, settings.pan)
    width = settings.width
    if user is not None and user.amount == 1.0:
        bands += tuple(user_bands(user))
        by_hand = _gains(_constant(user.gain_db, 0.0), _constant(user.pan, 0.0))
        left, right = left * by_hand[0], right * by_hand[1]
        width *= _constant(user.width, 1.0)
    gain, pan = placed(left, right)
    gain_db = 20.0 * np.log10(gain) if gain > 0.0 else _LOWEST_DB
    return Strip(
        gain_db=round(float(gain_db), 3),
        pan=round(pan, 4),
        muted=user is not None and user.mute,
        soloed=user is not None and user.solo,
        width=round(width, 4),
        bands=bands,
        sends=sends,
    )


def moves(settings: TrackSettings, user: UserStrip | None) -> bool:
    """Whether a strip's gain moves in time."""
    by_model = settings.shape != 0.0 or settings.ride != 0.0 or not settings.compression.is_off
    if user is None:
        return by_model
    is_automated = any(isinstance(n, tuple) for n in (user.gain_db, user.amount))
    return by_model or is_automated or user.amount != 1.0 or bool(following_level(user))


def user_bands(user: UserStrip) -> Iterator[EqBand]:
    """Filters of the user's that stand still, in their order."""
    for kind, setting in (("high_pass", user.high_pass), ("low_pass", user.low_pass)):
        if setting is not None and _stands_still(setting):
            for q in _PASS_QS[setting.slope_db_per_octave]:
                yield EqBand("high_pass" if kind == "high_pass" else "low_pass",
                             _constant(setting.frequency_hz, 0.0), 0.0, q)  # fmt: skip
    for band in user.eq:
        if _stands_still(band):
            gain_db = 0.0 if band.type == "notch" else _constant(band.gain_db, 0.0)
            yield EqBand(
                _HAND_KINDS[band.type],
                _constant(band.frequency_hz, 0.0),
                gain_db,
                _constant(band.q, 1.0),
            )


def _bands_of_settings(
    settings: TrackSettings, sample_rate: int, fixed_shelves: bool
) -> Iterator[EqBand]:
    if settings.high_pass_hz > HIGH_PASS_OFF_HZ:
        yield EqBand("high_pass", round(settings.high_pass_hz, 1))
    yield from _curve_bands(settings.curve_db, sample_rate, fixed_shelves)


@functools.lru_cache(maxsize=1_024)
def _curve_bands(
    curve_db: tuple[float, ...], sample_rate: int, fixed_shelves: bool
) -> tuple[EqBand, ...]:
    """A model's curve as bands; kept from one format of session to the next."""
    centres = band_centres_hz(N_BANDS)
    curve = curve_at(curve_db, centres)
    return fit_bands(centres, curve, sample_rate, fixed_shelves=fixed_shelves)


def _gains(gain_db: float, pan: float) -> tuple[float, float]:
    left, right = pan_gains(pan)
    gain = float(db_to_gain(gain_db))
    # Cosines leave something at the ends that nobody hears.
    return gain * max(float(left), 0.0), gain * max(float(right), 0.0)


def _stands_still(setting: Filter | Band) -> bool:
    return not any(isinstance(value, tuple) for value in vars(setting).values()) and (
        setting.amount == 1.0
    )


def _constant(number: Number, otherwise: float) -> float:
    return otherwise if isinstance(number, tuple) else float(number)
