"""`mixer train`: a configuration and a prepared data set become a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from mixer.cli.console import answer, talk
from mixer.cli.extras import load_extra


@click.command(name="train")
@click.argument("config")
@click.argument("overrides", nargs=-1, metavar="[SECTION.KEY=VALUE]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The run's folder.  [default: runs/ and the configuration's name]",
)
@click.option("--resume", is_flag=True, help="Go on with the run that is in the folder.")
@click.option("--overwrite", is_flag=True, help="Begin anew in place of the run that is there.")
@click.option("--dry-run", is_flag=True, help="Print the whole configuration and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    config: str,
    overrides: tuple[str, ...],
    output: Path | None,
    resume: bool,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a network as CONFIG says: a TOML file, or a configuration that is shipped.

    Shipped: track-mixer, band-mixer, paper-pretrain, paper-la, paper-lb, wave-u-net, smoke.

    \b
    mixer train smoke data.folder=DATA
    mixer train band-mixer data.folder=DATA network.start_from=mine.safetensors
    mixer train paper-la data.folder=DATA run.precision=fp16 -o runs/la
    torchrun --nproc-per-node 4 -m mixer train paper-la data.folder=DATA

    Ctrl-C keeps a checkpoint; --resume goes on from it.
    """
    settings = load_extra("training.run.config_reader", "train")
    path = settings.find_config(config)
    wanted = settings.read_config(path, overrides)
    if dry_run:
        answer(wanted.to_json())
        return
    if resume and overwrite:
        raise click.UsageError("--resume and --overwrite exclude each other")
    training = load_extra("training.run.train", "train")
    measures = load_extra("training.run.measures", "train")
    folder = output or Path("runs") / path.stem
    outcome = training.train(
        wanted,
        folder,
        resume=resume,
        overwrite=overwrite,
        tell=None if quiet else _say,
        measure=measures.paper_families,
    )
    if os.environ.get("RANK", "0") != "0":
        return
    if as_json:
        answer(
            {
                "folder": str(outcome.folder),
                "best": str(outcome.best),
                "best_loss": outcome.best_loss,
                "best_epoch": outcome.best_epoch,
                "epochs": outcome.epochs,
                "steps": outcome.steps,
                "device": outcome.device,
            }
        )
    elif not quiet:
        click.echo(
            f"{outcome.best}: validation loss {outcome.best_loss:.4g} at epoch"
            f" {outcome.best_epoch} of {outcome.epochs}, trained on {outcome.device};"
            f" export it with: mixer export {outcome.best} -o BUNDLE"
        )


def _say(event: str, values: Mapping[str, object]) -> None:
    """An event as a line on stderr."""
    lines = {
        "start": "{stage} {network}: {trained_parameters} of {parameters} parameters on {device},"
        " {processes} processes, {precision}, from step {step}",
        "untrained": "before training: valid {valid_loss:.4g}",
        "step": "epoch {epoch} step {step}: loss {loss:.4g}, gradient {gradient_norm:.3g},"
        " rate {learning_rate:.3g},"
        " {audio_s_per_s:.3g} s of audio a second",
        "epoch": "epoch {epoch}: train {train_loss:.4g}, valid {valid_loss:.4g},"
        " best at epoch {best_epoch}",
        "checkpoint": "step {step}: checkpoint written",
        "warning": "warning: {text}",
    }
    talk(lines[event].format(**values))
