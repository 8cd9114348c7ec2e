"""What every model that ships is made by: examples, a run that goes on, its export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from export.bundle import export_bundle
from export.progress_lines import say, say_event, say_progress
from mixer.errors import MixerError
from training.data.plan import PlannedSong, PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.run.config_reader import find_config, read_config
from training.run.state import STATE_FILE
from training.run.train import train

LICENCE = "GPL-3.0-or-later"


@dataclass(frozen=True)
class Recipe:
    """How a model that ships is trained and exported.

    Attributes:
        name: of the bundle and of its folder.
        config: of the training, as of `mixer train`.
        unit: of its loss, with a space before it.
        effects: that its material is normalised by; None as the checkpoint says.
    """

    name: str
    config: str
    unit: str = ""
    effects: tuple[str, ...] | None = None


def prepare_examples(
    sources: Sequence[Path],
    data: Path,
    settings: PrepareSettings,
    split: Callable[[PlannedSong], str],
    n_jobs: int,
) -> None:
    """Examples of songs in a folder; nothing is kept for a test but the benchmark.

    Raises:
        MixerError: no song can be read, or the folder cannot be written.
    """
    plan = plan_dataset(sources, data, settings)
    songs = tuple(replace(song, split=split(song)) for song in plan.songs)
    prepare_dataset(replace(plan, songs=songs), n_jobs=n_jobs, progress=say_progress)


def train_and_export(
    recipe: Recipe, folder: Path, made_by: str, made_of: str, overrides: Sequence[str]
) -> Path:
    """Train on `folder/data` in `folder/run`, from where it was stopped, and export the best.

    Args:
        recipe: what.
        folder: keeps data, run and bundle.
        made_by: the program; stands in the bundle.
        made_of: the examples, in words; likewise.
        overrides: of the configuration, as of `mixer train`.

    Returns:
        The bundle's folder.

    Raises:
        MixerError: the training or the export fails.
    """
    config = read_config(find_config(recipe.config), [f"data.folder={folder / 'data'}", *overrides])
    run = folder / "run"
    outcome = train(config, run, resume=(run / STATE_FILE).is_file(), tell=say_event)
    bundle = folder / recipe.name
    export_bundle(
        outcome.best,
        bundle,
        name=recipe.name,
        licence=LICENCE,
        effects=recipe.effects,
        provenance=(
            f"trained by {made_by} on {made_of}; configuration {recipe.config}, seed"
            f" {config.run.seed}, {outcome.steps} steps; validation loss"
            f" {outcome.best_loss:.2f}{recipe.unit}"
        ),
        overwrite=True,
    )
    return bundle


def songs_in(folder: Path) -> list[str]:
    """Names of the song folders; none where the folder is not there, and that is said."""
    if not folder.is_dir():
        say(f"nothing in {folder}: trained without")
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def run_program(name: str, make: Callable[[], Path]) -> int:
    """Make a bundle and say where it is; returns the exit code."""
    try:
        bundle = make()
    except MixerError as error:
        say(f"{name}: {error}")
        return error.exit_code
    say(f"{bundle}: ship it by copying it to mixer/models/{bundle.name}")
    return 0
