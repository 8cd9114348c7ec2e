"""Interpretation of the incoming levels of tracks: meaningless, a rough mix, or a finished mix.

The level of a raw recording depends on its preamplifier gain. The faders of a rough mix were set on
purpose. Finished stems are already a mix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.parameters import MIX, RAW, ROUGH
from mixer.rendering.choices import level_words
from mixer.roles import FINISHED_STEM
from mixer.song.tracks import Track

if TYPE_CHECKING:
    from mixer.network.track_mixer.features import TrackLevels

_VALUES = {level_words.RAW: RAW, level_words.ROUGH: ROUGH, level_words.MIX: MIX}
# Peaks that agree so closely were normalised, each file by itself.
_NORMALISED_WITHIN_DB = 1.0
_FEWEST_NORMALISED = 4
# A lossy codec moves the peaks of struck sounds by up to 5 dB: of six files or more so many agree.
# In nine songs whose files were normalised 71 to 100 % are so close to the middle one, in 16 mixes
# 42 % at most.
_FEWEST_MOVED, _SHARE_NORMALISED = 6, 2.0 / 3.0
# Loudness survives a codec. The stems of no mix here are nearer to each other than 1.5 dB.
_EQUALLY_LOUD_WITHIN_DB = 0.5
_NORMALISED = "{} files have the same {}: each was normalised separately"
_MONO_STEMS = "the stems are mono, unlike those of a finished mix"
_FEWEST_FOR_QUARTILES = 8
_QUARTILES_OF_NORMAL = 1.349  # distance of a normal distribution's quartiles, in deviations
# Raw recordings stand at -22 LUFS or so each whatever stands beside them: of 13 raw sessions
# (MixologyDB) 11 come to more than this all together, of 8 human mixes' tracks one does.
_ROOM_FOR_ALL_LUFS = -11.0
# Engineers differ among each other by 2 to 3 dB a group and 3 to 5 dB a track, songs by as much.
_A_MIX_WITHIN_DB, _A_ROUGH_MIX_WITHIN_DB = 4.0, 6.0
# The stems of none of 24 songs that people mixed, electronic ones among them, are further off, and
# the tracks of one human mix in eleven; of recordings at levels drawn over 20 dB half are.
_NO_MIX_BEYOND_DB = 8.5
# Stems that sound raw are taken for it from here on. Nearer to a usual balance than this it hardly
# matters what they are taken for.
_SOUND_RAW_BEYOND_DB = 2.0


class IncomingLevels(TypedDict):
    """Interpretation of the incoming levels, and the reason."""

    taken_for: str
    reason: str


@dataclass(frozen=True)
class Meaning:
    """Interpretation of the incoming levels.

    Attributes:
        word: "raw", "rough" or "mix".
        value: 0, 0.5 or 1, as the network takes it.
        reason: for the interpretation, a phrase.
        are_normalised: each file was normalised by itself, so that their levels mean nothing even
            among the microphones of one source.
    """

    word: str
    value: float
    reason: str
    are_normalised: bool = False

    def as_json(self) -> IncomingLevels:
        """The interpretation for the record."""
        return {"taken_for": self.word, "reason": self.reason}


def meaning_of_stems(
    asked: str,
    loudness_lufs: Mapping[str, float],
    peak_dbfs: Mapping[str, float],
    sign_of_raw: Callable[[], str | None],
    *,
    dry: bool,
) -> Meaning:
    """Interpret the levels of stems, each of one recording or the sum of several.

    Args:
        asked: one of `mixer.rendering.choices.level_words.WORDS`.
        loudness_lufs: integrated, of each stem that sounds.
        peak_dbfs: of each stem that sounds.
        sign_of_raw: listens for what says that they are raw, a phrase; called only if it matters.
        dry: the user declared the song a dry recording, whose levels mean nothing.
    """
    if asked != level_words.AUTO:
        return _meaning(asked, "as asked")
    if dry:
        return _meaning(level_words.RAW, "a dry recording")
    normalised = _sign_of_normalising(list(peak_dbfs.values()), list(loudness_lufs.values()))
    if normalised is not None:
        return _meaning(level_words.RAW, normalised)
    apart_db = [lufs - GROUP_LUFS[stem] for stem, lufs in loudness_lufs.items()]
    if len(apart_db) < 2:
        return _meaning(level_words.ROUGH, "too few stems to tell")
    distance_db = float(np.std(apart_db))
    away = f"levels are {distance_db:.1f} dB from a usual balance"
    if distance_db > _NO_MIX_BEYOND_DB:
        return _meaning(level_words.RAW, f"levels are {distance_db:.1f} dB from any usual balance")
    sign = sign_of_raw() if distance_db > _SOUND_RAW_BEYOND_DB else None
    if sign is not None:
        return _meaning(level_words.RAW, f"{sign}, and {away}")
    return _meaning(level_words.ROUGH, away)


def meaning_of_levels(
    asked: str, tracks: Sequence[Track], heard: Sequence[TrackLevels], *, dry: bool
) -> Meaning:
    """Interpret the levels of tracks as requested or, for "auto", by the levels themselves.

    Args:
        asked: one of `mixer.rendering.choices.level_words.WORDS`.
        tracks: all of a song's.
        heard: features of each track.
        dry: the user declared the song a dry recording, whose levels mean nothing.
    """
    sounding = [i for i, levels in enumerate(heard) if np.isfinite(levels.loudness_lufs)]
    tracks, heard = [tracks[i] for i in sounding], [heard[i] for i in sounding]
    finished = all(track.role in FINISHED_STEM.values() for track in tracks)
    peaks_db = [float(levels.peak_db.max(initial=-120.0)) for levels in heard]
    lufs = [levels.loudness_lufs for levels in heard]
    normalised = None if finished else _sign_of_normalising(peaks_db, lufs)
    if asked != level_words.AUTO:
        meaning = _meaning(asked, "as asked")
    elif dry:
        meaning = _meaning(level_words.RAW, "a dry recording")
    elif normalised is not None:
        meaning = _meaning(level_words.RAW, normalised)
    else:
        meaning = _by_levels(tracks, heard, finished=finished)
    return replace(meaning, are_normalised=normalised is not None)


def _by_levels(tracks: Sequence[Track], heard: Sequence[TrackLevels], *, finished: bool) -> Meaning:
    """The interpretation of levels that nobody stated, of tracks that sound."""
    if finished and _are_mono(tracks, heard):
        return _meaning(level_words.RAW, _MONO_STEMS)
    distance_db = _distance_db(tracks, heard)
    if distance_db is None:
        return _meaning(level_words.ROUGH, "too few tracks to tell")
    if finished and distance_db > _SOUND_RAW_BEYOND_DB:
        from mixer.rendering.levels.raw_stems import sign_of_raw_features

        sign = sign_of_raw_features(
            {track.stem: levels for track, levels in zip(tracks, heard, strict=True)}
        )
        if sign is not None:
            return _meaning(
                level_words.RAW, f"{sign}, and levels are {distance_db:.1f} dB from a usual balance"
            )
    if finished and distance_db <= _A_MIX_WITHIN_DB:
        return _meaning(
            level_words.MIX, f"finished stems, {distance_db:.1f} dB from a usual balance"
        )
    together_lufs = _together_lufs(heard)
    if together_lufs <= _ROOM_FOR_ALL_LUFS and distance_db <= _NO_MIX_BEYOND_DB:
        return _meaning(
            level_words.ROUGH,
            f"their loudnesses add up to {together_lufs:.1f} LUFS: faders were set",
        )
    if distance_db <= _A_ROUGH_MIX_WITHIN_DB:
        return _meaning(level_words.ROUGH, f"levels are {distance_db:.1f} dB from a usual balance")
    return _meaning(level_words.RAW, f"levels are {distance_db:.1f} dB from any usual balance")


def _meaning(word: str, reason: str) -> Meaning:
    return Meaning(word, _VALUES[word], reason)


def _sign_of_normalising(peaks_db: Sequence[float], lufs: Sequence[float]) -> str | None:
    """Evidence in words that each file was normalised by itself; None without any."""
    for what, levels_db, within_db in (
        ("peak", peaks_db, _NORMALISED_WITHIN_DB),
        ("loudness", lufs, _EQUALLY_LOUD_WITHIN_DB),
    ):
        if len(levels_db) < _FEWEST_NORMALISED:
            continue
        if float(np.ptp(levels_db)) < within_db:
            return _NORMALISED.format("all", what)
        near = np.abs(np.asarray(levels_db) - np.median(levels_db)) < within_db
        if len(levels_db) >= _FEWEST_MOVED and float(near.mean()) >= _SHARE_NORMALISED:
            return _NORMALISED.format("most", what)
    return None


def _are_mono(tracks: Sequence[Track], heard: Sequence[TrackLevels]) -> bool:
    """Whether all stems, drums or other instruments among them, are mono or have equal channels."""
    is_wide_in_a_mix = any(track.stem in ("drums", "other") for track in tracks)
    return is_wide_in_a_mix and all(levels.n_channels == 1 for levels in heard)


def _distance_db(tracks: Sequence[Track], heard: Sequence[TrackLevels]) -> float | None:
    """Deviation of loudnesses from engineers' usual ones for these roles, up to a common gain.

    The standard deviation in dB of the middle half, since every mix has a few nearly silent
    effects; None for fewer than two tracks.
    """
    if len(tracks) < 2:
        return None
    wanted = np.array([_usual_lufs(track, tracks) for track in tracks])
    apart = np.array([levels.loudness_lufs for levels in heard]) - wanted
    if len(apart) < _FEWEST_FOR_QUARTILES:
        return float(np.std(apart))
    return float(np.diff(np.percentile(apart, (25.0, 75.0)))[0] / _QUARTILES_OF_NORMAL)


def _together_lufs(heard: Sequence[TrackLevels]) -> float:
    """Loudness of the sum in LUFS, assuming uncorrelated tracks."""
    return float(10.0 * np.log10(sum(10.0 ** (levels.loudness_lufs / 10.0) for levels in heard)))


def _usual_lufs(track: Track, tracks: Sequence[Track]) -> float:
    """Usual loudness of a track within its group, in LUFS."""
    group = [10.0 ** (USUAL[t.role].level_lu / 10.0) for t in tracks if t.stem == track.stem]
    return float(GROUP_LUFS[track.stem] + USUAL[track.role].level_lu - 10.0 * np.log10(sum(group)))
