"""The paper's network, small, from nothing: compose, prepare, train, export, judge.

    python -m export.make_paper -o build/paper

It does what `mixer dataset synthesise`, `mixer dataset prepare`, `mixer train paper-small` and
`mixer export` do, and goes on where it was stopped. Which songs: `export.paper_songs`. The bundle
holds the weights, how they were made, how the training went and the benchmark's figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.bundle import export_bundle
from export.evaluation import state_evaluation
from export.paper_songs import composing, plan_songs, real_song_folders
from export.progress_lines import say, say_event, say_progress
from mixer.errors import MixerError, ModelError
from mixer.shipped import PAPER_MODEL
from training.data.prepare import prepare_dataset
from training.run.config_reader import find_config, read_config
from training.run.logs import LOG_FILE
from training.run.state import STATE_FILE
from training.run.train import train
from training.shipped import evaluate as evaluate_stems
from training.synthesis.run import synthesise

NAME, CONFIG = PAPER_MODEL, "paper-small"
LICENCE = "GPL-3.0-or-later"
SHARED = Path("../shared")
N_COMPOSED = 72
# What the runtime prepends. A second of blocks' reach and of a BLSTM's memory needs no 30 s.
WARM_UP_S = 5.0
LIMITS = (
    "A small network, a stride of 16 samples, trained for less than an hour of one core: it knows"
    " the average level, spectrum and width of each stem in 32 bands of 689 Hz and moves them"
    " little; the rooms that normalising adds to vocals and other stay in part"
)
_CURVE = ("epoch", "step", "train_loss", "valid_loss")


def make_paper(
    folder: Path,
    shared: Path,
    *,
    n_songs: int,
    n_jobs: int,
    overrides: Sequence[str] = (),
    benchmark: Sequence[str] = (),
) -> Path:
    """Make the bundle; returns its folder.

    Args:
        folder: keeps songs, examples, the run and the bundle.
        shared: has `audio/stems` and `tracks`; composed songs alone where it is not.
        n_songs: composed.
        n_jobs: processes that compose and prepare.
        overrides: of the configuration, as of `mixer train`.
        benchmark: further arguments of `training.shipped.evaluate`.

    Raises:
        MixerError: a song cannot be made or read, or the training or the export fails.
    """
    real = real_song_folders(shared)
    if not real:
        say(f"no real songs in {shared}: composed ones alone")
    synthesise(folder / "songs", composing(), n_songs, n_jobs=n_jobs, progress=say_progress)
    plan = plan_songs(folder / "songs", real, folder / "data")
    prepare_dataset(plan, n_jobs=n_jobs, progress=say_progress)
    config = read_config(find_config(CONFIG), [f"data.folder={folder / 'data'}", *overrides])
    run = folder / "run"
    outcome = train(config, run, resume=(run / STATE_FILE).is_file(), tell=say_event)
    bundle = folder / NAME
    export_bundle(
        outcome.best,
        bundle,
        name=NAME,
        licence=LICENCE,
        warm_up_s=WARM_UP_S,
        provenance=provenance(n_songs, real, outcome.steps, config.run.seed),
        overwrite=True,
    )
    figures = folder / "benchmark.json"
    figures.unlink(missing_ok=True)
    if evaluate_stems.main(["--model", str(bundle), "--json", str(figures), *benchmark]):
        raise ModelError(f"{bundle}: was made, but the benchmark did not judge it: see above")
    judged = json.loads(figures.read_text(encoding="utf-8"))
    state_evaluation(bundle, {**judged, "training": training_curve(run / LOG_FILE)})
    return bundle


def provenance(n_composed: int, real: Sequence[Path], n_steps: int, seed: int) -> str:
    """What a manifest says of where the weights come from."""
    names = dict.fromkeys(_song_name(path) for path in real)
    return (
        f"trained by export.make_paper on {n_composed} composed songs, mixed by a simulated"
        f" engineer, and the real songs {', '.join(names) or 'none'}, all wet, as the paper has it;"
        f" configuration {CONFIG}: begun as the average mix of those songs, {n_steps} steps from"
        f" there, seed {seed}. {LIMITS}"
    )


def training_curve(log: Path) -> list[dict[str, float]]:
    """Loss on the training and the validation songs after every epoch, from a run's log."""
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        {name: round(event[name], 4) for name in _CURVE if name in event}
        for event in events
        if event["event"] in ("untrained", "epoch")
    ]


def _song_name(folder: Path) -> str:
    return folder.parent.name if folder.name == "wet" else folder.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the paper's model from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add: Any = parser.add_argument
    add("-o", "--output", type=Path, default=Path("build/paper"), help="works here")
    add("--shared", type=Path, default=SHARED, help="real songs: audio/stems and tracks")
    add("--songs", type=int, default=N_COMPOSED, help="composed")
    add("--jobs", type=int, default=2, help="processes that compose and prepare")
    add("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of the configuration")
    add("--benchmark", nargs=argparse.REMAINDER, default=[], help="its arguments, last")
    options = parser.parse_args(arguments)
    try:
        bundle = make_paper(
            options.output,
            options.shared,
            n_songs=options.songs,
            n_jobs=options.jobs,
            overrides=options.set,
            benchmark=options.benchmark,
        )
    except MixerError as error:
        sys.stderr.write(f"make_paper: {error}\n")
        return error.exit_code
    say(f"{bundle}: ship it by copying it to mixer/models/{NAME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
