"""Settings of a track, a stem or a bus in an engineer's words: "-2.1 dB, 35 L, short room -14 dB".

Descriptions are made from the record (`mixer.network.track_mixer.track_settings.as_json`), so that
a mix read from its recipe is described exactly like one that was just rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal, TypeVar

from mixer.console.settings import STRIP_EFFECTS, Number
from mixer.network.output import StemTable
from mixer.network.track_mixer.track_settings import (
    CURVE_HZ,
    HIGH_PASS_OFF_HZ,
    SEND_OFF_DB,
    BusTable,
    CompressionTable,
    SpaceTable,
    TrackTable,
)
from mixer.rendering.tracks.track_console import TrackRecord
from mixer.rendering.tracks.user_strip_chain import UserStripRecord

NOTHING_DONE, SILENT = "unchanged", "silent"
# Changes too small to hear, or to read off a console.
_LEAST_CURVE_DB, _LEAST_PAN, _LEAST_SHARE, _LEAST_BALANCE_DB = 1.0, 0.015, 0.02, 0.5
# Moves of a curve worth a word; the others are smaller.
_MOST_MOVES = 3
_ROOMS: tuple[tuple[Literal["short_room_db", "long_room_db", "echo_db"], str], ...] = (
    ("short_room_db", "short room"),
    ("long_room_db", "long room"),
    ("echo_db", "echo"),
)
# Shown where a setting no longer has a phrase.
_WITHOUT = {"pan": "centre", "width": "width 100 %", "widened": "not widened", "transients":
            "transients as recorded", "riding": "level not ridden"}  # fmt: skip
# A setting, and what it does in words.
Phrase = tuple[str, str]
T = TypeVar("T")
_SENDS = (("reverb_db", "reverb"), ("delay_db", "delay"))


def track_words(track: TrackRecord) -> str:
    """Describe a track as a model set it, before any change by hand; "silent" for a silent track.

    Args:
        track: its record, as `mixer.rendering.tracks.track_console.describe` makes it.
    """
    if track["loudness_lufs"] is None:
        return SILENT
    return strip_words(track.get("found", track["strip"]))


def is_touched(track: TrackRecord) -> bool:
    """Whether the user changed a setting of the model's on a track, or added a strip to it."""
    return "user" in track or "found" in track


def added_words(track: TrackRecord) -> str:
    """Describe what the user changed and added on a track; empty for nothing.

    Args:
        track: as in `track_words`.
    """
    user = track.get("user")
    changes = list(_changed(strip_phrases, track.get("found"), track["strip"]))
    if not changes or (user is not None and not user["heard"]):
        return user_words(user)
    own = [] if user is None else list(_of_user(user["set"], user.get("effects", {})))
    return ", ".join((*changes, *own))


def changed_stem_words(found: StemTable | None, used: StemTable) -> str:
    """Describe the settings of a model of stems that the user changed; empty for nothing.

    Args:
        found, used: of a stem, as in `stem_words`, before and after the changes.
    """
    return ", ".join(_changed(stem_phrases, found, used))


def strip_words(strip: TrackTable) -> str:
    """Describe a track's strip as a model set it.

    Args:
        strip: `mixer.network.track_mixer.track_settings.TrackSettings` as JSON.
    """
    return ", ".join(phrase for _, phrase in strip_phrases(strip))


def bus_words(bus: BusTable) -> str:
    """Describe the bus of a group, or of the mix, as a model set it.

    Args:
        bus: `mixer.network.track_mixer.track_settings.BusSettings` as JSON.
    """
    return ", ".join(phrase for _, phrase in bus_phrases(bus))


def space_words(space: SpaceTable) -> str:
    """Describe the rooms and the echo that tracks are sent to.

    Args:
        space: `mixer.network.track_mixer.track_settings.SpaceSettings` as JSON.
    """
    return (
        f"short room {space['short_decay_s']:.2g} s, long room {space['long_decay_s']:.2g} s, "
        f"echo {1e3 * space['echo_s']:.0f} ms"
    )


