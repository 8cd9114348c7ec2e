"""Changes made in a session as keys of a strip, so that the next render has them.

The user's strip acts after the model's: a fader that went up by 2 dB is 2 dB more of the user's
gain, a band that was turned is the old one undone and the new one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixer.console.settings import LOUDNESS_RANGE_LUFS, MASTER, MOST_ENTRIES
from mixer.learn.recall_reader import WrittenMix
from mixer.learn.session_changes import LEAST_DB, LEAST_FACTOR, Changed, automation_change
from mixer.output.daw.strips.native_strip import BandKind, EqBand, Strip, balance_gains
from mixer.output.daw.strips.strip_words import band_words
from mixer.output.daw.strips.volume_automation import automation
from mixer.preset.console_shape import BAND, NETWORK, STRIP, TRACKS, range_of

_PASSES = {"high_pass": "high_pass", "low_pass": "low_pass"}
BAND_TYPES: dict[BandKind, str] = {
    "bell": "peak", "low_shelf": "low_shelf", "high_shelf": "high_shelf", "notch": "notch",
}  # fmt: skip
ROOMS = {"Room": "short_room_db", "Long room": "long_room_db", "Echo": "echo_db"}
HAND_SENDS = {"Reverb": "reverb_db", "Delay": "delay_db"}
NO_EFFECT = "none"
_BUTTERWORTH_Q = math.sqrt(0.5)
# All echoes together come back at the level of the send (`mixer.rendering.tracks.group_sends`).
_ECHOES_DB = 10.0 * math.log10(1.0 - 0.3**2)
_SILENT = 1e-4


@dataclass
class Edit:
    """Changes learnt from one strip.

    Attributes:
        keys: location of the strip in a console: a track, a stem, or the master.
        table: keys of a strip and their values; a list replaces the whole list.
        remarks: one line for each change that a strip cannot express.
    """

    keys: tuple[str, ...]
    table: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def edit_of(changed: Changed, mix: WrittenMix) -> Edit:
    """The keys that reproduce a change."""
    source = changed.written.source
    edit = Edit((source,) if changed.is_group else (TRACKS, source))
    only_gains = not changed.is_group and not mix.mixes_tracks
    _faders(changed, mix, edit, only_gains=only_gains)
    if changed.now.muted != changed.written.strip.muted:
        edit.table["mute"] = changed.now.muted
    if changed.now.soloed != changed.written.strip.soloed:
        edit.table["solo"] = changed.now.soloed
    _refuse(edit, MASTER, source, ("mute", "solo"))
    if only_gains:
        if changed.bands_gone or changed.bands_new or changed.sends or changed.is_wider:
            edit.remarks.append(
                "a model that mixes stems can only mute, solo and set the gain of a single "
                "track; change the stem's folder, or render with --model tracks"
            )
        return edit
    if changed.is_wider:
        user = _number(changed.written.user.get("width"), 1.0)
        width = user * changed.now.width / max(changed.written.strip.width, 0.05)
        edit.table["width"] = round(float(np.clip(width, 0.0, 2.0)), 3)
    _equaliser(changed, edit)
    _sends(changed, edit)
    return edit


def _faders(changed: Changed, mix: WrittenMix, edit: Edit, *, only_gains: bool) -> None:
    """Fader, pan and automation, as the user's gain and pan."""
    was, now, user = changed.written.strip, changed.now, changed.written.user
    left, right = 1.0, 1.0
    if changed.is_moved:
        before, after = _side_gains(was), _side_gains(now)
        if min(before) < _SILENT or max(after) < _SILENT:
            edit.remarks.append("a hard pan cannot be learnt; set pan in song.toml")
        else:
            left, right = after[0] / before[0], after[1] / before[1]
    if edit.keys == (MASTER,) and changed.is_moved and mix.loudness_lufs is not None:
        louder = mix.loudness_lufs + 10.0 * math.log10(0.5 * (left**2 + right**2))
        edit.table["loudness_lufs"] = round(float(np.clip(louder, *LOUDNESS_RANGE_LUFS)), 2)
        return
    pan = _number(user.get("pan"), 0.0)
    angle = (pan + 1.0) * math.pi / 4.0
    left, right = left * math.sqrt(2.0) * math.cos(angle), right * math.sqrt(2.0) * math.sin(angle)
    gain_db = 10.0 * math.log10(max(0.5 * (left**2 + right**2), 1e-12))
    new_pan = math.atan2(right, left) * 4.0 / math.pi - 1.0
    if changed.is_moved and abs(new_pan - pan) > 1e-3:
        if only_gains:
            edit.remarks.append("a model that mixes stems cannot pan single tracks")
            gain_db = now.gain_db - was.gain_db
        else:
            edit.table["pan"] = round(float(np.clip(new_pan, -1.0, 1.0)), 4)
    own = user.get("gain_db", 0.0)
    if changed.is_automated and not only_gains:
        edit.table["gain_db"] = _moving(changed, own, gain_db)
    elif changed.is_moved and abs(gain_db) >= 0.5 * LEAST_DB:
        edit.table["gain_db"] = _added(own, gain_db)
    if changed.is_automated and only_gains:
        edit.remarks.append("a model that mixes stems cannot automate the gain of single tracks")


