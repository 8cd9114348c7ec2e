"""Settings of a model of tracks: found from features, and described for the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NotRequired, TypedDict

import numpy as np

from mixer.network.session import Network
from mixer.network.track_mixer.changes import change_console
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.level_settings import level_settings
from mixer.network.track_mixer.one_source import BELOW_DRUM_DB, LINE_DB, OneSource
from mixer.network.track_mixer.predict import predict_settings
from mixer.network.track_mixer.track_settings import (
    BusTable,
    ConsoleSettings,
    SpaceTable,
    TrackTable,
    as_json,
)
from mixer.rendering.choices.level_words import RAW
from mixer.rendering.doubts.answers_of_tracks import answers_of_tracks, drawn_changes
from mixer.rendering.doubts.doubt import Doubts, doubts_of
from mixer.rendering.levels.incoming_levels import Meaning, meaning_of_levels
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.tracks.track_files import TrackFiles
from mixer.rendering.tracks.tracks_to_mix import TracksToMix
from mixer.rendering.tracks.user_strip_chain import UserStripRecord
from mixer.setting_changes import changes_after
from mixer.song.microphones.microphone_names import Microphone, microphone_groups
from mixer.song.names.sides import Side, find_sides
from mixer.song.tracks import Track


class TrackRecord(TypedDict):
    """Loudness of a track (None for silence), and its settings.

    `found` is present if the user changed the model's setting, and holds the model's own value;
    `user` is present if the track has a strip of the user's.
    """

    stem: str
    role: str
    channels: int
    loudness_lufs: float | None
    strip: TrackTable
    found: NotRequired[TrackTable]
    user: NotRequired[UserStripRecord]


class TracksRecord(TypedDict, total=False):
    """A model's settings of a song's tracks, ready for JSON; empty for a mix of stems."""

    tracks: Mapping[str, TrackRecord]
    groups: Mapping[str, BusTable]
    mix: BusTable
    space: SpaceTable


@dataclass(frozen=True)
class TrackMix:
    """Result of mixing a song's tracks.

    Attributes:
        settings: of every strip and bus, as the model set them.
        wet_tracks: each track as it is in its group, returns included; None unless requested.
        record: the same settings and the features of each track, ready for JSON.
    """

    settings: ConsoleSettings
    wet_tracks: TrackFiles | None = None
    record: TracksRecord = field(default_factory=TracksRecord)


def set_console(
    plan: RenderPlan, levels: Sequence[TrackLevels], network: Network | None
) -> tuple[ConsoleSettings, Meaning]:
    """Find the settings of every strip and bus, and the interpretation of incoming levels.

    Args:
        plan: of a mix of tracks.
        levels: features of each of its tracks.
        network: the plan's model; None uses the median level and pan of each role.

    Raises:
        ModelError, DeviceError: the network failed.
    """
    meaning = _meaning(plan, levels)
    return _ask(plan, levels, network, meaning), meaning


def doubts_of_console(
    plan: RenderPlan, levels: Sequence[TrackLevels], network: Network | None
) -> tuple[RenderPlan, Doubts]:
    """Estimate a model's uncertainty, and draw uncertain settings towards neutral as requested.

    Args:
        plan, levels, network: as in `set_console`.

    Returns:
        The plan with the changed settings, and the uncertainty.
    """
    meaning, tracks, abstain = _meaning(plan, levels), plan.tracks, plan.settings.abstain
    answers = answers_of_tracks(
        lambda heard: _ask(plan, heard, network, meaning), plan.model_name, tracks, levels
    )
    doubts = doubts_of(answers)
    if abstain == 0.0:
        return plan, doubts
    drawn = drawn_changes(doubts, tracks, abstain)
    changes = {s: changes_after(plan.changes.get(s), change) for s, change in drawn.items()}
    return replace(plan, changes={**plan.changes, **changes}), doubts


def _meaning(plan: RenderPlan, levels: Sequence[TrackLevels]) -> Meaning:
    return meaning_of_levels(plan.settings.levels, plan.tracks, levels, dry=_said_dry(plan))


def _said_dry(plan: RenderPlan) -> bool:
    return plan.song.dry if plan.settings.dry is None else plan.settings.dry


def _ask(
    plan: RenderPlan, levels: Sequence[TrackLevels], network: Network | None, meaning: Meaning
) -> ConsoleSettings:
    tracks = plan.tracks
    roles, stems = tuple(track.role for track in tracks), tuple(track.stem for track in tracks)
    # Raw recordings have no room on them, unless the user says that they are wet.
    said_wet = plan.settings.dry is False
    dry = _said_dry(plan) or (meaning.word == RAW and not said_wet)
    sides, sources = _sides(tracks), _sources(tracks, are_normalised=meaning.are_normalised)
    heard = HeardTracks(tuple(levels), roles, stems, sides, meaning.value, dry, sources)
    return level_settings(heard) if network is None else predict_settings(network, heard)


def _sides(tracks: Sequence[Track]) -> tuple[str | None, ...]:
    """Side named by a track, if another track is named for the opposite side: Double L, Double R.

    Mono halves of a pair are one track already; these are files of two channels.
    """
    found = find_sides([track.name for track in tracks]).sides
    sides = [found.get(place) for place in range(len(tracks))]
    return tuple(side if side in (Side.LEFT, Side.RIGHT) else None for side in sides)


def _sources(tracks: Sequence[Track], *, are_normalised: bool) -> tuple[OneSource, ...]:
    """Microphones on one source, by their names; what is mixed in another role is left out."""
    places = {track.name: place for place, track in enumerate(tracks)}
    sources = []
    for group in microphone_groups(tracks):
        roles = [microphone.track.role for microphone in group]
        main = max(roles, key=roles.count)
        own = [one for one in group if one.track.role == main and _is_microphone(one)]
        behind_db = tuple(map(_behind_db, own)) if are_normalised else None
        if len(own) > 1 and (behind_db is None or len(set(behind_db)) > 1):
            members = tuple(places[microphone.track.name] for microphone in own)
            sources.append(OneSource(members, behind_db))
    return tuple(sources)


def _is_microphone(one: Microphone) -> bool:
    """Whether a name means a microphone: Snare Top does, as a Leslie's, Strings Top is a part."""
    has_two_sides = one.track.stem == "drums" or one.track.role == "organ"
    return has_two_sides or not (one.is_top or one.is_below)


