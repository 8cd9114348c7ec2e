"""The default model from nothing: compose, mix, train, export, judge.

    python -m export.make_default -o build/default-model

Songs of `training.synthesis` and, where they are there, real songs with wet stems; those that the
panel judges on (`training.shipped.benchmark_songs`) are never among them. The bundle holds the
weights, the panel's figures, and how it was made.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from export.bundle import export_bundle
from export.evaluation import state_evaluation
from mixer.errors import MixerError, ModelError
from mixer.fxnorm.profile import PACKAGED
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.shipped import DEFAULT_MODEL, PUBLISHED_PROFILE
from training.band_mixer.examples import Example
from training.band_mixer.fit import FitSettings, fit
from training.band_mixer.sources import (
    SAMPLE_RATE_HZ,
    ExampleSettings,
    composed_examples,
    wet_examples,
)
from training.checkpoint import write_checkpoint
from training.shipped import evaluate as evaluate_default
from training.shipped.benchmark_songs import HELD_OUT_GENRES, REAL_SONGS

NAME = DEFAULT_MODEL
LICENCE = "GPL-3.0-or-later"
EFFECTS = ("balance",)
PROFILE = PUBLISHED_PROFILE
N_COMPOSED = 300
# Every tenth composed song, up to so many, and this real one choose the weights.
N_VALIDATION, VALIDATION_SONG = 16, "rubidium"
SETTINGS = FitSettings(steps=1_800, validate_every=200)


def make_default(
    folder: Path, real_songs: Path, *, n_songs: int, n_jobs: int, panel: Sequence[str]
) -> Path:
    """Make the bundle; returns its folder.

    Args:
        folder: keeps examples, the checkpoint and the bundle.
        real_songs: a folder of song folders with wet stems; composed songs alone where it is not.
        n_songs: composed.
        n_jobs: processes that compose.
        panel: further arguments of `training.shipped.evaluate`.

    Raises:
        MixerError: a song cannot be made or read, or the export fails.
    """
    hyper = BandMixerParameters()
    examples = ExampleSettings(hyper, EFFECTS, PROFILE, HELD_OUT_GENRES)
    composed = composed_examples(
        folder / "examples", range(n_songs), examples, n_jobs=n_jobs, say=_say
    )
    chosen = [seed for seed, _ in composed if seed % 10 == 7][:N_VALIDATION]
    training = [example for seed, example in composed if seed not in chosen]
    validation = [example for seed, example in composed if seed in chosen]
    names = _add_real_songs(real_songs, examples, training, validation)
    started = time.monotonic()
    result = fit(training, validation, hyper, SETTINGS, SAMPLE_RATE_HZ, _report)
    best = min(result.history, key=lambda figures: figures["loss"])
    checkpoint = folder / "default.safetensors"
    profile = json.loads((PACKAGED / f"{PROFILE}.json").read_text(encoding="utf-8"))
    write_checkpoint(
        checkpoint,
        result.network,
        {
            "provenance": (
                f"trained by export.make_default on {len(training)} excerpts of 30 s:"
                f" {n_songs} composed songs, mixed by a simulated engineer, and the real songs"
                f" {', '.join(names) or 'none'}; seed {SETTINGS.seed}, {SETTINGS.steps} steps,"
                f" {time.monotonic() - started:.0f} s; validation loss {best['loss']:.2f} dB"
            ),
            "licence": LICENCE,
            "dataset": json.dumps({"effects": list(EFFECTS), "profile": profile}),
        },
    )
    bundle = folder / NAME
    export_bundle(checkpoint, bundle, name=NAME, overwrite=True)
    figures = folder / "panel.json"
    figures.unlink(missing_ok=True)
    if evaluate_default.main(["--model", str(bundle), "--json", str(figures), *panel]):
        raise ModelError(f"{bundle}: was made, but the panel did not judge it: see above")
    state_evaluation(bundle, json.loads(figures.read_text(encoding="utf-8")))
    return bundle


def _add_real_songs(
    folder: Path,
    settings: ExampleSettings,
    training: list[Example],
    validation: list[Example],
) -> list[str]:
    if not folder.is_dir():
        _say(f"no real songs in {folder}: composed ones alone")
        return []
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    names = [name for name in names if name not in REAL_SONGS]
    for name in names:
        found = list(wet_examples(folder / name, settings))
        (validation if name == VALIDATION_SONG else training).extend(found)
    return names


def _report(figures: dict[str, float]) -> None:
    _say(" ".join(f"{name} {value:.2f}" for name, value in figures.items()))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the default model from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add: Any = parser.add_argument
    add("-o", "--output", type=Path, default=Path("build/default-model"), help="works here")
    add("--real-songs", type=Path, default=evaluate_default.DEFAULT_REAL, help="wet stems")
    add("--songs", type=int, default=N_COMPOSED, help="composed")
    add("--jobs", type=int, default=2, help="processes that compose")
    add("--threads", type=int, default=torch.get_num_threads(), help="that train")
    add("--panel", nargs=argparse.REMAINDER, default=[], help="arguments of the panel, last")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        bundle = make_default(
            options.output,
            options.real_songs,
            n_songs=options.songs,
            n_jobs=options.jobs,
            panel=options.panel,
        )
    except MixerError as error:
        sys.stderr.write(f"make_default: {error}\n")
        return error.exit_code
    _say(f"{bundle}: ship it by copying it to mixer/models/{NAME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
