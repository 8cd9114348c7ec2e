"""Choice of the shipped model for a song if none is named.

Several recordings in one stem have to be balanced against each other, which only a model of tracks
does, and dry ones need a room, a place and a width each; in four finished stems the tracks have
already been balanced.
"""

from __future__ import annotations

from collections import Counter

from mixer.console.settings import Console
from mixer.rendering.choices.level_words import MIX, RAW
from mixer.rendering.choices.shipped import AUTO_MODEL, DEFAULT_MODEL, TRACK_MODEL
from mixer.rendering.settings import RenderSettings
from mixer.rendering.user_strips import asks_more_than_gains
from mixer.song.song import Song
from mixer.song.tracks import are_mono_recordings, tracks_of


def model_of(
    song: Song, settings: RenderSettings, console: Console, *, wet_tracks: bool = False
) -> str:
    """Name of the model in the settings, or of the one that "auto" chooses.

    Args:
        song: to be mixed.
        settings: the request.
        console: settings of stems and tracks.
        wet_tracks: each wet track is wanted, which a model of stems cannot make.

    Raises:
        PresetError: the console names a track that the song does not have.
    """
    if settings.model != AUTO_MODEL:
        return settings.model
    # Normalising is what models of stems do before they mix.
    if settings.effects is not None or settings.profile is not None:
        return DEFAULT_MODEL
    tracks = tracks_of(song)
    if wet_tracks or settings.levels == MIX or asks_more_than_gains(console, tracks):
        return TRACK_MODEL
    of_a_stem = Counter(track.stem for track in tracks)
    are_raw = _are_said_raw(song, settings) or are_mono_recordings(tracks)
    return TRACK_MODEL if are_raw or max(of_a_stem.values()) > 1 else DEFAULT_MODEL


def _are_said_raw(song: Song, settings: RenderSettings) -> bool:
    is_dry = song.dry if settings.dry is None else settings.dry
    return is_dry or settings.levels == RAW
