"""Where the band mixer's examples come from: composed songs, and folders of wet stems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from mixer.dsp.threads import one_blas_thread
from mixer.fxnorm.profile import read_profile
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.song.song import load_song, read_stem
from mixer.stems import STEMS
from training.band_mixer.examples import Example, make_example, read_example, write_example
from training.synthesis.compose import compose
from training.synthesis.engineer import engineer
from training.synthesis.genres import GENRES

SAMPLE_RATE_HZ = 44_100
EXCERPT_S = 30.0
COMPOSED_S = 40.0
# Of a wet song, excerpts start this far apart.
STEP_S = 15.0


@dataclass(frozen=True)
class ExampleSettings:
    """What examples are made with.

    Attributes:
        hyper: bands and transform.
        effects: by which stems are normalised.
        profile: towards which.
        held_out_genres: never composed for training.
    """

    hyper: BandMixerParameters
    effects: tuple[str, ...]
    profile: str
    held_out_genres: tuple[str, ...]


def composed_examples(
    folder: Path,
    seeds: Sequence[int],
    settings: ExampleSettings,
    *,
    n_jobs: int,
    say: Callable[[str], None],
) -> list[tuple[int, Example]]:
    """Compose songs, have the simulated engineer mix them, and keep an excerpt of each.

    Args:
        folder: keeps examples, so that a run that was stopped goes on.
        seeds: one a song; its genre is the seed's turn among those that are not held out.
        settings: what examples are made with.
        n_jobs: processes.
        say: is told how far it is.

    Returns:
        Seed and example, in the order of `seeds`; songs with next to nothing in them are left out.

    Raises:
        InputError: the program or the SoundFont that plays is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not _path(folder, seed).exists()]
    with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(_compose_one, _path(folder, seed), seed, settings) for seed in missing]
        for done, task in enumerate(as_completed(tasks), 1):
            task.result()
            if done % 20 == 0 or done == len(tasks):
                say(f"composed and mixed {done} of {len(tasks)} songs")
    paths = [(seed, _path(folder, seed)) for seed in seeds]
    return [(seed, read_example(path)) for seed, path in paths if path.stat().st_size]


def wet_examples(song_folder: Path, settings: ExampleSettings) -> Iterator[Example]:
    """Excerpts of a real song whose stems are wet: what goes in, normalised, is what comes out.

    Raises:
        InputError: the folder is no song, or a recording in it is damaged.
    """
    song = load_song(song_folder)
    stems = {stem: read_stem(song, stem, SAMPLE_RATE_HZ) for stem in song.stems}
    n_samples = song.n_samples_at(SAMPLE_RATE_HZ)
    length, step = round(EXCERPT_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    for start in range(0, max(1, n_samples - length + 1), step):
        part = {stem: audio[:, start : start + length].copy() for stem, audio in stems.items()}
        example = _example(part, part, settings, is_wet=True)
        if example is not None:
            yield example


@one_blas_thread
def _compose_one(path: Path, seed: int, settings: ExampleSettings) -> None:
    genres = sorted(set(GENRES) - set(settings.held_out_genres))
    multitrack = compose(seed, genre=genres[seed % len(genres)], duration_s=COMPOSED_S)
    mix = engineer(multitrack, seed)
    n_samples = min(stem.shape[1] for stem in mix.wet_stems.values())
    length = round(EXCERPT_S * SAMPLE_RATE_HZ)
    start = int(np.random.default_rng(seed).integers(max(1, n_samples - length)))
    dry, wet = (
        {name: stem[:, start : start + length].copy() for name, stem in stems.items()}
        for stems in (mix.dry_stems, mix.wet_stems)
    )
    example = _example(dry, wet, settings, is_wet=False)
    if example is None:
        path.touch()
    else:
        write_example(example, path)


def _example(
    dry: dict[str, np.ndarray],
    wet: dict[str, np.ndarray],
    settings: ExampleSettings,
    *,
    is_wet: bool,
) -> Example | None:
    profile = read_profile(settings.profile)
    return make_example(
        dry, wet, STEMS, SAMPLE_RATE_HZ, settings.hyper, profile, settings.effects, is_wet=is_wet
    )


def _path(folder: Path, seed: int) -> Path:
    return folder / f"{seed:06d}.npz"
