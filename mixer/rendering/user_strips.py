"""The user's strips of single tracks: a console's roles and track names, resolved for a song.

Precedence, from low to high and setting by setting: the track's role, patterns that match its name
(one with more literal characters wins), its own name. Strips of tracks and of their stem act one
after the other; only mute and solo can contradict each other, and there the track's word counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mixer.console.settings import Console, Strip
from mixer.errors import Gathered, PresetError
from mixer.files.mistakes import Keys, dotted
from mixer.files.wording import joined, quote, suggest
from mixer.preset.console_shape import ROLES, TRACKS
from mixer.preset.merge import merge_strip
from mixer.rendering.choices.shipped import TRACK_MODEL
from mixer.song.recording import Recording
from mixer.song.song import Song
from mixer.song.tracks import Track, tracks_meant

Said = tuple[Keys, Mapping[str, Any]]
# Settings of a strip that can act on a recording before a network that mixes stems.
PRE_NETWORK_GAINS = ("mute", "solo", "gain_db")
_SILENT_DB = float("-inf")


@dataclass(frozen=True)
class UserStrips:
    """The user's strips of a song's tracks.

    Attributes:
        strips: by track name, for tracks that have one.
        not_heard: names of tracks that are muted, or silenced by the solo of others.
    """

    strips: Mapping[str, Strip] = field(default_factory=dict)
    not_heard: frozenset[str] = frozenset()

    @property
    def is_idle(self) -> bool:
        """Whether no track has settings."""
        return not self.strips and not self.not_heard


def split_user_strips(console: Console, tracks: Sequence[Track]) -> tuple[UserStrips, Console]:
    """Split a console into strips of a song's tracks and the rest, for its stems.

    Where a track is soloed, a soloed stem stands for its tracks, so that both are heard.

    Args:
        console: the requested console.
        tracks: all tracks of the song.

    Raises:
        PresetError: a name or a pattern matches no track, or settings contradict each other.
    """
    console = with_mutes_on_tracks(console, tracks)
    said = said_of_tracks(console, tracks)
    gathered = Gathered(PresetError)
    strips: dict[str, Strip] = {}
    for name, words in said.items():
        if words:
            with gathered.gathering():
                strips[name] = merge_strip(words)
    gathered.refuse()
    soloed = {name for name, strip in strips.items() if strip.solo}
    if soloed:
        stems = {stem for stem, strip in console.strips if strip.solo}
        soloed |= {track.name for track in tracks if track.stem in stems}
        of_stems = tuple((stem, replace(strip, solo=False)) for stem, strip in console.strips)
        console = replace(console, strips=of_stems)
    not_heard = {
        track.name
        for track in tracks
        if strips.get(track.name, Strip()).mute or (soloed and track.name not in soloed)
    }
    return UserStrips(strips, frozenset(not_heard)), console


def with_mutes_on_tracks(console: Console, tracks: Sequence[Track]) -> Console:
    """A console with a stem's mute or solo on its tracks, if one of them, or its role, contradicts.

    The track's word is stronger than its stem's, and the other tracks of the stem keep the stem's.

    Args:
        console: the requested console.
        tracks: all tracks of the song.

    Raises:
        PresetError: a name or a pattern matches no track.
    """
    said = said_of_tracks(console, tracks)
    for key in ("mute", "solo"):
        own = {name: [t[key] for _, t in words if key in t] for name, words in said.items()}
        stems = {stem for stem, strip in console.strips if getattr(strip, key)}
        of_stems = [track for track in tracks if track.stem in stems]
        handed = {t.stem for t in of_stems if own[t.name] and not own[t.name][-1]}
        taken: dict[str, Any] = {key: False}
        console = replace(
            console,
            strips=tuple(
                (stem, replace(strip, **taken) if stem in handed else strip)
                for stem, strip in console.strips
            ),
            tracks=(
                *console.tracks,
                *((t.name, {key: True}) for t in of_stems if t.stem in handed and not own[t.name]),
            ),
        )
    return console


def said_of_tracks(console: Console, tracks: Sequence[Track]) -> dict[str, list[Said]]:
    """Tables of settings for each track, with their keys, in ascending order of precedence."""
    roles = dict(console.roles)
    said: dict[str, list[Said]] = {
        track.name: [((ROLES, track.role), roles[track.role])] if track.role in roles else []
        for track in tracks
    }
    # Sorting is stable: of two that spell out as much, the one said later wins.
    in_order = sorted(console.tracks, key=lambda entry: len(entry[0]) - _wildcards(entry[0]))
    unknown = [pattern for pattern, _ in console.tracks if not tracks_meant(pattern, tracks)]
    if unknown:
        raise PresetError(*(_unknown_track(pattern, tracks) for pattern in unknown))
    for exact in (False, True):
        for pattern, table in in_order:
            for track in tracks_meant(pattern, tracks):
                if track.is_exactly(pattern) is exact:
                    said[track.name].append(((TRACKS, pattern), table))
    return said


def roles_not_there(console: Console, tracks: Sequence[Track]) -> str | None:
    """A line naming roles that have settings although no track has that role."""
    missing = [role for role, _ in console.roles if role not in {track.role for track in tracks}]
    if not missing:
        return None
    return (
        f"no track in the song has the role {joined(missing, 'or')}, for which there are settings"
    )


def refuse_more_than_gains(console: Console, tracks: Sequence[Track], model_name: str) -> None:
    """Refuse track strips with settings that a model of stems cannot apply.

    Raises:
        PresetError: naming the key, and what to do.
    """
    gathered = Gathered(PresetError)
    for words in said_of_tracks(console, tracks).values():
        gathered.add(*more_than_gains(words, model_name))
    gathered.refuse()


def more_than_gains(said: Iterable[Said], model_name: str) -> Iterator[str]:
    """A line for each key of a track that a model of stems cannot apply."""
    for keys, table in said:
        for key, value in table.items():
            if key in PRE_NETWORK_GAINS and not isinstance(value, list):
                continue
            what = "can only be muted, soloed and given a gain"
            what += "" if key not in PRE_NETWORK_GAINS else " that does not change in time"
            yield (
                f"{dotted((*keys, key))}: model {model_name} mixes stems, so single tracks "
                f"{what}; set it on a stem, or use a model that mixes tracks "
                f"(--model {TRACK_MODEL})"
            )


def asks_more_than_gains(console: Console, tracks: Sequence[Track]) -> bool:
    """Whether a track has a setting that only a model of tracks can apply.

    Raises:
        PresetError: a name or a pattern matches no track.
    """
    said = said_of_tracks(console, tracks).values()
    return any(True for words in said for _ in more_than_gains(words, ""))


def with_track_gains(song: Song, tracks: Sequence[Track], user: UserStrips) -> Song:
    """The song with the user's mute, solo and gain applied to its recordings; the same if none."""
    if user.is_idle:
        return song
    gains_db = {
        recording.file: _gain_db(user, track) for track in tracks for recording in track.recordings
    }
    return replace(song, recordings=tuple(_gained(r, gains_db) for r in song.recordings))


def _gained(recording: Recording, gains_db: Mapping[str, float]) -> Recording:
    gain_db = gains_db.get(recording.file, 0.0)
    return replace(recording, gain_db=recording.gain_db + gain_db) if gain_db else recording


def _gain_db(user: UserStrips, track: Track) -> float:
    if track.name in user.not_heard:
        return _SILENT_DB
    gain_db = user.strips.get(track.name, Strip()).gain_db
    return 0.0 if isinstance(gain_db, tuple) else gain_db


def _wildcards(pattern: str) -> int:
    return sum(pattern.count(sign) for sign in "*?")


def _unknown_track(pattern: str, tracks: Sequence[Track]) -> str:
    titles = [track.title for track in tracks]
    return (
        f"{dotted((TRACKS, pattern))}: no track {quote(pattern)} in the song; "
        f"{suggest(pattern, titles)}"
    )
