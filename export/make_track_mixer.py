"""Make the track mixer from scratch: compose, prepare, train, export.

    python -m export.make_track_mixer -o build/track-mixer

It composes songs (`training.track_mixer.composing`), measures real ones if they are available
(finished stems, tracks as they are in a mix, dry and wet tracks), adds MixologyDB's faders, pans
and EQ, trains as `mixer train` does, and exports. It never uses songs of the benchmark, and resumes
where it was stopped.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from export.make_model import (
    SHARED,
    Recipe,
    maker_parser,
    prepare_examples,
    run_program,
    songs_in,
    train_and_export,
)
from export.progress_lines import say
from mixer.rendering.choices.shipped import PUBLISHED_PROFILE, TRACK_MODEL
from mixer.song.load import load_song
from training.data.plan import DEFAULT_TRACK_EFFECTS, PrepareSettings
from training.data.prepare_tracks import excerpts_of
from training.data.prepared import Examples
from training.data.prepared_tracks import COMPOSED_FOLDER
from training.data.track_songs import write_song
from training.shipped.benchmark_songs import HELD_OUT_TRACKS, REAL_SONGS, VALIDATION_SONG
from training.synthesis.genres import LEARNT_GENRES
from training.track_mixer.composing import compose_songs
from training.track_mixer.human_mixes import MIXES_FILE

RECIPE = Recipe(TRACK_MODEL, "track-mixer", effects=DEFAULT_TRACK_EFFECTS)
# Numbers of songs that are played only, and of songs that the simulated engineer also mixes.
FIRST_DRY_SEED, N_DRY = 300_000, 1_189
FIRST_MIXED_SEED, N_MIXED = 400_000, 360
# This real song is used for validation.


def make_track_mixer(
    folder: Path,
    shared: Path,
    *,
    n_dry: int,
    n_mixed: int,
    n_jobs: int,
    overrides: Sequence[str] = (),
) -> Path:
    """Make the bundle and return its folder.

    Args:
        folder: working folder for the data set, the run and the bundle.
        shared: folder with `audio/stems`, `tracks` and `human_mixes`; missing ones are left out.
        n_dry, n_mixed: numbers of songs that are composed only, and that are also mixed.
        n_jobs: number of processes that compose.
        overrides: `section.key=value` overrides of the configuration, as in `mixer train`.

    Raises:
        MixerError: a song cannot be made or read, or training or export fails.
    """
    data = folder / "data"
    names = _prepare_stems(data, shared / "audio" / "stems", n_jobs)
    names += _listen_to_tracks(data, shared / "tracks")
    if (shared / "human_mixes" / MIXES_FILE).is_file():
        shutil.copyfile(shared / "human_mixes" / MIXES_FILE, data / MIXES_FILE)
        names.append("MixologyDB's faders, pans and EQ")
    genres = sorted(LEARNT_GENRES)
    dry = range(FIRST_DRY_SEED, FIRST_DRY_SEED + n_dry)
    mixed = range(FIRST_MIXED_SEED, FIRST_MIXED_SEED + n_mixed)
    compose_songs(data, dry, mixed, genres, n_jobs=n_jobs, say=say)
    of_songs = (
        f"from {n_dry + n_mixed} composed songs, {n_mixed} of them mixed by a simulated engineer,"
        f" and from {', '.join(dict.fromkeys(names))}"
    )
    return train_and_export(
        RECIPE,
        folder,
        lambda config, outcome: (
            f"trained by export.make_track_mixer on powers of tracks, {of_songs}; configuration"
            f" {RECIPE.config}, seed {config.run.seed}, {outcome.steps} steps; validation loss"
            f" {outcome.best_loss:.2f}"
        ),
        overrides,
    )


def _prepare_stems(data: Path, stems: Path, n_jobs: int) -> list[str]:
    """Prepare finished stems and the data set's description; return the names of the songs."""
    names = [name for name in songs_in(stems) if name not in REAL_SONGS]
    settings = PrepareSettings(
        profile=PUBLISHED_PROFILE,
        effects=DEFAULT_TRACK_EFFECTS,
        examples=Examples.TRACKS,
        test_share=0.0,
    )
    prepare_examples(
        [stems / name for name in names],
        data,
        settings,
        lambda song: "valid" if song.multitrack.name == VALIDATION_SONG else "train",
        n_jobs,
    )
    return names


def _listen_to_tracks(data: Path, tracks: Path) -> list[str]:
    """Measure songs whose tracks are in folders `wet` and, for some songs, `dry`."""
    names = [name for name in songs_in(tracks) if name not in HELD_OUT_TRACKS]
    target = data / COMPOSED_FOLDER / "train"
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        if any(target.glob(f"{name}-*.npz")):
            continue
        wet, dry = tracks / name / "wet", tracks / name / "dry"
        found = list(excerpts_of(load_song(wet), load_song(dry) if dry.is_dir() else None))
        for number, (_, song) in enumerate(found):
            write_song(song, target / f"{name}-{number}.npz")
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the track mixer from the command line and return the exit code."""
    parser = maker_parser(__doc__, Path("build/track-mixer"))
    add = parser.add_argument
    add("--shared", type=Path, default=SHARED, help="folder of real songs and human mixes")
    add("--songs", type=int, default=N_DRY, help="number of songs that are only composed")
    add("--mixed-songs", type=int, default=N_MIXED, help="number of songs that are also mixed")
    options = parser.parse_args(arguments)
    return run_program(
        "make_track_mixer",
        lambda: make_track_mixer(
            options.output,
            options.shared,
            n_dry=options.songs,
            n_mixed=options.mixed_songs,
            n_jobs=options.jobs,
            overrides=options.set,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
