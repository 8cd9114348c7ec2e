"""Changes of one strip, each as a setting that a preset could hold for other songs.

A preset has one value for all songs. The user's settings are values; a room of the model's is
raised or lowered, since the model gives each track its own, and set only if it was off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mixer.console.settings import Filter
from mixer.learn.recall_reader import WrittenMix
from mixer.learn.session_changes import Changed
from mixer.learn.user_edit import BAND_TYPES, HAND_SENDS, NO_EFFECT, ROOMS, Edit, edit_of
from mixer.network.track_mixer.track_settings import HIGH_PASS_OFF_HZ
from mixer.output.daw.strips.native_strip import EqBand
from mixer.preset.console_shape import NETWORK

Keys = tuple[str, ...]
_OPEN_HZ = {"high_pass": 20.0, "low_pass": 20_000.0}
_BAND_KINDS = {name: kind for kind, name in BAND_TYPES.items()}


@dataclass(frozen=True)
class Move:
    """One setting of one strip, changed.

    Attributes:
        keys: of the setting, within a strip.
        value: what it is now; None for off.
        change: by how much, in dB, octaves, or shares of the way to one side; its sign is the
            direction.
        by: the value is a difference from what the model sets.
        slope_db_per_octave: of a high-pass or a low-pass.
        own_gain_db, pan_gain_db: of a pan: the user's gain before, and what a balance as far from
            the middle takes of it; the strip's pan keeps the energy, a balance keeps the near side.
    """

    keys: Keys
    value: float | None
    change: float
    by: bool = False
    slope_db_per_octave: int = Filter().slope_db_per_octave
    own_gain_db: float = 0.0
    pan_gain_db: float = 0.0


@dataclass(frozen=True)
class Moves:
    """All changes of one strip.

    Attributes:
        settings: except for the equaliser.
        bands: of the user's equaliser as it is now; None if it was left alone.
        not_for_presets: what is one song's own, or a way of listening, a phrase each.
    """

    settings: tuple[Move, ...]
    bands: tuple[EqBand, ...] | None
    not_for_presets: tuple[str, ...]


def moves_of(changed: Changed, mix: WrittenMix) -> Moves:
    """Changes of a strip, setting by setting."""
    written = changed.written.strip
    resting = replace(
        changed.now, automation=written.automation, soloed=written.soloed, pan=written.pan
    )
    edit = edit_of(replace(changed, now=resting), mix)
    panned = edit_of(replace(changed, now=replace(written, pan=changed.now.pan)), mix)
    others = ["automation"] if changed.is_automated else []
    others += ["solo"] if changed.now.soloed != written.soloed else []
    if isinstance(edit.table.get("gain_db"), list):
        others.append("the fader of a strip whose gain is automated")
    rows = edit.table.get("eq")
    return Moves(
        settings=(*_settings(changed, edit, mix), *_pan(changed, panned)),
        bands=None if rows is None else tuple(_band(row) for row in rows),
        not_for_presets=(*others, *edit.remarks, *panned.remarks),
    )


def _pan(changed: Changed, edit: Edit) -> Iterator[Move]:
    """A pan, from an edit that has nothing else."""
    if "pan" in edit.table:
        pan, user = edit.table["pan"], changed.written.user
        own_gain_db = _number(user.get("gain_db"), 0.0)
        gain_db = _number(edit.table.get("gain_db"), own_gain_db)
        yield Move(
            ("pan",),
            pan,
            pan - _number(user.get("pan"), 0.0),
            own_gain_db=own_gain_db,
            pan_gain_db=gain_db - own_gain_db,
        )


def _settings(changed: Changed, edit: Edit, mix: WrittenMix) -> Iterator[Move]:
    table, user = edit.table, changed.written.user
    for key, neutral in (("gain_db", 0.0), ("loudness_lufs", mix.loudness_lufs)):
        value = table.get(key)
        if isinstance(value, int | float):
            yield Move((key,), value, value - _number(user.get(key), neutral or 0.0))
    if "width" in table:
        width, before = table["width"], _number(user.get("width"), 1.0)
        yield Move(("width",), width, math.log2(max(width, 0.05) / max(before, 0.05)))
    if "mute" in table:
        yield Move(("mute",), float(table["mute"]), 1.0 if table["mute"] else -1.0)
    yield from _sends(changed, edit)
    yield from _passes(changed, edit)


def _sends(changed: Changed, edit: Edit) -> Iterator[Move]:
    was = dict(changed.written.strip.sends)
    for name, level_db in changed.sends.items():
        change = (-1.0 if name in was else 0.0) if level_db is None else 1.0
        if level_db is not None and name in was:
            change = level_db - was[name]
        if edit.table.get(HAND_SENDS.get(name, "")) is not None:
            yield Move((HAND_SENDS[name],), level_db, change)
        elif name in ROOMS and ROOMS[name] in edit.table.get(NETWORK, {}):
            keys = (NETWORK, ROOMS[name])
            if level_db is None or name not in was:
                said = edit.table[NETWORK][ROOMS[name]]["set"]
                yield Move(keys, None if level_db is None else said, change)
            else:
                own = changed.written.user.get(NETWORK, {}).get(ROOMS[name], {})
                yield Move(keys, _number(own.get("offset"), 0.0) + change, change, by=True)


def _passes(changed: Changed, edit: Edit) -> Iterator[Move]:
    """Corners of high-passes and low-passes."""
    for kind, open_hz in _OPEN_HZ.items():
        before_hz = next((b.frequency_hz for b in changed.bands_gone if b.kind == kind), open_hz)
        own = edit.table.get(NETWORK, {}).get("high_pass_hz") if kind == "high_pass" else None
        if own is not None:
            corner_hz = own["set"]
            yield Move(
                (NETWORK, "high_pass_hz"),
                corner_hz if corner_hz > HIGH_PASS_OFF_HZ else None,
                math.log2(corner_hz / before_hz),
            )
        said = edit.table.get(kind)
        if said == NO_EFFECT:
            yield Move((kind,), None, math.log2(open_hz / before_hz))
        elif said is not None:
            corner_hz = said["frequency_hz"]
            change = math.log2(corner_hz / before_hz)
            yield Move((kind,), corner_hz, change, slope_db_per_octave=said["slope_db_per_octave"])


def preset_value(move: Move) -> Any:
    """The value of a preset at a setting's keys."""
    keys, value = move.keys, move.value
    if keys == ("mute",):
        return bool(value)
    if keys[0] == NETWORK and keys[1] in ROOMS.values():
        if value is None:
            return {"scale": 0}
        return round(value, 2) if move.by else {"set": round(value, 2), "scale": 1, "offset": 0}
    if keys == (NETWORK, "high_pass_hz"):
        corner_hz = HIGH_PASS_OFF_HZ if value is None else round(value, 1)
        return {"set": corner_hz, "scale": 1, "offset": 0}
    if value is None:
        return NO_EFFECT
    if keys[0] in _OPEN_HZ:
        slope = move.slope_db_per_octave
        return {"frequency_hz": round(value, 1), "slope_db_per_octave": slope}
    return round(value, 3 if keys[0] in ("pan", "width") else 2)


def _band(row: dict[str, Any]) -> EqBand:
    kind = _BAND_KINDS[row.get("type", "peak")]
    return EqBand(kind, float(row["frequency_hz"]), float(row.get("gain_db", 0.0)), float(row["q"]))


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