def _behind_db(microphone: Microphone) -> float:
    if microphone.is_line:
        return LINE_DB
    return BELOW_DRUM_DB if microphone.is_below and microphone.track.stem == "drums" else 0.0


def with_changes(found: ConsoleSettings, plan: RenderPlan) -> ConsoleSettings:
    """Settings of every strip and bus with the changes that the console requests.

    The echo follows the song's tempo, if that is known, unless the console changes its time.
    """
    found = replace(found, space=found.space.in_tempo(plan.song.tempo_bpm))
    strips = plan.user.strips
    of_tracks = {
        place: strips[track.name].network
        for place, track in enumerate(plan.tracks)
        if track.name in strips
    }
    return change_console(
        found,
        [track.stem for track in plan.tracks],
        of_stems=plan.changes,
        of_tracks={place: changes for place, changes in of_tracks.items() if changes is not None},
        of_mix=plan.asked.master.network,
        of_space=plan.asked.space,
    )


def describe(
    to_mix: TracksToMix, found: ConsoleSettings, user: Mapping[str, UserStripRecord]
) -> TracksRecord:
    """Describe every setting of every strip and bus, and features of each track, ready for JSON.

    Args:
        to_mix: the tracks, features of each, and the settings with the user's changes.
        found: the settings as the model set them.
        user: the user's strips, by track.
    """
    tracks, settings = to_mix.tracks, to_mix.settings
    described: dict[str, TrackRecord] = {}
    for track, heard, own, strip in zip(
        tracks, to_mix.levels, found.tracks, settings.tracks, strict=True
    ):
        described[track.name] = {
            "stem": track.stem,
            "role": track.role,
            "channels": track.n_channels,
            "loudness_lufs": heard.loudness_lufs if np.isfinite(heard.loudness_lufs) else None,
            "strip": as_json(strip),
        }
        if strip != own:
            described[track.name]["found"] = as_json(own)
        if track.name in user:
            described[track.name]["user"] = user[track.name]
    used = {track.stem for track in tracks}
    return {
        "tracks": described,
        "groups": {stem: as_json(bus) for stem, bus in settings.groups.items() if stem in used},
        "mix": as_json(settings.mix),
        "space": as_json(settings.space),
    }