def user_words(user: UserStripRecord | None) -> str:
    """Describe the user's strip of a track; empty if the user set nothing.

    Args:
        user: record of `mixer.rendering.tracks.user_strip_chain.UserStripChain`; None without.
    """
    if user is None:
        return ""
    said = user["set"]
    if not user["heard"]:
        return "muted" if said.get("mute") else "not heard, as other tracks are soloed"
    return ", ".join(_of_user(said, user.get("effects", {}))) or NOTHING_DONE


def stem_words(table: StemTable) -> str:
    """Describe a stem as a model of stems set it.

    Args:
        table: settings of a record; a kind of network with fewer settings has a shorter
            description.
    """
    return ", ".join(phrase for _, phrase in stem_phrases(table))


def _changed(told: Callable[[T], Iterator[Phrase]], found: T | None, used: T) -> Iterator[str]:
    """Phrases of the settings in which two tables differ, as they are in the second one."""
    if found is None:
        return
    was, now = dict(told(found)), dict(told(used))
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            yield now.get(name, _WITHOUT.get(name, f"no {name}"))


def stem_phrases(table: StemTable) -> Iterator[Phrase]:
    """The phrases of `stem_words`, each with the name of its setting."""
    yield "fader", _db(table.get("gain_db", 0.0))
    balance_db = table.get("balance_db", 0.0)
    if abs(balance_db) >= _LEAST_BALANCE_DB:
        yield "pan", f"{abs(balance_db):.1f} dB to the {'right' if balance_db > 0.0 else 'left'}"
    side_db = table.get("side_db", 0.0)
    if abs(side_db) >= _LEAST_BALANCE_DB:
        yield "width", f"sides {_db(side_db)}"
    yield from _named("equaliser", _of_curve(table.get("curve_db", ())))
    yield from _named("transients", _of_shape(table.get("shape", 0.0)))
    sends_db = (("widened", table.get("widen_db")), ("room", table.get("room_db")))
    for name, level_db in sends_db:
        if level_db is not None and level_db > SEND_OFF_DB:
            yield name, f"{name} {_db_plain(level_db)}"


def strip_phrases(strip: TrackTable) -> Iterator[Phrase]:
    """The phrases of `strip_words`, each with the name of its setting."""
    yield "fader", _db(strip["gain_db"])
    yield from _named("pan", _of_pan(strip["pan"]))
    yield from _named("width", _of_width(strip["width"]))
    if strip["widen_db"] > SEND_OFF_DB:
        yield "widened", f"widened {_db_plain(strip['widen_db'])}"
    if strip["high_pass_hz"] > HIGH_PASS_OFF_HZ:
        yield "high-pass", f"high-pass {_hz(strip['high_pass_hz'])}"
    yield from _named("equaliser", _of_curve(strip["curve_db"]))
    yield from _named("transients", _of_shape(strip["shape"]))
    yield from _named("compressor", _of_compression(strip["compression"]))
    if strip["ride"] >= _LEAST_SHARE:
        yield "riding", f"level ridden {_percent(strip['ride'])}"
    for key, name in _ROOMS:
        if strip[key] > SEND_OFF_DB:
            yield name, f"{name} {_db_plain(strip[key])}"


def bus_phrases(bus: BusTable) -> Iterator[Phrase]:
    """The phrases of `bus_words`, each with the name of its setting."""
    yield "fader", _db(bus["gain_db"])
    yield from _named("equaliser", _of_curve(bus["curve_db"]))
    yield from _named("compressor", _of_compression(bus["compression"]))


def _named(name: str, phrases: Iterator[str]) -> Iterator[Phrase]:
    """The phrases of one setting as one; none if there are none."""
    together = ", ".join(phrases)
    if together:
        yield name, together


def _of_shape(shape: float) -> Iterator[str]:
    if abs(shape) >= _LEAST_SHARE:
        yield f"transients {_percent(abs(shape))} {'softer' if shape < 0.0 else 'sharper'}"


