"""A song's console as the page sees it: a channel for each stem and track, with its strip."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, cast

from mixer.console.settings import MASTER, Console, Strip
from mixer.network.output import StemTable
from mixer.network.track_mixer.track_settings import (
    CURVE_HZ,
    HIGH_PASS_OFF_HZ,
    TrackSettings,
    as_json,
)
from mixer.preset.assignments import split_key
from mixer.preset.console_shape import TRACKS
from mixer.rendering.tracks.group_sends import RETURNS
from mixer.rendering.tracks.track_words import Phrase, stem_phrases, strip_phrases
from mixer.rendering.user_strips import UserStrips
from mixer.report.report_words import with_minus
from mixer.song.tracks import Track
from mixer.stems import color_of
from mixer.studio.edits import Edits, key_of
from mixer.studio.messages.channel_state import Audio, Channel, ModelTable, StripTable

Colors = Mapping[str, str]

# A send of the model at or below this is off.
_LEFT_OUT = ("network",)


def strip_table(strip: Strip) -> StripTable:
    """A strip in full, ready for JSON."""
    table = {
        field.name: _plain(getattr(strip, field.name))
        for field in dataclasses.fields(strip)
        if field.name not in _LEFT_OUT
    }
    return cast(StripTable, table)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in
                dataclasses.fields(value)}  # fmt: skip
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def edits_of(parts: tuple[str, ...], edits: Edits) -> dict[str, Any]:
    """The edits of one channel, by the part of their key after the channel's."""
    found = {}
    for key, value in edits.items():
        own = split_key(key)
        if own[: len(parts)] == parts and len(own) > len(parts):
            found[key_of(own[len(parts) :])] = value
    return found


def track_parts(track: Track) -> tuple[str, ...]:
    """Common first parts of the keys of a track's edits."""
    return (TRACKS, track.name)


def track_channel(
    place: int,
    track: Track,
    name: str,
    hands: tuple[UserStrips, UserStrips],
    edits: Edits,
    model: ModelTable | None,
    audio: Audio | None,
    colors: tuple[Colors, Colors],
    *,
    live: bool,
) -> Channel:
    """A track's channel.

    Args:
        place: index among the song's tracks.
        track: the track.
        name: for display.
        hands: the user's strips without and with the edits.
        edits: all edits of the song.
        model: the network's settings.
        audio: input of the track's strip.
        colors: of the song's stems and files, without and with the user's edits.
        live: whether the page can play changes of its strip.
    """
    base, now = (hand.strips.get(track.name, Strip()) for hand in hands)
    base_color, color = (said.get(track.name) or color_of(track.stem, said) for said in colors)
    parts = track_parts(track)
    return {
        "id": track_id(place),
        "kind": "track",
        "key": key_of(parts),
        "name": name,
        "file": track.name,
        "role": track.role,
        "color": color,
        "base_color": base_color,
        "model": model,
        "base": strip_table(base),
        "strip": strip_table(now),
        "hand": edits_of(parts, edits),
        "live": live,
        "sends_db": {} if model is None else model["sends_db"],
        "audio": audio,
        "tracks": [],
    }


def stem_channel(
    stem: str,
    consoles: tuple[Console, Console],
    edits: Edits,
    model: ModelTable | None,
    audio: Audio | None,
    colors: tuple[Colors, Colors],
    tracks: list[Channel],
) -> Channel:
    """A stem's channel; arguments as in `track_channel`."""
    base, now = (console.strip(stem) for console in consoles)
    return {
        "id": stem,
        "kind": "stem",
        "key": stem,
        "name": stem,
        "file": None,
        "role": None,
        "color": color_of(stem, colors[1]),
        "base_color": color_of(stem, colors[0]),
        "model": model,
        "base": strip_table(base),
        "strip": strip_table(now),
        "hand": edits_of((stem,), edits),
        "live": True,
        "sends_db": {},
        "audio": audio,
        "tracks": tracks,
    }


def master_edits(edits: Edits) -> dict[str, Any]:
    """The edits on the bus."""
    return edits_of((MASTER,), edits)


def track_id(place: int) -> str:
    """Id of a track's channel."""
    return f"track-{place}"


def phrase_rows(phrases: Iterable[Phrase]) -> list[tuple[str, str]]:
    """Phrases for a list of names and values, where a value does not repeat its name."""
    return [(name, with_minus(phrase.removeprefix(f"{name} "))) for name, phrase in phrases]


def model_of_track(
    settings: TrackSettings, found: TrackSettings, sends_db: Mapping[str, float]
) -> ModelTable:
    """Settings of a track by a model of tracks."""
    is_high_passed = settings.high_pass_hz > HIGH_PASS_OFF_HZ
    table: ModelTable = {
        "gain_db": settings.gain_db,
        "pan": settings.pan,
        "width": settings.width,
        "high_pass_hz": settings.high_pass_hz if is_high_passed else None,
        "curve_hz": list(CURVE_HZ),
        "curve_db": list(settings.curve_db),
        "sends_db": {name: sends_db[name] for name in RETURNS if name in sends_db},
        "phrases": phrase_rows(strip_phrases(as_json(settings))),
    }
    if found != settings:
        table["found"] = dataclasses.asdict(found)
    return table


def model_of_stem(used: StemTable, found: StemTable | None) -> ModelTable:
    """Settings of a stem by a network that mixes stems, from its record."""
    curve_db = used.get("curve_db", ())
    fits = len(curve_db) == len(CURVE_HZ)
    room_db = used.get("room_db")
    table: ModelTable = {
        "gain_db": used.get("gain_db"),
        "pan": None,
        "width": None if "side_db" not in used else float(10.0 ** (used["side_db"] / 20.0)),
        "high_pass_hz": None,
        "curve_hz": list(CURVE_HZ) if fits else [],
        "curve_db": list(curve_db) if fits else [],
        "sends_db": {} if room_db is None else {"room": room_db},
        "phrases": phrase_rows(stem_phrases(used)),
    }
    if found is not None and found != used:
        table["found"] = dict(found)
    return table
