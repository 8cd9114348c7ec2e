"""`mixer train`: a configuration and a prepared data set become a checkpoint."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from mixer.cli.console import answer, say, talk
from mixer.cli.extras import load_extra
from mixer.cli.paths import FilePath
from mixer.files.toml_writing import table_lines
from mixer.files.wording import clock_time


@click.command(name="train")
@click.argument("config")
@click.argument("overrides", nargs=-1, metavar="[SECTION.KEY=VALUE]...")
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    help="The run's folder.  [default: runs/ and the configuration's name]",
)
@click.option("--resume", is_flag=True, help="Continue the run in the folder.")
@click.option("--overwrite", is_flag=True, help="Replace an existing run and start again.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print the whole configuration as TOML; with data.folder, say how long it would take.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
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
    """Train the network that CONFIG describes: a TOML file, or a shipped configuration.

    Shipped: track-mixer, band-mixer, paper-small, paper-pretrain, paper-la, paper-lb, wave-u-net,
    smoke.

    \b
    mixer train smoke data.folder=DATA
    mixer train band-mixer data.folder=DATA network.start_from=mine.safetensors
    mixer train paper-la data.folder=DATA run.precision=fp16 -o runs/la
    mixer train paper-la data.folder=DATA --dry-run > mine.toml
    torchrun --nproc-per-node 4 -m mixer train paper-la data.folder=DATA

    Ctrl-C keeps a checkpoint; --resume continues from it.
    """
    settings = load_extra("training.run.config_reader", "train")
    path = settings.find_config(config)
    wanted = settings.read_config(path, overrides)
    if dry_run:
        _rehearse(wanted, as_json=as_json, quiet=quiet)
        return
    if resume and overwrite:
        raise click.UsageError("--resume and --overwrite cannot be combined; give one")
    training = load_extra("training.run.train", "train")
    folder = output or Path("runs") / path.stem
    try:
        outcome = training.train(
            wanted, folder, resume=resume, overwrite=overwrite, tell=None if quiet else _say
        )
    except KeyboardInterrupt:
        if _is_first() and load_extra("training.run.run_folder", "train").has_run(folder):
            again = shlex.join(["mixer", "train", config, *overrides, "-o", str(folder)])
            talk(f"stopped; a checkpoint is kept. To continue: {again} --resume")
        raise
    if _is_first():
        _tell_outcome(outcome, wanted.run.stage, as_json=as_json, quiet=quiet)


def _tell_outcome(outcome: Any, stage: str, *, as_json: bool, quiet: bool) -> None:
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
        # A front-end that was trained alone mixes nothing yet.
        further = (
            f"train the rest from it with: network.start_from={outcome.best}"
            if stage == "pretrain"
            else f"export it with: mixer export {outcome.best} -o BUNDLE"
        )
        say(
            f"{outcome.best}: validation loss {outcome.best_loss:.4g} at epoch"
            f" {outcome.best_epoch} of {outcome.epochs}, trained on {outcome.device};"
            f" {further}"
        )


def _is_first() -> bool:
    """Whether this is the one of several processes that speaks."""
    return os.environ.get("RANK", "0") == "0"


def _rehearse(config: Any, *, as_json: bool, quiet: bool) -> None:
    """The configuration on stdout, to be fed back; what it would do and take on stderr."""
    plan = None
    if config.data.folder:
        if not quiet and not as_json and _is_first():
            talk("measuring the first steps ...")
        rehearsal: ModuleType = load_extra("training.run.rehearsal", "train")
        plan = rehearsal.rehearse(config)
    if not _is_first():
        return
    if as_json:
        answer({"config": config.to_json(), "plan": plan and plan.as_json()})
        return
    if not quiet:
        talk(
            _plan_text(plan, config.data.folder)
            if plan is not None
            else "data.folder is empty, so nothing was measured; add data.folder=DATA to know how"
            " long it would take here"
        )
    say("\n".join(table_lines(config.to_json())).strip("\n"))


def _plan_text(plan: Any, folder: str) -> str:
    """Three lines: what would be trained, and for how long."""
    ends = f", or {plan.patience_epochs} epochs without improvement" if plan.patience_epochs else ""
    return (
        f"{plan.stage} {plan.network}: {plan.trained_parameters} of {plan.parameters} parameters,"
        f" on {folder}, validated on {plan.validation_items} excerpts; {plan.device},"
        f" {_processes(plan.processes)}, {plan.precision}\n"
        f"{plan.steps} steps in {plan.epochs} epochs{ends}; measured over {plan.measured_steps}"
        f" steps: {plan.step_s:.3g} s a step, {plan.audio_s_per_s:.3g} s of audio a second,"
        f" {plan.validation_s:.3g} s a validation\n"
        f"the whole run takes about {clock_time(plan.total_s)} on this machine"
    )


def _say(event: str, values: Mapping[str, object]) -> None:
    """An event as a line on stderr."""
    lines = {
        "start": "{stage} {network}: {trained_parameters} of {parameters} parameters on {device},"
        " {processes}, {precision}, from step {step}",
        "finished": "{folder}: this run is finished, so nothing was trained; another can start from"
        " it with network.start_from={best}",
        "untrained": "before training: valid {valid_loss:.4g}",
        "step": "step {step} of {steps} (epoch {epoch}): loss {loss:.4g},"
        " gradient {gradient_norm:.3g}, rate {learning_rate:.3g},"
        " {audio_s_per_s:.3g} s of audio a second, {left} left",
        "epoch": "epoch {epoch}: train {train_loss:.4g}, valid {valid_loss:.4g},"
        " best at epoch {best_epoch}",
        "checkpoint": "step {step}: checkpoint written",
        "warning": "warning: {text}",
        "stopping": "stopping, with a checkpoint; press Ctrl-C again to stop at once",
    }
    left_s = values.get("left_s")
    left = clock_time(left_s) if isinstance(left_s, float) else ""
    processes = _processes(int(str(values.get("processes", 1))))
    talk(lines[event].format(**{**values, "processes": processes}, left=left))


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
