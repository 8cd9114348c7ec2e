"""Make many songs: their genres, splits and processes; existing songs are kept.

A song depends on the seed and its number alone, so that more of them can be made later, and a run
that was stopped resumes where it was.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict, cast

import numpy as np

from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.threads import available_threads
from mixer.errors import InputError, MixerError, OutputError, SettingsError
from mixer.files.whole_file import hash_file, write_json
from training.data.prepared import SPLITS
from training.data.workers import each_in_processes
from training.synthesis.compose import DURATION_RANGE_S, SAMPLE_RATES_HZ
from training.synthesis.genres import GENRES, genre_named
from training.synthesis.players.soundfont import find_soundfont
from training.synthesis.song_folder import PARTIAL_SUFFIX, SynthesisTask, synthesise_song

SYNTHESIS_FILE = "synthesis.json"
MOST_SONGS = 100_000
SCHEMA_VERSION = 1
# Some twenty tracks, their wet versions and the tape that they were played on, as float32 stereo.
_BYTES_IN_MEMORY_PER_SAMPLE = 8 * 80

# called with the stage, what in it, and the share that is done, 0 to 1
Progress = Callable[[str, str, float], None]


@dataclass(frozen=True)
class SynthesisSettings:
    """All settings that, with the SoundFont, determine the song of a given number.

    Attributes:
        seed: 0 or more.
        genres: names from `GENRES`, played in equal shares.
        hold_out: genres whose songs all go to the test split.
        hold_out_share: share of the other songs used for validation, and again for the test; 0 to
            0.45.
        duration_s: duration of every song in seconds.
        sample_rate: in Hz.
        with_tracks: keep the recorded tracks too.
    """

    seed: int = 1
    genres: tuple[str, ...] = tuple(GENRES)
    hold_out: tuple[str, ...] = ()
    hold_out_share: float = 0.1
    duration_s: float = 45.0
    sample_rate: int = 44_100
    with_tracks: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(f"seed must be 0 or a positive whole number, not {self.seed}")
        if not self.genres:
            raise SettingsError(f"no genre given; choose from {', '.join(GENRES)}")
        for name in (*self.genres, *self.hold_out):
            genre_named(name)
        for name in self.hold_out:
            if name not in self.genres:
                raise SettingsError(
                    f"{name} is held out but not among the genres; add it to the genres"
                )
        if not set(self.genres) - set(self.hold_out):
            raise SettingsError("every genre is held out; leave at least one to train on")
        if not 0.0 <= self.hold_out_share <= 0.45:
            raise SettingsError(f"hold-out share must be 0 to 0.45, not {self.hold_out_share:g}")
        if not DURATION_RANGE_S[0] <= self.duration_s <= DURATION_RANGE_S[1]:
            low, high = DURATION_RANGE_S
            raise SettingsError(
                f"duration must be {low:g} to {high:g} s, not {self.duration_s:g} s"
            )
        if not SAMPLE_RATES_HZ[0] <= self.sample_rate <= SAMPLE_RATES_HZ[1]:
            low, high = SAMPLE_RATES_HZ
            raise SettingsError(
                f"sample rate must be {low} to {high} Hz, not {self.sample_rate} Hz"
            )


@dataclass(frozen=True)
class PlannedSong:
    """A planned song; the name of its folder states seed, number and genre."""

    name: str
    split: str
    genre: str
    seed: int


def plan_songs(settings: SynthesisSettings, n_songs: int) -> list[PlannedSong]:
    """The first `n_songs` songs. Raises SettingsError for a number that makes no sense."""
    if not 1 <= n_songs <= MOST_SONGS:
        raise SettingsError(f"the number of songs must be 1 to {MOST_SONGS}, not {n_songs}")
    genres = _genres_in_turn(settings)
    planned = []
    for index in range(n_songs):
        genre = next(genres)
        rng = np.random.default_rng((settings.seed, index))
        seed = int(rng.integers(2**31))
        lot = float(rng.random())
        split = "train"
        if genre in settings.hold_out or lot >= 1.0 - settings.hold_out_share:
            split = "test"
        elif lot < settings.hold_out_share:
            split = "valid"
        planned.append(PlannedSong(f"{settings.seed}-{index:05d}-{genre}", split, genre, seed))
    return planned


class SoundFontTable(TypedDict):
    """The SoundFont of the songs."""

    name: str
    sha256: str


class SongTable(TypedDict):
    """A `PlannedSong` as JSON has it."""

    name: str
    split: str
    genre: str
    seed: int


class LeftOut(TypedDict):
    """A song that could not be made, and the reason."""

    name: str
    reason: str


class _Head(TypedDict):
    """Settings that must be the same for a run to resume in a folder."""

    schema_version: int
    settings: dict[str, object]
    soundfont: SoundFontTable


class SynthesisTable(_Head):
    """Contents of `synthesis.json`."""

    songs: list[SongTable]
    left_out: list[LeftOut]


def synthesise(
    folder: Path,
    settings: SynthesisSettings,
    n_songs: int,
    *,
    soundfont: Path | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> SynthesisTable:
    """Make songs into `train`, `valid` and `test` under a folder.

    Args:
        folder: new, empty, or of an earlier run with the same settings.
        n_songs: in all; those that are there already are kept.
        soundfont: None looks in the usual places.
        n_jobs: number of processes; None for one per core, as far as memory allows.
        progress: called from the calling thread.

    Returns:
        What `synthesis.json` holds: settings, songs, and those that failed in `left_out`.

    Raises:
        InputError: no SoundFont, no FluidSynth, or no song could be made.
        OutputError: the folder holds something else, or cannot be written.
        SettingsError: see `plan_songs`.
    """
    show = progress or (lambda stage, detail, share: None)
    songs = plan_songs(settings, n_songs)
    font = find_soundfont(soundfont)
    about: _Head = {
        "schema_version": SCHEMA_VERSION,
        "settings": json.loads(json.dumps(asdict(settings))),
        "soundfont": {"name": font.name, "sha256": hash_file(font)},
    }
    _open(folder, about)
    _sweep(folder)
    missing = [song for song in songs if not (folder / song.split / song.name).is_dir()]
    failed = _make(folder, settings, missing, font, n_jobs, show)
    left_out: list[LeftOut] = [
        {"name": name, "reason": reason} for name, reason in sorted(failed.items())
    ]
    if len(failed) == len(songs):
        raise InputError(f"none of the songs could be made; the first: {left_out[0]['reason']}")
    description: SynthesisTable = {
        **about,
        "songs": [cast(SongTable, asdict(song)) for song in songs if song.name not in failed],
        "left_out": left_out,
    }
    write_json(folder / SYNTHESIS_FILE, description)
    return description


def _make(
    folder: Path,
    settings: SynthesisSettings,
    songs: list[PlannedSong],
    font: Path,
    n_jobs: int | None,
    show: Progress,
) -> dict[str, str]:
    """Make songs; the names of those that failed, with the reason."""
    tasks = [
        SynthesisTask(
            folder / song.split / song.name,
            song.seed,
            song.genre,
            settings.duration_s,
            settings.sample_rate,
            font,
            settings.with_tracks,
        )
        for song in songs
    ]
    failed: dict[str, str] = {}
    shares = [0.0] * len(tasks)

    def reported(index: int, share: float) -> None:
        shares[index] = share
        show("synthesise", songs[index].name, sum(shares) / len(shares))

    jobs = n_jobs or _default_jobs(settings)
    try:
        for index, result in each_in_processes(synthesise_song, tasks, jobs, reported):
            if isinstance(result, MixerError):
                failed[songs[index].name] = str(result)
            reported(index, 1.0)
    finally:
        _sweep(folder)
    return failed


def _genres_in_turn(settings: SynthesisSettings) -> Iterator[str]:
    """Every genre once in a random order, then again."""
    rng = np.random.default_rng((settings.seed, 2**32))
    while True:
        yield from (settings.genres[i] for i in rng.permutation(len(settings.genres)))


def _default_jobs(settings: SynthesisSettings) -> int:
    n_bytes = settings.duration_s * settings.sample_rate * _BYTES_IN_MEMORY_PER_SAMPLE
    return max(1, min(available_threads(), int(available_memory_bytes() // n_bytes)))


def _open(folder: Path, about: Mapping[str, object]) -> None:
    """Take a folder, or refuse one that holds anything but songs of the same making."""
    path = folder / SYNTHESIS_FILE
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder; choose another --output")
    if path.is_file():
        try:
            earlier = json.loads(path.read_text(encoding="utf-8"))
            changed = [key for key in about if earlier.get(key) != about[key]]
        except (OSError, ValueError, AttributeError):
            changed = ["unreadable"]
        if changed:
            raise OutputError(
                f"{folder} holds songs made with other settings ({', '.join(changed)}); "
                "choose another --output"
            )
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"{folder} holds other files; choose an empty or a new folder")
    write_json(path, {**about, "songs": [], "left_out": []})


def _sweep(folder: Path) -> None:
    """Remove incomplete files left by killed processes."""
    for split in SPLITS:
        for path in folder.glob(f"{split}/.*{PARTIAL_SUFFIX}"):
            shutil.rmtree(path, ignore_errors=True)
