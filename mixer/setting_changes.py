"""Changes of the settings that a model chose: each can be set, scaled and offset.

A model outputs the settings of a console (`mixer.network`). Each has a key of the same name
under `network` in its strip. A change acts on the value that the model chose:
`set` replaces it, `scale` multiplies it, `offset` is added last.

These are plain dataclasses of light facts: presets read them, networks and renders apply them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

# Whatever a setting is measured in: what it may become is bounded by the console afterwards.
_VALUES, _SCALES = (-10_000.0, 10_000.0), (0.0, 10.0)


def _number(default: float | None, limits: tuple[float, float], help: str) -> Any:
    return dataclasses.field(default=default, metadata={"range": limits, "help": help})


def setting(help: str, unit: str = "dB") -> Any:
    """A field that holds the change of a setting; None leaves it as the model set it."""
    return dataclasses.field(default=None, metadata={"help": help, "unit": unit})


@dataclass(frozen=True)
class Change:
    """The change of one setting; if it has many numbers, each of them changes.

    Levels of something that is added (a room, an echo, widening) are scaled as amplitudes: 0.5
    means -6 dB, and 0 removes it. Everything else is scaled as a number: 0.5 halves the dB values
    of a curve.
    """

    # A plain number in a table stands for this part.
    LONE: ClassVar[str] = "offset"

    set: float | None = _number(None, _VALUES, "Replaces the model's value.")
    scale: float = _number(1.0, _SCALES, "Factor on the model's value, or on set.")
    offset: float = _number(0.0, _VALUES, "Added after set and scale.")

    def of(self, found: float) -> float:
        """Apply the change to a number."""
        return (found if self.set is None else self.set) * self.scale + self.offset

    def after(self, first: Change) -> Change:
        """This change of what another one has made, as one change; not of an added level."""
        if self.set is not None:
            return self
        offset = first.offset * self.scale + self.offset
        return Change(first.set, first.scale * self.scale, offset)

    def of_level(self, found_db: float, off_db: float) -> float:
        """Apply the change to the level of something that is added.

        Args:
            found_db: in dB.
            off_db: what stands for none; more is counted from there.
        """
        if self.scale == 0.0:
            return off_db
        start_db = max(found_db, off_db) if self.set is None else self.set
        return start_db + 20.0 * math.log10(self.scale) + self.offset


@dataclass(frozen=True)
class BusChanges:
    """Changes of settings that a bus and a strip have in common."""

    gain_db: Change | None = setting("Fader.")
    curve_db: Change | None = setting("Equaliser, all points.")
    curve_50_hz_db: Change | None = setting("Equaliser around 50 Hz.")
    curve_100_hz_db: Change | None = setting("Equaliser around 100 Hz.")
    curve_200_hz_db: Change | None = setting("Equaliser around 200 Hz.")
    curve_400_hz_db: Change | None = setting("Equaliser around 400 Hz.")
    curve_800_hz_db: Change | None = setting("Equaliser around 800 Hz.")
    curve_1600_hz_db: Change | None = setting("Equaliser around 1.6 kHz.")
    curve_3150_hz_db: Change | None = setting("Equaliser around 3.15 kHz.")
    curve_6300_hz_db: Change | None = setting("Equaliser around 6.3 kHz.")
    curve_12500_hz_db: Change | None = setting("Equaliser around 12.5 kHz.")
    threshold_db: Change | None = setting("Threshold of the compressor.")
    ratio: Change | None = setting("Ratio of the compressor; 1 is off.", "")
    attack_ms: Change | None = setting("Attack of the compressor.", "ms")
    release_ms: Change | None = setting("Release of the compressor.", "ms")


@dataclass(frozen=True)
class StripChanges(BusChanges):
    """Changes of the strip of a stem or of a track."""

    motion: Change | None = setting("Scale of gain movement over time; 1 keeps the model's.", "")
    shape: Change | None = setting("Transients: below 0 softer, above 0 sharper.", "")
    ride: Change | None = setting("Share of slow level changes that is evened out.", "")
    high_pass_hz: Change | None = setting("High-pass; 20 means off.", "Hz")
    balance_db: Change | None = setting("Balance: right relative to left.")
    pan: Change | None = setting("Position, -1 (left) to 1 (right).", "")
    side_db: Change | None = setting("Side signal relative to the mid signal.")
    widen_db: Change | None = setting("Side signal derived from the mid signal.")
    room_db: Change | None = setting("Sends to both rooms.")
    short_room_db: Change | None = setting("Send to the short room.")
    long_room_db: Change | None = setting("Send to the long room.")
    echo_db: Change | None = setting("Send to the echo.")


@dataclass(frozen=True)
class SpaceChanges:
    """Changes of the rooms and the echo that a model of tracks sends to."""

    short_decay_s: Change | None = setting("Reverberation time of the short room.", "s")
    long_decay_s: Change | None = setting("Reverberation time of the long room.", "s")
    short_pre_delay_ms: Change | None = setting("Pre-delay of the short room.", "ms")
    long_pre_delay_ms: Change | None = setting("Pre-delay of the long room.", "ms")
    echo_s: Change | None = setting("Time between echoes; the model's follows a known tempo.", "s")
    echo_feedback: Change | None = setting("Feedback of the echo.", "")


Changes = BusChanges | SpaceChanges
BUS_KEYS = tuple(field.name for field in dataclasses.fields(BusChanges))
STRIP_KEYS = tuple(field.name for field in dataclasses.fields(StripChanges))
# The points of an equaliser, whatever a network's own resolution.
POINT_KEYS = tuple(key for key in BUS_KEYS if key.startswith("curve_") and key != "curve_db")
POINTS_HZ = tuple(float(key.split("_")[1]) for key in POINT_KEYS)


def asked_for(changes: Changes | None) -> Iterator[tuple[str, Change]]:
    """The settings that change, with their changes."""
    for field in dataclasses.fields(changes) if changes is not None else ():
        change = getattr(changes, field.name)
        if change is not None:
            yield field.name, change


def changed(changes: Changes | None, key: str, found: float) -> float:
    """The model's number after a change.

    Args:
        changes: None leaves it.
        key: of the setting.
        found: the number.
    """
    change = None if changes is None else getattr(changes, key)
    return found if change is None else change.of(found)


def changed_curve(changes: BusChanges | None, found_db: tuple[float, ...]) -> tuple[float, ...]:
    """The gains of an equaliser at `POINTS_HZ` after changes of the whole, then of each point."""
    points = [changed(changes, "curve_db", level_db) for level_db in found_db]
    named = zip(POINT_KEYS, points, strict=True)
    return tuple(changed(changes, key, level_db) for key, level_db in named)


def as_tables(changes: Mapping[str, StripChanges]) -> dict[str, dict[str, dict[str, float]]]:
    """Changes by strip, as JSON can send them."""
    return {
        name: {
            key: {part: value for part, value in vars(change).items() if value is not None}
            for key, change in asked_for(of_strip)
        }
        for name, of_strip in changes.items()
    }


def from_tables(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, StripChanges]:
    """The inverse of `as_tables`."""
    make: Callable[..., StripChanges] = StripChanges
    return {
        name: make(**{key: Change(**parts) for key, parts in table.items()})
        for name, table in tables.items()
    }


def changes_after(then: StripChanges | None, first: StripChanges) -> StripChanges:
    """Further changes of a strip that was changed before, combined into one set of changes.

    Args:
        then: what somebody asks for; None for none.
        first: of no level of something added.
    """
    asked, both = dict(asked_for(then)), dict(asked_for(first))
    for key, change in asked.items():
        both[key] = change.after(both[key]) if key in both else change
    return StripChanges(**both)
