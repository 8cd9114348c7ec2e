"""Make a small version of the paper's network from scratch, from composing to evaluation.

    python -m export.make_paper -o build/paper

It does what `mixer dataset synthesise`, `mixer dataset prepare`, `mixer train paper-small`, twice,
and `mixer export` do, and resumes where it was stopped. `export.paper_songs` chooses the songs. The
bundle holds the weights, how they were made, the training curve and the benchmark's figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from export.make_model import (
    RUN_FOLDER,
    SHARED,
    Recipe,
    export_recipe,
    judge_stems,
    run_program,
    stem_maker_parser,
    train_recipe,
)
from export.paper_songs import composing, is_composed, plan_songs, real_song_folders, stems_folder
from export.progress_lines import say, say_progress, timed
from mixer.fxnorm.profile import Profile, write_profile
from mixer.rendering.choices.shipped import PAPER_MODEL
from training.checkpoint import read_checkpoint
from training.data.plan import Plan
from training.data.prepare import prepare_dataset
from training.data.prepared_audio import PreparedSong, read_dataset
from training.run.logs import LOG_FILE
from training.run.profile_fit import fit_profile
from training.shipped.benchmark_songs import VALIDATION_SONG
from training.synthesis.run import synthesise

N_COMPOSED = 72
# Warm-up that the runtime prepends. About 1 s of block reach and BLSTM memory does not need 30 s.
LIMITS = (
    "A small network at a stride of 16 samples, trained for less than an hour on a shared core. It"
    " has learnt the average level, spectrum and width of each stem in 32 bands of 689 Hz, and"
    " hardly adapts them to the music. Third octaves and levels are right on average because of its"
    " profile, which is the same for every song.",
    "Each stem gets the spectrum and dynamics of the average song: normalisation removes those of"
    " the recording, and the network does not restore them. Only boosts are bounded: no band is"
    " raised by more than 12 dB.",
    "Part of the reverb that normalisation adds to the stems vocals and other remains; mono drums"
    " and basses stay mono.",
)
FITTED = "profile fitted to the average errors of these weights on the training songs"
# A stem that hardly has a band is not given it: where recordings have nothing above a few kHz, EQ
# normalisation would raise it by 20 to 30 dB, and an average network leaves it there. Of 6, 12, 18,
# 24 dB and none, this bound is best in spectrum and the spectral family on dry composed songs that
# were trained on, and better than any larger one on the real ones.
LARGEST_BOOST_DB = 12.0
# The paper's second loss, starting from the best weights under the first.
FIRST_FOLDER = "la"
SECOND_LOSS = ("loss.kind=lb", "optimiser.learning_rate=4e-4", "schedule.rise_steps=5")
RECIPE = Recipe(PAPER_MODEL, "paper-small", warm_up_s=5.0, limits=LIMITS)
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
    """Make the bundle and return its folder.

    Args:
        folder: working folder for songs, examples, the run and the bundle.
        shared: folder with `audio/stems` and `tracks`; if these do not exist, only composed songs
            are used.
        n_songs: number of songs to compose.
        n_jobs: number of processes that compose and prepare.
        overrides: `section.key=value` overrides of the configuration, as in `mixer train`.
        benchmark: further command-line arguments for `training.shipped.evaluate`.

    Raises:
        MixerError: a song cannot be made or read, or training or export fails.
    """
    real = real_song_folders(shared)
    if not real:
        say(f"{shared}: no real songs found; using composed songs only")
    with timed("1/7 compose songs"):
        synthesise(folder / "songs", composing(), n_songs, n_jobs=n_jobs, progress=say_progress)
    plan = plan_songs(folder / "songs", real, folder / "data")
    with timed("2/7 prepare examples"):
        prepare_dataset(plan, n_jobs=n_jobs, progress=say_progress)
    with timed("3/7 train with loss La"):
        _, first = train_recipe(RECIPE, folder, FIRST_FOLDER, overrides)
    begun = [f"network.start_from={first.best}", *SECOND_LOSS]
    with timed("4/7 train with loss Lb"):
        config, second = train_recipe(RECIPE, folder, RUN_FOLDER, [*overrides, *begun])
    said = provenance(n_songs, real, (first.steps, second.steps), config.run.seed)
    with timed("5/7 fit the profile to the network's average errors"):
        profile = fit_to(second.best, folder, plan)
    with timed("6/7 export"):
        bundle = export_recipe(RECIPE, folder, second.best, said, profile)
    curves = {
        loss: training_curve(folder / run / LOG_FILE)
        for loss, run in (("la", FIRST_FOLDER), ("lb", RUN_FOLDER))
    }
    with timed("7/7 benchmark"):
        songs = ["--real-songs", str(stems_folder(shared))]
        judge_stems(bundle, [*songs, *benchmark], {"training": curves})
    return bundle


def fit_to(checkpoint: Path, folder: Path, plan: Plan) -> Path:
    """Fit the data set's profile to a trained network and return the path of the new profile.

    The few real songs together carry the same weight as all composed songs. In use, the profile
    also bounds boosts; the network's training examples are normalised without this bound.

    Raises:
        MixerError: the data set or the checkpoint cannot be read.
    """
    composed = {song.id for song in plan.songs if is_composed(song, folder / "songs")}
    data = read_dataset(folder / "data")
    n_composed = sum(song.id in composed for song in data.of_split("train"))
    n_real = len(data.of_split("train")) - n_composed

    def weight(song: PreparedSong) -> float:
        return 1.0 / n_composed if song.id in composed else 1.0 / n_real

    profile = folder / "profile.json"
    fitted = fit_profile(read_checkpoint(checkpoint).network, data, weight)
    write_profile(bound_boosts(fitted), profile)
    return profile


def bound_boosts(profile: Profile) -> Profile:
    """Bound the boosts of a profile's stems by `LARGEST_BOOST_DB`."""
    stems = {
        name: replace(stem, largest_boost_db=LARGEST_BOOST_DB)
        for name, stem in profile.stems.items()
    }
    return replace(profile, stems=stems)


