"""Settings of every channel and room, as numbers for the picture of the console."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from mixer.console.automation import mean_value
from mixer.console.response import filter_curve_db
from mixer.console.settings import Number, Strip
from mixer.network.output import StemTable
from mixer.network.track_mixer.track_settings import (
    FLAT,
    SEND_OFF_DB,
    BusTable,
    TrackTable,
    curve_at,
    high_pass_db,
)
from mixer.rendering.mix import Mix
from mixer.rendering.plans.plan import MaterialKind
from mixer.report.report_rooms import Room, rooms_of
from mixer.song.names.short_names import short_names

# Where curves are drawn, and how far down.
CURVE_POINTS_HZ = np.round(np.geomspace(20.0, 20_000.0, 73), 1)
LOWEST_CURVE_DB = -24.0
# A band mixer's rooms and widening end here (`mixer.network.band_mixer.space`).
_NEXT_TO_NONE_DB = -44.0
# Beyond this a pan is as far out as it is drawn.
_WIDEST_PAN = 0.999
MIX_BUS = "mix"


class Setting(TypedDict):
    """State of a channel.

    Attributes:
        gain_db: of the fader.
        pan: -1 (left) to 1.
        width: gain of the side signal; None for a mono track.
        curve_db: of its EQ, at `CURVE_POINTS_HZ`; empty for a flat one.
        sends: level by name of what it is sent to.
    """

    gain_db: float
    pan: float
    width: float | None
    curve_db: list[float]
    sends: dict[str, float]


class Channel(TypedDict):
    """A row of the picture.

    Attributes:
        name: of a track, a stem or a bus.
        stem: whose colour it has; `MIX_BUS` for the mix.
        role: of a track, else empty.
        notes: words on what is not drawn.
        found: as the network set it; None if no network did.
        set: as it was used, with the user's changes.
        by_hand: whether `set` was changed from `found` by the user.
    """

    name: str
    stem: str
    role: str
    notes: list[str]
    found: Setting | None
    set: Setting
    by_hand: bool


class ConsolePicture(TypedDict):
    """Data of the picture; `why` says why a network made no settings, or is empty."""

    bands_hz: list[float]
    channels: list[Channel]
    rooms: list[Room]
    why: str


@dataclass(frozen=True)
class _Stand:
    """A setting while it is put together: the curve as `(points,)`, the pan as a balance in dB."""

    gain_db: float = 0.0
    balance_db: float = 0.0
    width: float | None = 1.0
    curve_db: np.ndarray = field(default_factory=lambda: np.zeros(len(CURVE_POINTS_HZ)))
    sends: Mapping[str, float] = field(default_factory=dict)

    def plain(self) -> Setting:
        curve = np.maximum(self.curve_db, LOWEST_CURVE_DB)
        pan = 4.0 / math.pi * math.atan(10.0 ** (self.balance_db / 20.0)) - 1.0
        return {
            "gain_db": round(self.gain_db, 2),
            "pan": round(pan, 3),
            "width": None if self.width is None else round(self.width, 3),
            "curve_db": np.round(curve, 2).tolist() if np.abs(curve).max() >= 0.05 else [],
            "sends": {name: round(level, 1) for name, level in self.sends.items()},
        }


def console_picture(mix: Mix) -> ConsolePicture:
    """Settings of a mix's channels: by its network, by presets and by the user."""
    channels = list(_of_tracks(mix) if mix.measurements["tracks"] else _of_stems(mix))
    return {
        "bands_hz": CURVE_POINTS_HZ.tolist(),
        "channels": channels,
        "rooms": rooms_of(mix, {name for channel in channels for name in channel["set"]["sends"]}),
        "why": _why_nothing(mix),
    }


def _why_nothing(mix: Mix) -> str:
    """Why no network's setting is in the picture; empty if there are some."""
    if mix.measurements["tracks"] or mix.measurements["network"]:
        return ""
    if mix.plan.material is MaterialKind.RECORDINGS:
        return "The amount is 0: the recordings are added up unchanged, without a network."
    if mix.model is None:
        return "No network was requested: the normalised stems are added up, every fader at 0 dB."
    return (
        f"Model {mix.model['name']} outputs finished sound and no settings: see its effect in the "
        "spectrum and the stereo field."
    )


