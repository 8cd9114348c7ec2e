"""Songs on which the paper's network is trained: composed and real ones, all with wet stems.

They include none of the genres and songs used by the benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mixer.rendering.choices.shipped import PUBLISHED_PROFILE
from training.data.plan import DEFAULT_EFFECTS, Plan, PlannedSong, PrepareSettings, plan_dataset
from training.shipped.benchmark_songs import HELD_OUT_TRACKS, REAL_SONGS, VALIDATION_SONG
from training.synthesis.genres import LEARNT_GENRES
from training.synthesis.run import SynthesisSettings

COMPOSED_S = 30.0
# Share of the composed songs, and the real song, used for validation: no part of that song is
# trained on, neither as stems nor as tracks.
VALIDATION_SHARE = 0.1
# Reverb variants per stem: each takes a file of its own on disk, and there are plenty of rooms.
N_VARIANTS = 2


def composing() -> SynthesisSettings:
    """Settings for composing songs: every genre except those of the benchmark."""
    # It holds out equal shares for validation and test; both are used for validation here.
    return SynthesisSettings(
        genres=LEARNT_GENRES, hold_out_share=VALIDATION_SHARE / 2, duration_s=COMPOSED_S
    )


def stems_folder(shared: Path) -> Path:
    """Folder of the songs with finished stems, those of the benchmark included."""
    return shared / "audio" / "stems"


def real_song_folders(shared: Path) -> list[Path]:
    """Folders of real songs, with finished stems or with tracks as they are in a mix."""
    stems = [path for path in _folders_in(stems_folder(shared)) if path.name not in REAL_SONGS]
    tracks = [
        path / "wet" for path in _folders_in(shared / "tracks") if path.name not in HELD_OUT_TRACKS
    ]
    return stems + tracks


def plan_songs(composed: Path, real: Sequence[Path], data: Path) -> Plan:
    """Plan a data set of both with the paper's normalisations and rooms; nothing is written.

    Args:
        composed: the folder that `training.synthesis` has filled.
        real: song folders, from `real_song_folders`.
        data: destination of the data set.

    Raises:
        InputError: a folder contains no song.
    """
    settings = PrepareSettings(
        profile=PUBLISHED_PROFILE, effects=DEFAULT_EFFECTS, n_variants=N_VARIANTS, test_share=0.0
    )
    plan = plan_dataset([composed, *real], data, settings)
    return replace(plan, songs=tuple(_in_its_split(song, composed) for song in plan.songs))


def is_composed(song: PlannedSong, composed: Path) -> bool:
    """Whether a planned song was composed into the folder `composed`."""
    # Plans hold absolute paths, however the folder was named.
    return _source(song).is_relative_to(composed.resolve())


def _in_its_split(song: PlannedSong, composed: Path) -> PlannedSong:
    if is_composed(song, composed):
        split = "train" if song.split == "train" else "valid"
    else:
        split = "valid" if VALIDATION_SONG in _source(song).parts else "train"
    return replace(song, split=split)


def _source(song: PlannedSong) -> Path:
    return Path(song.multitrack.recordings[0].source.path)


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