def _of_user(said: Mapping[str, Any], done: Mapping[str, Any]) -> Iterator[str]:
    """The user's settings and, for each compressor, its gain reduction."""
    if said.get("solo"):
        yield "solo"
    if "gain_db" in said:
        yield _number(said["gain_db"], _db, "gain")
    if "pan" in said:
        yield from _of_pan(said["pan"])
    if "width" in said:
        yield _number(said["width"], lambda width: f"width {_percent(width)}", "width")
    for key, name in (("high_pass", "high-pass"), ("low_pass", "low-pass")):
        if key in said:
            yield f"{name} {_number(said[key]['frequency_hz'], _hz)}"
    for band in said.get("eq", ()):
        at = _number(band["frequency_hz"], _hz)
        is_notch = band["type"] == "notch"
        yield f"notch at {at}" if is_notch else f"{_number(band['gain_db'], _db)} at {at}"
    if "compressor" in said:
        compressor = said["compressor"]
        ratio = _number(compressor["ratio"], lambda ratio: f"{ratio:g}:1")
        taken_db = done.get("compressor", {}).get("max_reduction_db")
        taken = "" if taken_db is None else f", taking up to {taken_db:.1f} dB"
        yield f"{ratio} at {_number(compressor['threshold_db'], _db_plain)}{taken}"
    for name, words in _WORDS.items():
        if name in said:
            yield words(said[name])
    others = STRIP_EFFECTS.keys() & said.keys() - _WORDS.keys() - _WORDED
    yield from (name.replace("_", " ") for name in sorted(others))
    yield from (PurePath(plugin["path"]).stem for plugin in said.get("plugins", ()))
    for key, name in _SENDS:
        if key in said:
            yield f"{name} {_number(said[key], _db_plain)}"
    if "amount" in said:
        yield f"amount {_number(said['amount'], _percent)}"


# Effects whose words take more than their settings; one without any is named.
_WORDED = {"high_pass", "low_pass", "eq", "compressor", "plugins", "width", "pan", "gain_db"}
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "gate": lambda gate: f"gate at {_number(gate['threshold_db'], _db_plain)}",
    "de_esser": lambda de_esser: f"de-esser at {_number(de_esser['frequency_hz'], _hz)}",
    "saturation": lambda made: f"saturation {_number(made['drive_db'], _db_plain)}",
    "duck": lambda duck: f"ducked {_number(duck['amount_db'], _db_plain)} by {duck['by']}",
}


def _of_pan(pan: Number) -> Iterator[str]:
    if not isinstance(pan, int | float):
        yield "pan automated"
    elif abs(pan) >= _LEAST_PAN:
        yield f"{100.0 * abs(pan):.0f} {'L' if pan < 0.0 else 'R'}"


def _of_width(width: float) -> Iterator[str]:
    if width <= _LEAST_SHARE:
        yield "mono"
    elif abs(width - 1.0) >= _LEAST_SHARE:
        yield f"width {_percent(width)}"


def _of_curve(curve_db: Sequence[float]) -> Iterator[str]:
    """Extremes of a curve, from low to high: the largest of each run of boosts or of cuts."""
    stretches: list[list[int]] = []
    for place, level in enumerate(curve_db):
        before = curve_db[place - 1] if place else 0.0
        if stretches and level * before > 0.0:
            stretches[-1].append(place)
        else:
            stretches.append([place])
    tops = [max(stretch, key=lambda place: abs(curve_db[place])) for stretch in stretches]
    moved = [place for place in tops if abs(curve_db[place]) >= _LEAST_CURVE_DB]
    largest = sorted(moved, key=lambda place: -abs(curve_db[place]))[:_MOST_MOVES]
    for place in sorted(largest):
        yield f"{_db(curve_db[place])} at {_hz(CURVE_HZ[place])}"


def _of_compression(compression: CompressionTable) -> Iterator[str]:
    if compression["ratio"] > 1.0:
        threshold = _db_plain(compression["threshold_db"])
        yield f"{compression['ratio']:.1f}:1 at {threshold}".replace(".0:1", ":1")


def _number(value: Number, shown: Callable[[float], str], name: str = "") -> str:
    if isinstance(value, int | float):
        return shown(value)
    return f"{name} automated".strip()


def _db(level_db: float) -> str:
    """Format a level in dB with its sign, so that a boost shows as one."""
    return "0 dB" if abs(level_db) < 0.05 else f"{level_db:+.1f} dB".replace(".0 dB", " dB")


def _db_plain(level_db: float) -> str:
    return f"{level_db:.0f} dB"


def _hz(frequency_hz: float) -> str:
    if frequency_hz < 1_000.0:
        return f"{frequency_hz:.0f} Hz"
    return f"{frequency_hz / 1_000.0:.3g} kHz"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"
