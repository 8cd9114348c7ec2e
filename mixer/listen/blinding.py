"""Excerpts -> a test on disk: names become random ids, what they stand for goes into the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import numpy as np

from mixer import audio as audio_io
from mixer.files.array_file import read_array
from mixer.files.whole_file import write_json
from mixer.listen.build_settings import BuildSettings
from mixer.listen.cutting import Excerpt, SongExcerpts
from mixer.listen.design import (
    KEY_FILE,
    PUBLIC_FOLDER,
    SCALES,
    Design,
    Key,
    Page,
    PageKey,
    PageKind,
    PagePlace,
    Sounding,
    SoundTable,
    StimulusKey,
)
from mixer.listen.excerpt import CEILING_DBTP, common_loudness_lufs, with_gain
from mixer.listen.public_folder import write_page, write_sound
from mixer.listen.systems import System
from mixer.listen.webmushra import WEBMUSHRA_FOLDER, write_webmushra
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.song.song import Song


@dataclass(frozen=True)
class BuiltTest:
    """A test that was built: its two halves, and remarks for the organiser."""

    design: Design
    key: Key
    remarks: tuple[str, ...]


class _Ids:
    """Random ids that a seed gives back; a prefix says of what, for those who read JSON."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def new(self, prefix: str = "") -> str:
        return prefix + self._rng.bytes(8).hex()


class _Sounds:
    """Writes sounds once each, under random names, and remembers how they were made."""

    def __init__(self, folder: Path, ids: _Ids, sample_rate: int, lowered_db: float) -> None:
        self._folder, self._ids = folder, ids
        self._rate, self._lowered_db = sample_rate, lowered_db
        self.made: dict[str, SoundTable] = {}

    def write(self, excerpt: Excerpt, *, public: bool = True) -> str:
        id_ = self._ids.new("x")
        gain_db = excerpt.gain_db - self._lowered_db
        audio = with_gain(read_array(excerpt.path), gain_db)
        wav = self._folder / WEBMUSHRA_FOLDER / f"{id_}.wav"
        audio_io.write_audio(wav, audio, self._rate, bit_depth="16", seed=int(id_[1:], 16))
        if public:
            write_sound(self._folder / PUBLIC_FOLDER, id_, wav.read_bytes())
        self.made[id_] = {"gain_db": gain_db, **_levels(audio, self._rate), **excerpt.made}
        return id_


class _Levels(TypedDict):
    """Loudness of a written sound; None for silence."""

    loudness_lufs: float | None
    true_peak_dbtp: float | None


def _levels(audio: np.ndarray, sample_rate: int) -> _Levels:
    lufs, peak_dbtp = (
        integrated_loudness_lufs(audio, sample_rate),
        true_peak_dbtp(audio, sample_rate),
    )
    return {
        "loudness_lufs": lufs if np.isfinite(lufs) else None,
        "true_peak_dbtp": peak_dbtp if np.isfinite(peak_dbtp) else None,
    }


