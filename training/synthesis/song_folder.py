"""A synthetic song on disk: composed, mixed, and written completely or not at all.

    train/1-00007-soul/
        vocals.flac bass.flac drums.flac other.flac     the wet stems
        mixture.flac                                    their sum
        dry/vocals.flac ...                             the stems as a session would export them
        decisions.json                                  what it is and how it was mixed

`training.data.multitracks` reads such a folder as it reads MUSDB18, and finds the dry stems in
`dry`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from mixer.audio import write_audio
from mixer.errors import OutputError
from mixer.files.whole_file import write_json
from training.data.multitracks import DRY_FOLDER
from training.synthesis.compose import compose
from training.synthesis.engineer import engineer
from training.synthesis.tracks import Multitrack

DECISIONS_FILE, TRACKS_FOLDER = "decisions.json", "tracks"
PARTIAL_SUFFIX = ".partial"
# Full scale less what dither may add.
_CEILING = 0.99


@dataclass(frozen=True)
class SynthesisTask:
    """A song to be made.

    Attributes:
        folder: the destination; it appears once it is complete.
        seed: seed of the composition and of the mix.
        genre: one of `training.synthesis.genres.GENRES`.
        duration_s: duration in seconds.
        sample_rate: in Hz.
        soundfont: path of the SoundFont.
        with_tracks: write the recorded tracks as well.
    """

    folder: Path
    seed: int
    genre: str
    duration_s: float
    sample_rate: int
    soundfont: Path
    with_tracks: bool = False


class Section(TypedDict):
    """A part of a song, in seconds."""

    name: str
    start_s: float
    end_s: float


class TrackHead(TypedDict):
    """A recorded track."""

    name: str
    stem: str
    role: str
    is_stereo: bool


class SongHead(TypedDict):
    """The head of `decisions.json`: what was composed."""

    title: str
    genre: str
    seed: int
    tempo_bpm: float
    sections: list[Section]
    tracks: list[TrackHead]


def synthesise_song(task: SynthesisTask, report: Callable[[float], None]) -> SongHead:
    """Make a song and write its folder.

    Args:
        report: called with the completed share, 0 to 1.

    Returns:
        Its title, tempo and tracks, as in the head of `decisions.json`.

    Raises:
        InputError: FluidSynth or the SoundFont cannot be used.
        OutputError: the disk is full or read-only.
    """
    multitrack = compose(
        task.seed,
        genre=task.genre,
        duration_s=task.duration_s,
        sample_rate=task.sample_rate,
        soundfont=task.soundfont,
    )
    report(0.4)
    mix = engineer(multitrack, task.seed)
    report(0.7)
    about = _about(multitrack)
    partial = task.folder.with_name(f".{task.folder.name}{PARTIAL_SUFFIX}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        gain_db = _write(partial, {**mix.wet_stems, "mixture": mix.mixture}, task)
        dry_gain_db = _write(partial / DRY_FOLDER, mix.dry_stems, task)
        if task.with_tracks:
            tracks = {track.name: track.audio for track in multitrack.tracks}
            _write(partial / TRACKS_FOLDER, tracks, task)
        gains = {"written_gain_db": gain_db, "dry_written_gain_db": dry_gain_db}
        write_json(partial / DECISIONS_FILE, {**about, **gains, "mix": mix.decisions})
        partial.rename(task.folder)
    except OSError as error:
        raise OutputError(f"{task.folder}: cannot be written ({error.strerror})") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return about


def _about(multitrack: Multitrack) -> SongHead:
    return {
        "title": multitrack.title,
        "genre": multitrack.genre,
        "seed": multitrack.seed,
        "tempo_bpm": multitrack.tempo_bpm,
        "sections": [
            {"name": name, "start_s": start_s, "end_s": end_s}
            for name, start_s, end_s in multitrack.sections
        ],
        "tracks": [
            {"name": t.name, "stem": t.stem, "role": t.role, "is_stereo": t.is_stereo}
            for t in multitrack.tracks
        ],
    }


def _write(folder: Path, sounds: Mapping[str, np.ndarray], task: SynthesisTask) -> float:
    """16-bit FLAC files under one common gain in dB, 0 unless one of them would clip."""
    peak = max(float(np.max(np.abs(sound))) for sound in sounds.values())
    gain = min(1.0, _CEILING / peak) if peak > 0.0 else 1.0
    for number, (name, sound) in enumerate(sounds.items()):
        write_audio(
            folder / f"{name}.flac",
            np.asarray(sound * np.float32(gain), np.float32),
            task.sample_rate,
            file_format="flac",
            bit_depth="16",
            seed=(task.seed + number) % 2**32,
        )
    return float(20.0 * np.log10(gain))
