"""Plan of a render from a song and the user's edits, and the console below the edits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixer.console.settings import Console
from mixer.files.mistakes import NOTHING
from mixer.network.model import read_bundle
from mixer.output.config import settings_over_defaults
from mixer.preset.merge import Resolved
from mixer.preset.schema import plain_table
from mixer.preset.trust import refuse_foreign_plugins
from mixer.rendering.choices.baselines import LEVELS, NONE
from mixer.rendering.plans.model_choice import model_of
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings, with_console
from mixer.rendering.user_strips import UserStrips, refuse_more_than_gains, split_user_strips
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.song import Song
from mixer.song.tracks import Track, tracks_of
from mixer.studio.edits import (
    Edits,
    asked_settings,
    colors_of,
    key_of,
    references_of,
    resolve_edits,
    roles_of,
    with_colors,
    with_roles,
)
from mixer.studio.studio_names import FOLDER, REFERENCES


@dataclass(frozen=True)
class Planned:
    """Edits of one revision, checked against the song.

    Attributes:
        revision: of the edits.
        song: with the user's roles and colours.
        tracks: all tracks of the song.
        base, full: the console without and with the user's edits.
        hands: the user's strips of single tracks, without and with the edits.
        settings: of the render, with the whole console and the model that "auto" stands for.
        mixes_tracks: whether the model mixes single tracks.
        references: those that the mix is moved towards, as the page requested them.
    """

    revision: int
    song: Song
    tracks: tuple[Track, ...]
    base: Resolved
    full: Resolved
    hands: tuple[UserStrips, UserStrips]
    settings: RenderSettings
    mixes_tracks: bool
    references: tuple[str, ...] = ()

    def sounds_like(self, other: Planned) -> bool:
        """Whether both give the same mix; they may still be displayed differently."""
        return self._as_heard() == other._as_heard()

    def _as_heard(self) -> Planned:
        song = dataclasses.replace(self.song, colors={})
        return dataclasses.replace(self, revision=0, song=song)

    def plan(self, *, wet_tracks: bool = False) -> RenderPlan:
        """The plan of its render.

        Raises:
            MixerError: as in `plan_render`.
        """
        return plan_render(
            self.song, self.settings, presets=self.full.sources, wet_tracks=wet_tracks
        )


def plan_edits(song: Song, song_table: Mapping[str, Any], edits: Edits, revision: int) -> Planned:
    """Check edits against each other and the song.

    Args:
        song: as it was loaded.
        song_table: the console's table in song.toml, without the edits.
        edits: each checked by itself.
        revision: of the edits.

    Raises:
        SettingsError: they do not fit the song, or need settings of tracks that the model lacks.
    """
    song = with_colors(with_roles(song, roles_of(edits)), colors_of(edits))
    base, full = resolve_edits(song_table, edits)
    refuse_foreign_plugins(full.sources, song_path=song.folder / SONG_FILE)
    tracks = tracks_of(song)
    hands = split_user_strips(base.console, tracks)[0], split_user_strips(full.console, tracks)[0]
    asked = asked_settings(edits, song.folder / FOLDER / REFERENCES)
    settings = settings_over_defaults(asked, full.console)
    # Settings of single tracks must not switch the model behind the user's back.
    model = model_of(song, settings, base.console)
    settings = with_console(dataclasses.replace(settings, model=model), full.console)
    mixes_tracks = mixes_single_tracks(model)
    if not mixes_tracks:
        refuse_more_than_gains(full.console, tracks, model)
    return Planned(
        revision, song, tracks, base, full, hands, settings, mixes_tracks, references_of(edits)
    )


def mixes_single_tracks(model: str) -> bool:
    """Whether a model mixes tracks.

    Raises:
        ModelError: the model is unknown.
    """
    if model in (LEVELS, NONE):
        return model == LEVELS
    return read_bundle(model).manifest.architecture.mixes_tracks


def table_edits(before: Console, after: Console) -> dict[str, Any]:
    """The edits that turn one console into another; a changed list is replaced as a whole."""
    return dict(_differences((), plain_table(before), plain_table(after)))


def _differences(
    parts: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Any:
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        here = (*parts, key)
        if isinstance(now, Mapping):
            yield from _differences(here, was if isinstance(was, Mapping) else {}, now)
        elif now is None and was is not None:
            yield key_of(here), NOTHING
        elif now != was:
            yield key_of(here), now
