"""Steps shared by the makers of the shipped models: examples, a resumable run, export."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from export.bundle import export_bundle
from export.evaluation import state_evaluation
from export.progress_lines import say, say_event, say_progress
from mixer.errors import MixerError, ModelError
from training.data.plan import PlannedSong, PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.run.config import TrainingConfig
from training.run.config_reader import find_config, read_config
from training.run.state import STATE_FILE
from training.run.train import Outcome, train
from training.shipped import evaluate

# Real songs and human mixes, beside the project.
SHARED = Path("../shared")

LICENCE = "GPL-3.0-or-later"
RUN_FOLDER = "run"


@dataclass(frozen=True)
class Recipe:
    """Recipe to train and export a shipped model.

    Attributes:
        name: name of the bundle and of its folder.
        config: name of the training configuration, as in `mixer train`.
        effects: names of the effect normalisations of its input; None to take the checkpoint's.
        warm_up_s: length in seconds of the audio the runtime prepends; None for the network's
            default.
        limits: known limitations, one sentence each.
    """

    name: str
    config: str
    effects: tuple[str, ...] | None = None
    warm_up_s: float | None = None
    limits: tuple[str, ...] = ()


def prepare_examples(
    sources: Sequence[Path],
    data: Path,
    settings: PrepareSettings,
    split: Callable[[PlannedSong], str],
    n_jobs: int,
) -> None:
    """Prepare training examples of the songs in `sources`; no test split is kept.

    Raises:
        MixerError: no song can be read, or the folder cannot be written.
    """
    plan = plan_dataset(sources, data, settings)
    songs = tuple(replace(song, split=split(song)) for song in plan.songs)
    prepare_dataset(replace(plan, songs=songs), n_jobs=n_jobs, progress=say_progress)


def train_and_export(
    recipe: Recipe,
    folder: Path,
    provenance: Callable[[TrainingConfig, Outcome], str],
    overrides: Sequence[str],
) -> Path:
    """Train on `folder/data` in `folder/run`, resuming if interrupted, and export the best weights.

    Args:
        recipe: the model to make.
        folder: working folder for data, run and bundle.
        provenance: returns the bundle's statement about the origin of its weights.
        overrides: `section.key=value` overrides of the configuration, as in `mixer train`.

    Returns:
        The bundle's folder.

    Raises:
        MixerError: the training or the export fails.
    """
    config, outcome = train_recipe(recipe, folder, RUN_FOLDER, overrides)
    return export_recipe(recipe, folder, outcome.best, provenance(config, outcome))


def train_recipe(
    recipe: Recipe, folder: Path, run_name: str, overrides: Sequence[str]
) -> tuple[TrainingConfig, Outcome]:
    """Train on `folder/data` in `folder/run_name`, resuming a run that was interrupted.

    Raises:
        MixerError: training fails.
    """
    config = read_config(find_config(recipe.config), [f"data.folder={folder / 'data'}", *overrides])
    run = folder / run_name
    return config, train(config, run, resume=(run / STATE_FILE).is_file(), tell=say_event)


def export_recipe(
    recipe: Recipe, folder: Path, checkpoint: Path, provenance: str, profile: Path | None = None
) -> Path:
    """Export a checkpoint into `folder` and return the bundle's folder.

    Args:
        recipe: the model to make.
        folder: the folder in which the bundle's folder is created.
        checkpoint: path of the checkpoint to export.
        provenance: the bundle's statement about the origin of the weights.
        profile: profile to which stems are normalised; None for the data set's.

    Raises:
        MixerError: export fails.
    """
    bundle = folder / recipe.name
    export_bundle(
        checkpoint,
        bundle,
        name=recipe.name,
        licence=LICENCE,
        profile=profile,
        effects=recipe.effects,
        warm_up_s=recipe.warm_up_s,
        limits=recipe.limits,
        provenance=provenance,
        overwrite=True,
    )
    return bundle


def judge_stems(
    bundle: Path, arguments: Sequence[str], also: Mapping[str, object] | None = None
) -> None:
    """Run the stem benchmark and store its figures in the bundle.

    Args:
        bundle: folder of the model's bundle.
        arguments: further command-line arguments for `training.shipped.evaluate`.
        also: further entries of the bundle's evaluation, beside the figures.

    Raises:
        ModelError: the benchmark failed.
    """
    figures = bundle.parent / "benchmark.json"
    figures.unlink(missing_ok=True)
    if evaluate.main(["--model", str(bundle), "--json", str(figures), *arguments]):
        raise ModelError(f"{bundle}: was made, but its benchmark failed; see above")
    state_evaluation(bundle, {**json.loads(figures.read_text(encoding="utf-8")), **(also or {})})


def songs_in(folder: Path) -> list[str]:
    """Names of the song folders; if the folder does not exist, say so and return none."""
    if not folder.is_dir():
        say(f"{folder}: no such folder; training without its songs")
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def maker_parser(doc: str, output: Path) -> argparse.ArgumentParser:
    """A parser of the arguments that every maker takes; a maker adds its own.

    Args:
        doc: the maker's docstring; its first line describes the program.
        output: the default working folder.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    add = parser.add_argument
    add("-o", "--output", type=Path, default=output, help="working folder")
    add("--jobs", type=int, default=2, help="number of processes that compose and prepare")
    add("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings of the configuration")
    return parser


def stem_maker_parser(doc: str, output: Path, n_songs: int) -> argparse.ArgumentParser:
    """`maker_parser` of a model of stems, with its number of composed songs and its benchmark."""
    parser = maker_parser(doc, output)
    parser.add_argument("--songs", type=int, default=n_songs, help="number of composed songs")
    parser.add_argument(
        "--benchmark", nargs=argparse.REMAINDER, default=[], help="benchmark arguments; give last"
    )
    return parser


def run_program(name: str, make: Callable[[], Path]) -> int:
    """Make a bundle, print where it is, and return the exit code."""
    try:
        bundle = make()
    except MixerError as error:
        say(f"{name}: {error}")
        return error.exit_code
    say(f"{bundle}: finished; to ship it, copy it to mixer/models/{bundle.name}")
    return 0
