"""Answers of a model of tracks to one song, and those of the roles' medians; see `.doubt`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.level_settings import level_settings
from mixer.network.track_mixer.parameters import RAW
from mixer.network.track_mixer.track_settings import ConsoleSettings
from mixer.rendering.choices.baselines import LEVELS
from mixer.rendering.doubts.doubt import (
    SHIFT_DB,
    TILT_DB,
    Answer,
    Doubts,
    Part,
    gains_db,
    share_drawn,
)
from mixer.setting_changes import Change, StripChanges
from mixer.song.tracks import Track

# From what was heard to the settings of a console.
Ask = Callable[[Sequence[TrackLevels]], ConsoleSettings]


def answers_of_tracks(
    ask: Ask, model: str, tracks: Sequence[Track], heard: Sequence[TrackLevels]
) -> list[Answer]:
    """A model's own answer first, then those to small changes, then the medians of roles'.

    Args:
        ask: the model.
        model: its name.
        tracks, heard: all of a song's, and features of each.
    """
    n_bands = heard[0].powers.shape[-1]
    tilt = np.linspace(-TILT_DB, TILT_DB, n_bands)
    shifts = [np.zeros((len(heard), n_bands))]
    shifts += [shifts[0] + sign * tilt for sign in (1.0, -1.0)]
    for stem in dict.fromkeys(track.stem for track in tracks):
        own = np.array([track.stem == stem for track in tracks])
        shifts += [np.where(own[:, None], by_db, shifts[0]) for by_db in (SHIFT_DB, -SHIFT_DB)]
    answers = []
    for by_db in shifts:
        shifted = [_shifted(each, row) for each, row in zip(heard, by_db, strict=True)]
        answers.append(_answer(model, tracks, heard, ask(shifted), by_db))
    if model != LEVELS:
        roles, stems = tuple(t.role for t in tracks), tuple(t.stem for t in tracks)
        # Medians depend on no more than what each track is.
        told = HeardTracks(tuple(heard), roles, stems, (None,) * len(tracks), RAW, dry=True)
        plain = level_settings(told)
        answers.append(_answer(LEVELS, tracks, heard, plain, shifts[0]))
    return answers


def drawn_changes(
    doubts: Doubts, tracks: Sequence[Track], abstain: float
) -> dict[str, StripChanges]:
    """Changes that move an unsure model's settings towards neutral, by stem.

    Raw tracks come at any level, so faders and pans have no neutral place; curves, shaping and
    rides have.

    Args:
        doubts: `drawn` is written into them.
        tracks: of the song.
        abstain: 0 to 1.
    """
    changes = {}
    for stem in dict.fromkeys(track.stem for track in tracks):
        record = doubts["stems"][stem]
        record["drawn"] = round(share_drawn(record, abstain), 3)
        rest = Change(scale=1.0 - share_drawn(record, abstain))
        changes[stem] = StripChanges(curve_db=rest, shape=rest, ride=rest)
    return changes


def _shifted(levels: TrackLevels, by_db: NDArray[np.float64]) -> TrackLevels:
    mean_db = float(by_db.mean())
    return replace(
        levels,
        powers=(levels.powers * 10.0 ** (by_db / 10.0)).astype(np.float32),
        frame_db=levels.frame_db + np.float32(mean_db),
        peak_db=levels.peak_db + np.float32(mean_db),
    )


def _answer(
    model: str,
    tracks: Sequence[Track],
    heard: Sequence[TrackLevels],
    console: ConsoleSettings,
    shifts_db: NDArray[np.float64],
) -> Answer:
    parts = []
    for track, levels, strip, by_db in zip(tracks, heard, console.tracks, shifts_db, strict=True):
        # Changes to the input are part of the answer to the song as it came.
        gain_db = gains_db(strip, len(by_db)) + by_db + console.groups[track.stem].gain_db
        left, right, cross = levels.powers.astype(np.float64) * 10.0 ** (gain_db / 10.0)
        mid, side = (left + right + 2.0 * cross) / 4.0, (left + right - 2.0 * cross) / 4.0
        if levels.n_channels == 1:
            angle = (strip.pan + 1.0) * np.pi / 4.0
            share = 0.5 * (np.cos(angle) - np.sin(angle)) ** 2
            mid, side = (1.0 - share) * mid, share * mid
        else:
            side = side * strip.width**2
        parts.append(Part(track.stem, mid, side))
    stems = dict.fromkeys(track.stem for track in tracks)
    settings = {stem: _means(stem, tracks, console, shifts_db) for stem in stems}
    return Answer(tuple(parts), settings, model)


def _means(
    stem: str, tracks: Sequence[Track], console: ConsoleSettings, shifts_db: NDArray[np.float64]
) -> dict[str, float]:
    """Settings of a stem's tracks in the mean."""
    rows = [
        {
            "gain_db": strip.gain_db + float(by_db.mean()),
            "curve_db": float(np.std(strip.curve_db)),
            "pan": abs(strip.pan),
            "width": strip.width,
            "shape": strip.shape,
            "ride": strip.ride,
            "long_room_db": strip.long_room_db,
        }
        for track, strip, by_db in zip(tracks, console.tracks, shifts_db, strict=True)
        if track.stem == stem
    ]
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
