"""The systems of a comparison by name: models, baselines, human mixes and folders of finished
mixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.audio.formats import is_audio_name, is_stem_container_name
from mixer.dsp.blocks import as_stereo, zero_padded
from mixer.errors import InputError, SettingsError
from mixer.evaluate.alignment import find_alignment
from mixer.rendering.choices.baselines import HUMAN, HUMAN_FILE_NAMES, SUM
from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from mixer.song.samples import read_sum
from mixer.song.song import Song

# The plain sum of the recordings, and a mix that a person made; any other bare word is a model.
# Names that a human mix beside the stems may have, without ending.
# No system may have the name of what it is not.
_RESERVED = ("reference",)


@dataclass(frozen=True)
class System:
    """One of the compared ways to make a mix.

    Attributes:
        name: in the key, tables and plots; participants never see it.
        model: bundle to render with, "none" for the sum of the normalised stems, else None.
        folder: of finished mixes, one named as each song, else None. With neither model nor
            folder it is `SUM` or `HUMAN`.
    """

    name: str
    model: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class AlignedMix:
    """A whole mix, aligned with its song's stems.

    Attributes:
        audio: float32 (2, samples), as long as the song.
        lag_samples: its delay against the stems before the alignment, in samples.
        source: file it was read from, or "rendered".
    """

    audio: np.ndarray
    lag_samples: int
    source: str


def parse_systems(words: Sequence[str], human_folder: Path | None = None) -> tuple[System, ...]:
    """Systems as they are named on a command line.

    Args:
        words: `none`, `sum`, `human`, `NAME=FOLDER`, or a model bundle's name or folder.
        human_folder: where the human mixes lie, one named as each song; None for the songs' own
            folders (`HUMAN_FILE_NAMES`).

    Raises:
        SettingsError: two systems have the same name, there are none, or a folder does not exist.
    """
    systems = [_parse(word, human_folder) for word in words]
    if not systems:
        raise SettingsError("no systems to compare; name them, as in --systems default none human")
    names = [system.name for system in systems]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(
            f"two systems are called {twice!r}; give one as NAME=FOLDER, or leave one out"
        )
    return tuple(systems)


def _parse(word: str, human_folder: Path | None) -> System:
    name, equals, folder = word.partition("=")
    if equals:
        if name in _RESERVED:
            raise SettingsError(f"system {word!r}: the name {name} is taken; choose another")
        if not name or not Path(folder).is_dir():
            raise SettingsError(
                f"system {word!r} is not NAME=FOLDER; give a folder of finished mixes"
            )
        return System(name, folder=Path(folder))
    if word == HUMAN:
        return System(HUMAN, folder=human_folder)
    if word == SUM:
        return System(SUM)
    if not Path(word).name:
        raise SettingsError(f"system {word!r} is not a name")
    return System(Path(word).name, model=word)


def find_mix_file(system: System, song: Song) -> Path | None:
    """The finished mix of a song by a system; None for a system that renders.

    Raises:
        InputError: the file does not exist.
    """
    if system.model is not None or (system.name == SUM and system.folder is None):
        return None
    folder = system.folder or song.folder
    wanted = (song.folder.name, song.name) if system.folder else HUMAN_FILE_NAMES
    names = [name.lower() for name in wanted]
    found = sorted(
        (
            path
            for path in folder.iterdir()
            if path.stem.lower() in names and is_audio_name(path.name) and path.is_file()
        ),
        key=lambda path: names.index(path.stem.lower()),
    )
    if not found and not system.folder:
        # The first stream of a stem container is the finished mix.
        containers = [r.file.removesuffix("#mixture") for r in song.left_out]
        found = [folder / c for c in containers if is_stem_container_name(c)]
    if found:
        return found[0]
    where = f"--human {folder}" if system.name == HUMAN and system.folder else str(folder)
    raise InputError(
        f"{where}: no mix of {song.name!r} by {system.name}; add {wanted[0]}.wav, or leave "
        f"{system.name} out"
    )


def make_mix(
    system: System,
    song: Song,
    stems_sum: np.ndarray,
    sample_rate: int,
    settings: RenderSettings,
    align: bool = True,
) -> AlignedMix:
    """Render or read the mix of a song by a system.

    Args:
        system: one of `parse_systems`.
        song: from `load_song`.
        stems_sum: the plain sum of its recordings, float32 (2, samples), which finished mixes are
            aligned with; renders lie on it by themselves.
        sample_rate: of `stems_sum` and of the result, Hz.
        settings: of every render; model, amount, rate and master are set here: no loudness target
            and no limiter, so that the mixing is heard and not the mastering.
        align: look for the lag of a finished mix.

    Raises:
        InputError: the mix does not exist, or has too little in common with the stems.
        ModelError, DeviceError, SettingsError: as `mixer.rendering.pipeline.render`.
    """
    path = find_mix_file(system, song)
    if path is not None:
        return _read_mix(path, stems_sum, sample_rate, align)
    if system.model is None:
        return AlignedMix(stems_sum, 0, "rendered")
    mix = render(
        song,
        replace(
            settings,
            model=system.model,
            amount=1.0,
            sample_rate=sample_rate,
            loudness_lufs=None,
            true_peak_dbtp=None,
        ),
    )
    return AlignedMix(mix.audio, 0, "rendered")


def read_stems_sum(song: Song, sample_rate: int) -> np.ndarray:
    """The plain sum of a song's recordings, float32 (2, samples)."""
    return read_sum(song.recordings, song.n_samples_at(sample_rate), sample_rate)


def _read_mix(path: Path, stems_sum: np.ndarray, sample_rate: int, align: bool) -> AlignedMix:
    audio, _ = audio_io.read_audio(path, sample_rate)
    audio = as_stereo(audio)
    lag = 0
    if align:
        alignment = find_alignment(audio, stems_sum, sample_rate)
        if not alignment.found:
            raise InputError(
                f"{path}: too little in common with the stems to align it; check that it is a mix "
                "of this song, or add --no-align"
            )
        lag = alignment.lag_samples
    return AlignedMix(zero_padded(audio, lag, lag + stems_sum.shape[1]), lag, str(path))
