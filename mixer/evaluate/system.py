"""Whole systems compared: every model mixes every song, beside two mixes that need none.

The floors are what a system must beat: the plain sum of the recordings, and the sum of the stems
normalised to the average of many songs, which is the paper's baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.errors import InputError
from mixer.evaluate.pair import PairSettings, evaluate_pair
from mixer.evaluate.summary import SongResult
from mixer.rendering.choices.baselines import HUMAN_FILE_NAMES, NONE, SUM
from mixer.rendering.pipeline import render
from mixer.rendering.plans.plan_by_model import NETWORK_RATE_HZ
from mixer.rendering.settings import RenderSettings
from mixer.song.samples import read_sum
from mixer.song.song import Song, check_titles

EVALUATION_RATE_HZ = NETWORK_RATE_HZ

# called with the song, the system, and the share that is done, 0 to 1
Progress = Callable[[str, str, float], None]


@dataclass(frozen=True)
class SystemSettings:
    """Settings of a comparison of systems.

    Attributes:
        render: settings of every render; its model, amount, rate and master are set here: no
            loudness target and no limiter, so that the mixing is heard and not the mastering.
        pair: how each mix is compared with its reference.
        reference_name: name of the file in a song's folder, without ending, that holds the human
            mix.
        reference_sum: without it, the sum of the stems, as for wet stems.
        stem_masking: also measure how much of each stem the others mask.
    """

    render: RenderSettings = field(default_factory=RenderSettings)
    pair: PairSettings = field(default_factory=PairSettings)
    reference_name: str = HUMAN_FILE_NAMES[0]
    reference_sum: bool = False
    stem_masking: bool = True


def system_names(models: Sequence[str]) -> dict[str, RenderSettings]:
    """Render settings of each system, the models and the baselines, by displayed name.

    Args:
        models: names or folders of bundles; "none" is the floor of normalised stems.

    Raises:
        InputError: two models have the same name.
    """
    systems: dict[str, RenderSettings] = {}
    for model in models:
        name = Path(model).name
        if name in systems or name == SUM:
            raise InputError(f"two systems are called {name!r}; rename one of the model folders")
        systems[name] = RenderSettings(model=model)
    systems.setdefault(NONE, RenderSettings(model=NONE))
    systems[SUM] = RenderSettings(model=NONE, amount=0.0)
    return systems


def evaluate_systems(
    songs: Sequence[Song],
    models: Sequence[str],
    settings: SystemSettings | None = None,
    progress: Progress | None = None,
) -> Iterator[SongResult]:
    """Render every song with every system and measure it against the song's reference mix.

    Args:
        songs: from `load_song`; their names differ.
        models: see `system_names`.
        settings: defaults to `SystemSettings()`.
        progress: called before each render.

    Yields:
        A result a song and system. Where the sum of the stems is the reference, the floor of the
        plain sum is left out: it would be compared with itself.

    Raises:
        InputError: two songs have the same name, or a song has no reference or cannot be read.
        ModelError, DeviceError, SettingsError: as `mixer.render`.
    """
    settings = settings or SystemSettings()
    systems = system_names(models)
    references = check_songs(songs, settings)
    n_done = 0
    for song, path in zip(songs, references, strict=True):
        reference = _read_reference(song, path)
        for name, system in systems.items():
            if progress is not None:
                progress(song.name, name, n_done / (len(songs) * len(systems)))
            n_done += 1
            if path is None and name == SUM:
                continue
            yield _evaluate(song, name, system, path, reference, settings)


def check_songs(songs: Sequence[Song], settings: SystemSettings) -> list[Path | None]:
    """Find every song's reference before anything is rendered; see `find_reference`.

    Raises:
        InputError: two songs have the same name, or a song has no reference.
    """
    check_titles(songs)
    return [find_reference(song, settings) for song in songs]


def find_reference(song: Song, settings: SystemSettings) -> Path | None:
    """The file that holds a song's human mix, or None for the sum of its stems.

    Raises:
        InputError: the file does not exist, and the sum of the stems was not requested.
    """
    wanted = settings.reference_name.lower()
    for recording in song.left_out:
        container, _, stream = recording.file.partition("#")
        if wanted in (stream.lower(), Path(container).stem.lower()):
            return song.folder / container
    if settings.reference_sum:
        return None
    raise InputError(
        f"{song.folder}: no {settings.reference_name}.wav beside the stems to compare with; add "
        "the human mix under that name, or use --reference-sum to compare with the sum of "
        "the wet stems"
    )


def _read_reference(song: Song, path: Path | None) -> np.ndarray:
    if path is not None:
        # In a stem container the first stream is the mixture.
        return audio_io.read_audio(path, EVALUATION_RATE_HZ)[0]
    n_samples = song.n_samples_at(EVALUATION_RATE_HZ)
    return read_sum(song.recordings, n_samples, EVALUATION_RATE_HZ)


def _evaluate(
    song: Song,
    name: str,
    system: RenderSettings,
    path: Path | None,
    reference: np.ndarray,
    settings: SystemSettings,
) -> SongResult:
    mix = render(
        song,
        replace(
            settings.render,
            model=system.model,
            amount=system.amount,
            sample_rate=EVALUATION_RATE_HZ,
            loudness_lufs=None,
            true_peak_dbtp=None,
        ),
        wet_stems=settings.stem_masking,
    )
    report = evaluate_pair(
        mix.audio, reference, EVALUATION_RATE_HZ, settings.pair, stems=mix.wet_stems
    )
    return SongResult(
        song=song.name,
        system=name,
        mix=name,
        reference=str(path) if path else "sum of stems",
        report=report,
    )