class _Pages:
    """Makes the pages, and keeps apart what a participant may know of them and what not.

    Attributes:
        made: in the order of the test.
        keys, stimuli: what pages and stimuli stand for.
        sums: page to the file of its recordings' plain sum, which is never public.
    """

    def __init__(
        self, songs: Mapping[str, SongExcerpts], settings: BuildSettings, sounds: _Sounds, ids: _Ids
    ) -> None:
        self._songs, self._settings, self._sounds, self._ids = songs, settings, sounds, ids
        self._like: dict[str, dict[str, str]] = {}
        self.made: list[Page] = []
        self.keys: dict[str, PageKey] = {}
        self.stimuli: dict[str, StimulusKey] = {}
        self.sums: dict[str, str] = {}

    def add_all(self, songs: Sequence[Song], systems: Sequence[System]) -> None:
        """Every page of a test, as its settings ask."""
        for song in songs:
            self._add_rated(song.name, systems)
        last = self.made[-1]
        if self._settings.repeat:
            self._repeat_first(songs[0].name)
        if self._settings.training:
            self._train_on(songs[-1].name, last)

    def _add_rated(self, song: str, systems: Sequence[System]) -> None:
        """A page on which a song's mixes are rated."""
        mixes = self._songs[song].mixes
        self._like[song] = {s.name: self._sounds.write(mixes[s.name]) for s in systems}
        self.made.append(self._page(PageKind.RATED, PagePlace.ANY, song, None))
        self.sums[self.made[-1].id] = self._sounds.write(self._songs[song].sum, public=False)

    def _repeat_first(self, song: str) -> None:
        """The first page once more at the end, under other names, for the screening."""
        self.made[0] = first = replace(self.made[0], always=True)
        self.made.append(self._page(PageKind.RATED, PagePlace.LAST, song, first))
        self.sums[self.made[-1].id] = self.sums[first.id]

    def _train_on(self, song: str, like: Page) -> None:
        """A page before all others, with the sounds of another, on which nothing is rated."""
        self.made.insert(0, self._page(PageKind.TRAINING, PagePlace.FIRST, song, like))
        self.sums[self.made[0].id] = self.sums[like.id]

    def _page(self, kind: PageKind, place: PagePlace, song: str, first: Page | None) -> Page:
        """A page with stimuli of its own; `first` has the same sounds already."""
        like = self._like[song]
        page_id = self._ids.new("p")
        own = {self._ids.new("m"): system for system in like}
        self.stimuli.update({id_: StimulusKey(page_id, system) for id_, system in own.items()})
        reference = self._settings.hidden_reference
        repeats = first.id if first and kind == PageKind.RATED else None
        self.keys[page_id] = PageKey(song, self._songs[song].start_s, repeats)
        return Page(
            id=page_id,
            kind=kind,
            place=place,
            always=place != PagePlace.ANY,
            stimuli=tuple(Sounding(id_, like[own[id_]]) for id_ in sorted(own)),
            stems=first.stems if first else _write_stems(self._songs[song], self._sounds),
            reference=like[reference] if reference else None,
        )


def write_test(
    songs: Sequence[Song],
    systems: Sequence[System],
    made: Mapping[str, SongExcerpts],
    settings: BuildSettings,
    seed: int,
    folder: Path,
) -> BuiltTest:
    """Write a whole test into a folder.

    Args:
        songs, systems: to compare.
        made: every song's excerpts, by its name.
        settings: how the test is made.
        seed: random seed of ids and dither.
        folder: becomes the test.

    Raises:
        SettingsError: a mix peaks too high at the requested loudness, and `lower` is off.
    """
    excesses_db = [mix.excess_db for song in made.values() for mix in song.mixes.values()]
    loudness_lufs = common_loudness_lufs(excesses_db, settings.loudness_lufs, settings.lower)
    ids = _Ids(seed)
    test_id = ids.new()
    sounds = _Sounds(folder, ids, settings.sample_rate, settings.loudness_lufs - loudness_lufs)
    pages = _Pages(made, settings, sounds, ids)
    pages.add_all(songs, systems)
    design = Design(
        test_id=test_id,
        title=settings.title,
        scales=SCALES,
        sample_rate=settings.sample_rate,
        n_samples=round(settings.length_s * settings.sample_rate),
        loudness_lufs=loudness_lufs,
        least_heard_s=settings.heard_s,
        pages_per_participant=settings.pages_per_participant,
        # The order of the list says nothing about which page repeats which.
        pages=tuple(sorted(pages.made, key=lambda page: page.id)),
    )
    key = Key(
        test_id=test_id,
        seed=seed,
        systems=tuple(system.name for system in systems),
        reference_system=settings.hidden_reference,
        screening=settings.screening,
        pages=pages.keys,
        stimuli=pages.stimuli,
        sounds=sounds.made,
    )
    write_page(folder / PUBLIC_FOLDER, design)
    write_webmushra(folder / WEBMUSHRA_FOLDER, design, pages.sums)
    write_json(folder / KEY_FILE, key.as_json())
    (folder / KEY_FILE).chmod(0o600)  # on a shared machine participants may have accounts
    return BuiltTest(design, key, _remarks(settings, loudness_lufs))


def _write_stems(song: SongExcerpts, sounds: _Sounds) -> tuple[Sounding, ...]:
    return tuple(Sounding(stem, sounds.write(excerpt)) for stem, excerpt in song.stems.items())


def _remarks(settings: BuildSettings, loudness_lufs: float) -> tuple[str, ...]:
    if loudness_lufs == settings.loudness_lufs:
        return ()
    return (
        f"all mixes are at {loudness_lufs:g} LUFS instead of {settings.loudness_lufs:g}: a mix "
        f"would have peaked above {CEILING_DBTP:g} dBTP",
    )
