"""The default model from nothing: compose, prepare, train, export, judge.

    python -m export.make_default -o build/default-model

It does what `mixer dataset synthesise`, `mixer dataset prepare`, `mixer train` and `mixer export`
do, and goes on where it was stopped. Songs of `training.synthesis` and, where they are there, real
songs with wet stems; those that the benchmark judges on (`training.shipped.benchmark_songs`) are
never among them. The bundle holds the weights, the benchmark's figures, and how it was made.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.bundle import export_bundle
from export.evaluation import state_evaluation
from export.progress_lines import say, say_event, say_progress
from mixer.errors import MixerError, ModelError
from mixer.shipped import DEFAULT_MODEL, PUBLISHED_PROFILE
from training.data.plan import DEFAULT_BAND_EFFECTS, PlannedSong, PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.data.prepared import BANDS
from training.run.config_reader import find_config, read_config
from training.run.state import STATE_FILE
from training.run.train import train
from training.shipped import evaluate as evaluate_default
from training.shipped.benchmark_songs import HELD_OUT_GENRES, REAL_SONGS
from training.synthesis.genres import GENRES
from training.synthesis.run import SynthesisSettings, synthesise

NAME, CONFIG = DEFAULT_MODEL, "band-mixer"
LICENCE = "GPL-3.0-or-later"
PROFILE = PUBLISHED_PROFILE
N_COMPOSED, COMPOSED_S = 300, 40.0
# Of the composed songs, this share, and this real one choose the weights.
VALIDATION_SHARE, VALIDATION_SONG = 0.055, "rubidium"


def make_default(
    folder: Path,
    real_songs: Path,
    *,
    n_songs: int,
    n_jobs: int,
    overrides: Sequence[str] = (),
    benchmark: Sequence[str] = (),
) -> Path:
    """Make the bundle; returns its folder.

    Args:
        folder: keeps songs, examples, the run and the bundle.
        real_songs: a folder of song folders with wet stems; composed songs alone where it is not.
        n_songs: composed.
        n_jobs: processes that compose and prepare.
        overrides: of the configuration, as of `mixer train`.
        benchmark: further arguments of `training.shipped.evaluate`.

    Raises:
        MixerError: a song cannot be made or read, or the training or the export fails.
    """
    names = _real_names(real_songs)
    composed = synthesise(
        folder / "songs", _composing(), n_songs, n_jobs=n_jobs, progress=say_progress
    )
    _prepare(folder, [real_songs / name for name in names], n_jobs)
    config = read_config(find_config(CONFIG), [f"data.folder={folder / 'data'}", *overrides])
    run = folder / "run"
    outcome = train(config, run, resume=(run / STATE_FILE).is_file(), tell=say_event)
    bundle = folder / NAME
    export_bundle(
        outcome.best,
        bundle,
        name=NAME,
        licence=LICENCE,
        provenance=(
            f"trained by export.make_default on excerpts of 30 s: {len(composed['songs'])} composed"
            " songs, mixed by a simulated engineer, and the real songs"
            f" {', '.join(names) or 'none'}; configuration {CONFIG}, seed {config.run.seed},"
            f" {outcome.steps} steps; validation loss {outcome.best_loss:.2f} dB"
        ),
        overwrite=True,
    )
    figures = folder / "benchmark.json"
    figures.unlink(missing_ok=True)
    if evaluate_default.main(["--model", str(bundle), "--json", str(figures), *benchmark]):
        raise ModelError(f"{bundle}: was made, but the benchmark did not judge it: see above")
    state_evaluation(bundle, json.loads(figures.read_text(encoding="utf-8")))
    return bundle


def _composing() -> SynthesisSettings:
    genres = tuple(genre for genre in GENRES if genre not in HELD_OUT_GENRES)
    return SynthesisSettings(
        genres=genres, hold_out_share=VALIDATION_SHARE / 2, duration_s=COMPOSED_S
    )


def _prepare(folder: Path, real_songs: Sequence[Path], n_jobs: int) -> None:
    """Examples of the composed and the real songs; nothing is kept for a test but the benchmark."""
    settings = PrepareSettings(
        profile=PROFILE, effects=DEFAULT_BAND_EFFECTS, examples=BANDS, test_share=0.0
    )
    plan = plan_dataset([folder / "songs", *real_songs], folder / "data", settings)
    names = {path.name for path in real_songs}
    songs = tuple(replace(song, split=_split(song, names)) for song in plan.songs)
    prepare_dataset(replace(plan, songs=songs), n_jobs=n_jobs, progress=say_progress)


def _split(song: PlannedSong, real_names: set[str]) -> str:
    if song.multitrack.name in real_names:
        return "valid" if song.multitrack.name == VALIDATION_SONG else "train"
    return "train" if song.split == "train" else "valid"


def _real_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        say(f"no real songs in {folder}: composed ones alone")
        return []
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [name for name in names if name not in REAL_SONGS]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the default model from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add: Any = parser.add_argument
    add("-o", "--output", type=Path, default=Path("build/default-model"), help="works here")
    add("--real-songs", type=Path, default=evaluate_default.DEFAULT_REAL, help="wet stems")
    add("--songs", type=int, default=N_COMPOSED, help="composed")
    add("--jobs", type=int, default=2, help="processes that compose and prepare")
    add("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of the configuration")
    add("--benchmark", nargs=argparse.REMAINDER, default=[], help="its arguments, last")
    options = parser.parse_args(arguments)
    try:
        bundle = make_default(
            options.output,
            options.real_songs,
            n_songs=options.songs,
            n_jobs=options.jobs,
            overrides=options.set,
            benchmark=options.benchmark,
        )
    except MixerError as error:
        sys.stderr.write(f"make_default: {error}\n")
        return error.exit_code
    say(f"{bundle}: ship it by copying it to mixer/models/{NAME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