def _of_tracks(mix: Mix) -> Iterator[Channel]:
    record, user = mix.measurements["tracks"], mix.plan.user
    short = short_names(list(record["tracks"]))
    for name, track in record["tracks"].items():
        width = None if track["channels"] == 1 else 1.0
        found = _of_track(track.get("found", track["strip"]), width)
        used = _of_track(track["strip"], width)
        strip = user.strips.get(name, Strip())
        notes = [] if track["loudness_lufs"] is not None else ["silent"]
        if name in user.not_heard:
            notes.append("muted" if strip.mute else "silent: other channels are soloed")
        yield _channel(short[name], track["stem"], found, used, strip, mix, notes, track["role"])
    for stem, bus in (*record["groups"].items(), (MIX_BUS, record["mix"])):
        strip = mix.console.master if stem == MIX_BUS else mix.console.strip(stem)
        found = _of_bus(bus)
        yield _channel(f"{stem} bus", stem, found, found, strip, mix, [], "")


def _of_stems(mix: Mix) -> Iterator[Channel]:
    for stem in mix.song.stems:
        record = mix.measurements["network"].get(stem)
        used = None if record is None else _of_stem(record["used"])
        found = used if record is None else _of_stem(record.get("found", record["used"]))
        strip = mix.console.strip(stem)
        done = mix.measurements["console"].get("stems", {}).get(stem)
        notes = ["muted" if strip.mute else "not heard"] if done and not done["heard"] else []
        yield _channel(stem, stem, found, used, strip, mix, notes, "")
    if mix.console.master != Strip():
        yield _channel("mix bus", MIX_BUS, None, None, mix.console.master, mix, [], "")


def _channel(
    name: str,
    stem: str,
    found: _Stand | None,
    used: _Stand | None,
    strip: Strip,
    mix: Mix,
    notes: list[str],
    role: str,
) -> Channel:
    stands = _behind(strip, used or _Stand(), mix.sample_rate).plain()
    was = None if found is None else found.plain()
    return {
        "name": name,
        "stem": stem,
        "role": role.replace("_", " "),
        "notes": [*notes, *_strip_notes(strip)],
        "found": was,
        "set": stands,
        "by_hand": stands != (was or _Stand().plain()),
    }


def _of_track(table: TrackTable, width: float | None) -> _Stand:
    curve = curve_at(tuple(table["curve_db"]), CURVE_POINTS_HZ)
    sends = {
        "short room": table["short_room_db"],
        "long room": table["long_room_db"],
        "echo": table["echo_db"],
    }
    return _Stand(
        table["gain_db"],
        _balance_db(table["pan"]),
        None if width is None else table["width"],
        curve + high_pass_db(table["high_pass_hz"], CURVE_POINTS_HZ),
        {name: level for name, level in sends.items() if level > SEND_OFF_DB},
    )


def _of_bus(table: BusTable) -> _Stand:
    return _Stand(table["gain_db"], curve_db=curve_at(tuple(table["curve_db"]), CURVE_POINTS_HZ))


def _of_stem(table: StemTable) -> _Stand:
    """Settings of a kind of network as its record has them: what it does not set is as it was."""
    room_db = float(table.get("room_db", _NEXT_TO_NONE_DB))
    return _Stand(
        float(table.get("gain_db", 0.0)),
        float(table.get("balance_db", 0.0)),
        10.0 ** (float(table.get("side_db", 0.0)) / 20.0),
        curve_at(tuple(table.get("curve_db", FLAT)), CURVE_POINTS_HZ),
        {"room": room_db} if room_db > _NEXT_TO_NONE_DB else {},
    )


def _behind(strip: Strip, stand: _Stand, sample_rate: int) -> _Stand:
    """A channel with a strip of the console after it."""
    sends = dict(stand.sends)
    for name, level in (("reverb", strip.reverb_db), ("delay", strip.delay_db)):
        if level is not None:
            sends[name] = mean_value(level)
    below_half = np.minimum(CURVE_POINTS_HZ, 0.49 * sample_rate)
    return _Stand(
        stand.gain_db + mean_value(strip.gain_db),
        stand.balance_db + _balance_db(mean_value(strip.pan)),
        None if stand.width is None else stand.width * mean_value(strip.width),
        stand.curve_db + filter_curve_db(strip, below_half, sample_rate),
        sends,
    )


def _balance_db(pan: float) -> float:
    """Right over left of a pan, whose gains are the sine and cosine of an angle."""
    angle = (min(max(pan, -_WIDEST_PAN), _WIDEST_PAN) + 1.0) * math.pi / 4.0
    return 20.0 * math.log10(math.tan(angle))


def _strip_notes(strip: Strip) -> Iterator[str]:
    if strip.solo:
        yield "solo"
    if _moves(strip.gain_db):
        yield "fader automated: its mean"
    if _moves(strip.pan):
        yield "pan automated: its mean"
    if mean_value(strip.amount) != 1.0:
        yield f"strip blended to {100.0 * mean_value(strip.amount):.0f} %"


def _moves(number: Number) -> bool:
    return isinstance(number, Sequence)
