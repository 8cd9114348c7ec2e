"""The user's changes of a track mixer's settings.

A change to a stem acts on its group's bus if a bus has such a setting, and on each of its
tracks where only tracks have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from mixer.network.track_mixer.track_settings import (
    SEND_OFF_DB,
    BusSettings,
    Compression,
    ConsoleSettings,
    SpaceSettings,
    TrackSettings,
)
from mixer.setting_changes import (
    BUS_KEYS,
    BusChanges,
    Change,
    SpaceChanges,
    StripChanges,
    asked_for,
    changed,
    changed_curve,
)

# A side signal that is not there at all has no level in dB.
_LEAST_SIDE_DB = -60.0
_PLAIN = ("pan", "high_pass_hz", "shape", "ride")
# Setting on which each key for the level of an addition acts.
_ADDED = {
    "widen_db": ("widen_db",),
    "room_db": ("short_room_db", "long_room_db"),
    "short_room_db": ("short_room_db",),
    "long_room_db": ("long_room_db",),
    "echo_db": ("echo_db",),
}


def change_console(
    found: ConsoleSettings,
    stems: list[str],
    *,
    of_stems: Mapping[str, StripChanges],
    of_tracks: Mapping[int, StripChanges],
    of_mix: BusChanges | None = None,
    of_space: SpaceChanges | None = None,
) -> ConsoleSettings:
    """Apply the requested changes to a console, bounded; other settings stay as they are.

    Args:
        found: as the model set it.
        stems: of each track, its group.
        of_stems: by stem; a track's own changes come after them.
        of_tracks: by the track's place.
        of_mix: of the mix's bus.
        of_space: of the rooms and the echo.
    """
    tracks = []
    for place, (track, stem) in enumerate(zip(found.tracks, stems, strict=True)):
        track = _change_track(track, _without_bus(of_stems.get(stem)))
        tracks.append(_change_track(track, of_tracks.get(place)))
    groups = {stem: _change_bus(bus, of_stems.get(stem)) for stem, bus in found.groups.items()}
    space = _change_space(found.space, of_space)
    return ConsoleSettings(tuple(tracks), groups, _change_bus(found.mix, of_mix), space)


def _without_bus(changes: StripChanges | None) -> StripChanges | None:
    return None if changes is None else replace(changes, **dict.fromkeys(BUS_KEYS))


def _change_track(track: TrackSettings, changes: StripChanges | None) -> TrackSettings:
    asked = dict(asked_for(changes))
    if not asked:
        return track
    new = replace(
        track,
        gain_db=changed(changes, "gain_db", track.gain_db),
        curve_db=changed_curve(changes, track.curve_db),
        compression=_change_compression(track.compression, changes),
        **{key: changed(changes, key, getattr(track, key)) for key in _PLAIN},
    )
    if "side_db" in asked:
        new = replace(new, width=_changed_width(track.width, asked["side_db"]))
    for key, names in _ADDED.items():
        for name in names if key in asked else ():
            level: dict[str, Any] = {name: asked[key].of_level(getattr(new, name), SEND_OFF_DB)}
            new = replace(new, **level)
    return new.bounded()


def _changed_width(width: float, change: Change) -> float:
    side_db = max(float(20.0 * np.log10(max(width, 1e-6))), _LEAST_SIDE_DB)
    changed_db = change.of(side_db)
    return 0.0 if changed_db <= _LEAST_SIDE_DB else float(10.0 ** (changed_db / 20.0))


def _change_bus(bus: BusSettings, changes: BusChanges | None) -> BusSettings:
    if not any(key in BUS_KEYS for key, _ in asked_for(changes)):
        return bus
    return BusSettings(
        changed(changes, "gain_db", bus.gain_db),
        changed_curve(changes, bus.curve_db),
        _change_compression(bus.compression, changes),
    ).bounded()


def _change_compression(compression: Compression, changes: BusChanges | None) -> Compression:
    return Compression(
        **{
            field.name: changed(changes, field.name, getattr(compression, field.name))
            for field in fields(Compression)
        }
    )


def _change_space(space: SpaceSettings, changes: SpaceChanges | None) -> SpaceSettings:
    if not any(True for _ in asked_for(changes)):
        return space
    return SpaceSettings(
        **{
            field.name: changed(changes, field.name, getattr(space, field.name))
            for field in fields(SpaceSettings)
        }
    ).bounded()
