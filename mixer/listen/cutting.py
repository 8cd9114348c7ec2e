"""A song -> its excerpts: every system's mix and every dry stem, cut and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np

from mixer.errors import InputError
from mixer.listen.build_settings import BuildSettings
from mixer.listen.excerpt import cut, excess_db, gain_towards_db, loudest_start, refuse_outside
from mixer.listen.systems import System, make_mix, read_stems_sum
from mixer.song.samples import read_stem
from mixer.song.song import Song


class Made(TypedDict):
    """Content of a sound in words, and how late a mix was found to be."""

    source: str
    lag_samples: NotRequired[int]


@dataclass
class Excerpt:
    """One sound before it is written: where its float samples lie, and how it was made."""

    path: Path
    gain_db: float
    excess_db: float
    made: Made


@dataclass
class SongExcerpts:
    """A song's sounds: every system's mix, every dry stem, and the plain sum of these."""

    start_s: float
    mixes: dict[str, Excerpt]
    stems: dict[str, Excerpt]
    sum: Excerpt


def cut_song(
    song: Song,
    systems: Sequence[System],
    settings: BuildSettings,
    folder: Path,
    show: Callable[[str, float], None],
) -> SongExcerpts:
    """Make every sound of a song.

    Args:
        song: from `load_song`.
        systems: what mixes it.
        settings: where to cut, and how loud.
        folder: an empty one for the samples, until they are written as files.
        show: called with what is made and the share of the song that is done.

    Raises:
        InputError: a mix is missing, silent or too short.
        ModelError, DeviceError, SettingsError: as `mixer.rendering.pipeline.render`.
    """
    rate, length_s = settings.sample_rate, settings.length_s
    stems_sum = read_stems_sum(song, rate)
    n_samples = round(length_s * rate)
    if settings.start_s is None:
        start = loudest_start(stems_sum, rate, length_s)
    else:
        refuse_outside(stems_sum.shape[1], rate, settings.start_s, length_s)
        start = round(settings.start_s * rate)

    def keep(audio: np.ndarray, name: str, made: Made) -> Excerpt:
        excerpt = cut(audio, start, n_samples, rate)
        gain_db = gain_towards_db(excerpt, rate, settings.loudness_lufs)
        path = folder / f"{name}.npy"
        np.save(path, excerpt)
        return Excerpt(path, gain_db, excess_db(excerpt, rate, gain_db), made)

    mixes = {}
    for index, system in enumerate(systems):
        show(f"{song.name}: {system.name}", index / len(systems))
        try:
            mix = make_mix(system, song, stems_sum, rate, settings.render, settings.align)
            mixes[system.name] = keep(
                mix.audio, f"mix{index}", {"lag_samples": mix.lag_samples, "source": mix.source}
            )
        except InputError as error:
            raise InputError(f"{system.name}: {error}") from None
    whole = keep(stems_sum, "sum", {"source": "sum of the dry stems"})
    stems = {stem: _keep_stem(song, stem, whole, start, settings, folder) for stem in song.stems}
    # One gain for all stems, so that they stand to each other as recorded.
    too_high_db = max([0.0, *(stem.excess_db for stem in stems.values())])
    for stem in stems.values():
        stem.gain_db -= too_high_db
    # It is in webMUSHRA's pages alone: no reason to lower every mix for it.
    whole.gain_db -= max(0.0, whole.excess_db)
    return SongExcerpts(start / rate, mixes, stems, whole)


def _keep_stem(
    song: Song, stem: str, whole: Excerpt, start: int, settings: BuildSettings, folder: Path
) -> Excerpt:
    """A dry stem with the gain that brings the sum of all to the test's loudness."""
    rate = settings.sample_rate
    n_samples = round(settings.length_s * rate)
    excerpt = cut(read_stem(song, stem, rate), start, n_samples, rate)
    path = folder / f"{stem}.npy"
    np.save(path, excerpt)
    too_high_db = excess_db(excerpt, rate, whole.gain_db)
    return Excerpt(path, whole.gain_db, too_high_db, {"source": f"dry stem {stem}"})