def _moving(changed: Changed, own: Any, more_db: float) -> list[list[float]]:
    """The user's gain as points: what it was, and by how much the automation was changed."""
    times, change_db = automation_change(changed.written.strip.automation, changed.now.automation)
    # Without points the fader takes back what the automation was changed by.
    points = automation(times, change_db + more_db) or ((0.0, 1.0),)
    base = np.array(own, dtype=float) if isinstance(own, list) else np.array([[0.0, own]])
    return [
        [
            time_s,
            _clipped_db(
                20.0 * math.log10(max(factor, LEAST_FACTOR)) + float(np.interp(time_s, *base.T))
            ),
        ]
        for time_s, factor in points
    ]


def _added(own: Any, gain_db: float) -> Any:
    if isinstance(own, list):
        return [[time_s, _clipped_db(value + gain_db)] for time_s, value in own]
    return _clipped_db(float(own) + gain_db)


def _equaliser(changed: Changed, edit: Edit) -> None:
    """Bands: those of the user's own are changed, those of a model's undone."""
    gone, new = list(changed.bands_gone), list(changed.bands_new)
    if not gone and not new:
        return
    user = changed.written.user
    rows = [dict(row) for row in user.get("eq", ())]
    for kind in _PASSES:
        _pass_filter(kind, [b for b in gone if b.kind == kind],
                     [b for b in new if b.kind == kind], user, edit)  # fmt: skip
    bells_gone = [band for band in gone if band.kind not in _PASSES]
    undone = list[dict[str, Any]]()
    for band in bells_gone:
        own = next((row for row in rows if _is_row_of(row, band)), None)
        if own is not None:
            rows.remove(own)
        elif band.kind != "notch":
            # A cookbook filter of the opposite gain is its inverse.
            undone.append(band_row(EqBand(band.kind, band.frequency_hz, -band.gain_db, band.q)))
        else:
            edit.remarks.append(f"{band_words(band)} cannot be undone")
    added = [band_row(band) for band in new if band.kind not in _PASSES]
    if bells_gone or added:
        rows = [*rows, *undone, *added]
        if len(rows) > MOST_ENTRIES:
            edit.remarks.append(f"more than {MOST_ENTRIES} bands: the last are left out")
        edit.table["eq"] = rows[:MOST_ENTRIES]


def _pass_filter(
    kind: str, gone: Sequence[EqBand], new: Sequence[EqBand], user: Mapping[str, Any], edit: Edit
) -> None:
    if not gone and not new:
        return
    if user.get(kind) is None and gone and kind == "high_pass" and edit.keys[0] == TRACKS:
        # The model's own: its corner is a setting of the network's.
        corner_hz = new[0].frequency_hz if new else 20.0
        edit.table.setdefault(NETWORK, {})["high_pass_hz"] = {
            "set": round(corner_hz, 1),
            "scale": 1,
            "offset": 0,
        }
        new = new[1:]
    elif not new:
        edit.table[kind] = NO_EFFECT
    if new:
        slope = 24 if len(new) > 1 else 12
        edit.table[kind] = {
            "frequency_hz": round(float(np.clip(new[0].frequency_hz, 10.0, 22_000.0)), 1),
            "slope_db_per_octave": slope,
        }
        if slope == 12 and abs(new[0].q / _BUTTERWORTH_Q - 1.0) > 0.1:
            edit.remarks.append(f"{band_words(new[0])}: learnt without its resonance")


def _sends(changed: Changed, edit: Edit) -> None:
    for name, level_db in changed.sends.items():
        if name in HAND_SENDS:
            level = (
                NO_EFFECT if level_db is None else round(float(np.clip(level_db, -60.0, 12.0)), 2)
            )
            edit.table[HAND_SENDS[name]] = level
        elif name in ROOMS and edit.keys[0] == TRACKS:
            shift_db = _ECHOES_DB if name == "Echo" else 0.0
            scale, level = (0, -40.0) if level_db is None else (1, round(level_db - shift_db, 2))
            # All three, so that nothing of a preset's is left in it.
            change = {"set": level, "scale": scale, "offset": 0}
            edit.table.setdefault(NETWORK, {})[ROOMS[name]] = change
        else:
            edit.remarks.append(f"a send to {name} is not one of mixer's; left alone")


def _refuse(edit: Edit, key: str, source: str, lacks: Sequence[str]) -> None:
    if source == key and edit.keys == (key,):
        for name in lacks:
            if edit.table.pop(name, None) is not None:
                edit.remarks.append(f"the whole mix cannot be {name}d")


def _side_gains(strip: Strip) -> tuple[float, float]:
    gain = 10.0 ** (strip.gain_db / 20.0)
    left, right = balance_gains(strip.pan)
    return gain * left, gain * right


def band_row(band: EqBand) -> dict[str, Any]:
    numbers = {"frequency_hz": band.frequency_hz, "gain_db": band.gain_db, "q": band.q}
    row: dict[str, Any] = {"type": BAND_TYPES[band.kind]}
    for name, value in numbers.items():
        if name != "gain_db" or band.kind != "notch":
            row[name] = round(float(np.clip(value, *range_of(BAND, name))), 3)
    return row


def _is_row_of(row: Mapping[str, Any], band: EqBand) -> bool:
    """Whether a band in the session is one that the user had set."""
    numbers = (("frequency_hz", band.frequency_hz), ("gain_db", band.gain_db), ("q", band.q))
    return row.get("type", "peak") == BAND_TYPES[band.kind] and all(
        isinstance(row.get(key), int | float) and abs(row[key] - value) <= 1e-3 * abs(value) + 0.02
        for key, value in numbers
        if not (key == "gain_db" and band.kind == "notch")
    )


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def _clipped_db(gain_db: float) -> float:
    return round(float(np.clip(gain_db, *range_of(STRIP, "gain_db"))), 3)
