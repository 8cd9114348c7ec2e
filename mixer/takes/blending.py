"""Blended consoles: every number is the weighted mean of theirs.

An effect that only some of them have is scaled by its amount. Settings that are not
numbers, such as a mute or a plug-in, must be the same in all.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mixer.console.settings import Band, Console, Points, Strip
from mixer.errors import SettingsError
from mixer.files.wording import quote

# A send that is off.
_SEND_OFF_DB = -60.0
_SENDS = ("reverb_db", "delay_db")
# Settings with only a few allowed values.
_CHOICES = ("slope_db_per_octave",)
_SUM_TOLERANCE = 1e-6

# A share and its console.
Part = tuple[float, Any]


def parse_blend(text: str) -> list[tuple[str, float]]:
    """Names and shares of "first=0.6,brighter=0.4".

    Raises:
        SettingsError: the text is not of that form, a name appears twice, or the shares do not
            sum to 1.
    """
    parts: list[tuple[str, float]] = []
    for item in text.split(","):
        name, sign, share = (part.strip() for part in item.partition("="))
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if not (sign and name and 0.0 <= value <= 1.0):
            raise SettingsError(
                f"{quote(item.strip())} is not NAME=SHARE with a share from 0 to 1, "
                "as in first=0.6,brighter=0.4"
            )
        if name in dict(parts):
            raise SettingsError(f"{quote(name)} appears twice in the blend")
        parts.append((name, value))
    total = sum(share for _, share in parts)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise SettingsError(f"the shares of a blend must sum to 1; these sum to {total:g}")
    return parts


def blend_consoles(parts: Sequence[tuple[float, Console]]) -> Console:
    """Blend several consoles into one.

    Args:
        parts: share (0 to 1) and console of each; the shares sum to 1.

    Raises:
        SettingsError: they differ in a setting that is not a number; the message names it.
    """
    parts = [part for part in parts if part[0] > 0.0]
    stems = dict.fromkeys(stem for _, console in parts for stem, _ in console.strips)
    strips = tuple(
        (stem, _blend([(share, console.strip(stem)) for share, console in parts], stem))
        for stem in stems
    )
    rest: dict[str, Any] = {}
    for field in dataclasses.fields(Console):
        if field.name != "strips":
            values = [(share, getattr(console, field.name)) for share, console in parts]
            rest[field.name] = _blend(values, field.name)
    return Console(strips=tuple(pair for pair in strips if pair[1] != Strip()), **rest)


def _blend(parts: Sequence[Part], key: str) -> Any:
    values = [value for _, value in parts]
    if all(value == values[0] for value in values):
        return values[0]
    name = key.rpartition(".")[-1]
    if name == "eq":
        return _blend_bands(parts)
    if name in _SENDS:
        parts = [(share, _SEND_OFF_DB if value is None else value) for share, value in parts]
        values = [value for _, value in parts]
    there = [value for value in values if value is not None]
    if dataclasses.is_dataclass(there[0]) and not isinstance(there[0], type):
        return _blend_effects(parts, there[0], key)
    if all(_is_number(value) for value in values) and name not in _CHOICES:
        return sum(share * value for share, value in parts)
    automated = [_is_automation(value) for value in values]
    if any(automated) and all(c or _is_number(v) for c, v in zip(automated, values, strict=True)):
        return _blend_automation(parts)
    raise SettingsError(
        f"{key} cannot be blended, as it is not a number, and it differs; set it to the same value"
    )


def _blend_effects(parts: Sequence[Part], example: Any, key: str) -> Any:
    """Settings of one effect, of a strip or of a room; None is one that is off."""
    total = sum(share for share, value in parts if value is not None)
    amount = "amount" if hasattr(example, "amount") else "amount_db"
    if total < 1.0 - _SUM_TOLERANCE and not hasattr(example, amount):
        raise SettingsError(f"{key} is set in only one of the mixes; set it in both")
    blended = {}
    for field in dataclasses.fields(example):
        if field.name == amount:
            values = [(s, 0.0 if v is None else getattr(v, amount)) for s, v in parts]
        else:
            values = [(s / total, getattr(v, field.name)) for s, v in parts if v is not None]
        blended[field.name] = _blend(values, f"{key}.{field.name}")
    return replace(example, **blended)


def _blend_bands(parts: Sequence[Part]) -> tuple[Band, ...]:
    """Bands of equal kind, frequency and Q are one band; a missing one has a gain of 0."""
    places: dict[tuple[object, ...], Band] = {}
    gains: list[tuple[float, dict[tuple[object, ...], Any]]] = []
    for share, bands in parts:
        own: dict[tuple[object, ...], Any] = {}
        for band in bands:
            shape = (band.type, band.frequency_hz, band.q, band.amount)
            # The same band twice stays two.
            place = (*shape, sum(key[:-1] == shape for key in own))
            own[place] = band.gain_db
            places.setdefault(place, band)
        gains.append((share, own))
    return tuple(
        replace(band, gain_db=_blend([(s, own.get(place, 0.0)) for s, own in gains], "eq.gain_db"))
        for place, band in places.items()
    )


def _blend_automation(parts: Sequence[Part]) -> Points:
    """Automated numbers: the weighted mean at every breakpoint of any of them."""
    times = sorted({point[0] for _, value in parts if _is_automation(value) for point in value})
    total = np.zeros(len(times))
    for share, value in parts:
        points = value if _is_automation(value) else ((0.0, value),)
        at, levels = zip(*points, strict=True)
        total += share * np.interp(times, at, levels)
    return tuple((time_s, float(level)) for time_s, level in zip(times, total, strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _is_automation(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], tuple)