def provenance(n_composed: int, real: Sequence[Path], n_steps: tuple[int, int], seed: int) -> str:
    """Statement of the weights' origin, for the manifest."""
    names = dict.fromkeys(_song_name(path) for path in real)
    return (
        f"trained by export.make_paper on {n_composed} composed songs, mixed by a simulated"
        f" engineer, and the real songs {', '.join(names) or 'none'}, all wet, as in the paper"
        f" (a tenth of the composed songs, and {VALIDATION_SONG}, served to choose the weights);"
        f" configuration {RECIPE.config}: starting from the average mix of these songs,"
        f" {n_steps[0]} steps with the paper's loss La, then {n_steps[1]} with Lb,"
        f" seed {seed}; {FITTED}; EQ normalisation boosts by at most {LARGEST_BOOST_DB:g} dB"
    )


def training_curve(log: Path) -> list[dict[str, float]]:
    """Training and validation loss after every epoch, read from a run's log."""
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        {name: round(event[name], 4) for name in _CURVE if name in event}
        for event in events
        if event["event"] in ("untrained", "epoch")
    ]


def _song_name(folder: Path) -> str:
    return folder.parent.name if folder.name == "wet" else folder.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the paper's model from the command line and return the exit code."""
    parser = stem_maker_parser(__doc__, Path("build/paper"), N_COMPOSED)
    parser.add_argument(
        "--shared", type=Path, default=SHARED, help="folder with audio/stems and tracks"
    )
    options = parser.parse_args(arguments)
    return run_program(
        "make_paper",
        lambda: make_paper(
            options.output,
            options.shared,
            n_songs=options.songs,
            n_jobs=options.jobs,
            overrides=options.set,
            benchmark=options.benchmark,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
