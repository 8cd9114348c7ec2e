"""A training run from its configuration to its best checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from mixer.errors import ModelError
from mixer.files.wording import quote, visible
from training.errors import TrainingError
from training.run.config import TrainingConfig
from training.run.distributed import Processes, joined_processes
from training.run.identity import Identity
from training.run.interruption import stop_requests
from training.run.loading import OpenData, TrainingData
from training.run.logs import Values
from training.run.loop import Event, Trainer, run_epochs
from training.run.new_run import begin
from training.run.objective import Objective
from training.run.pace import Pace
from training.run.recipe import RECIPES
from training.run.run_folder import RunFolder
from training.run.state import Position, Run, read_state
from training.run.torch_errors import errors_in_words


@dataclass(frozen=True)
class Outcome:
    """Outcome of a run.

    Attributes:
        folder: folder of the run.
        best: path of the weights with the best validation loss.
        best_loss, best_epoch: the best validation loss, and its epoch.
        epochs, steps: numbers of completed epochs and steps, earlier sessions of the run included.
        device: the device on which it ran.
    """

    folder: Path
    best: Path
    best_loss: float
    best_epoch: int
    epochs: int
    steps: int
    device: str


def train(
    config: TrainingConfig,
    folder: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    tell: Event | None = None,
    open_data: OpenData | None = None,
) -> Outcome:
    """Train from a configuration to the end; under `torchrun`, this process's part of the run.

    Args:
        config: configuration of the run.
        folder: folder of the run, created by this call.
        resume: continue the run in the folder.
        overwrite: start again, replacing the run in the folder.
        tell: called with an event's name ("start", "finished", "untrained", "step", "epoch",
            "checkpoint", "warning", "stopping") and its values, in the first process only.
        open_data: opens the training data; None for the function of the network's kind.

    Raises:
        SettingsError: settings of the configuration contradict each other.
        InputError, TrainingError: the data set cannot be used, or the loss became NaN.
        ModelError: a checkpoint to start or resume from is damaged, or of another network.
        DeviceError: the device is not available.
        OutputError: the folder already has a run, or cannot be written.
        KeyboardInterrupt: a stop was requested; a checkpoint has been written.
    """
    with joined_processes(config.run.device) as processes:
        objective, run, data = begin(config, processes, open_data)
        identity = _identity(config, run.network, data, processes)
        if resume:
            _check_identity(RunFolder.identity_in(folder), identity, folder)
            read_state(RunFolder.state_in(folder), run)
        kept = RunFolder(folder, config, identity, processes, tell)
        kept.occupy(run.position, resume=resume, overwrite=overwrite)
        if run.position.finished:
            kept.tell("finished", {"folder": str(folder), "best": str(kept.best_file)})
        else:
            kept.tell("start", _start_values(config, run, data, processes))
        _run_to_the_end(kept, config, run, objective, data, processes)
        return _outcome(kept, run.position, processes)


def _run_to_the_end(
    kept: RunFolder,
    config: TrainingConfig,
    run: Run,
    objective: Objective,
    data: TrainingData,
    processes: Processes,
) -> None:
    def keep(validation: Mapping[str, float] | None) -> None:
        kept.keep(run, validation)
        if validation is not None:
            kept.hear(objective, run, data)

    shared = processes.shared(objective)
    pace = Pace(config, processes.n_ranks)
    with stop_requests(kept.heard) as stop, errors_in_words(processes.device):
        run_epochs(
            Trainer(config, run, objective, shared, data, processes, stop, kept.tell, keep, pace)
        )


def _outcome(kept: RunFolder, position: Position, processes: Processes) -> Outcome:
    # A run ends after a validation, so there is a best one.
    assert position.best_loss is not None
    assert position.best_epoch is not None
    return Outcome(
        folder=kept.folder,
        best=kept.best_file,
        best_loss=position.best_loss,
        best_epoch=position.best_epoch,
        epochs=position.epoch,
        steps=position.step,
        device=str(processes.device),
    )


def _identity(
    config: TrainingConfig, network: nn.Module, data: TrainingData, processes: Processes
) -> Identity:
    """Values that must match when a run is resumed, and that its checkpoints record."""
    run, segments = config.run, config.data
    identity = {
        "network": {"kind": config.network.kind, **network.hyper.to_json()},
        "stage": run.stage,
        "dataset": data.identity,
        "seed": run.seed,
        "batch_size": run.batch_size * processes.n_ranks,
        "batches_per_epoch": run.batches_per_epoch,
        "precision": run.precision,
        "optimiser": {
            "kind": config.optimiser.kind,
            "amsgrad": config.optimiser.amsgrad,
            "ema": config.optimiser.ema_decay > 0.0,
        },
        "segments": {
            "segment_s": segments.segment_s,
            "swap_channels": segments.swap_channels,
            "input_gain_db": segments.input_gain_db,
            "remix_share": segments.remix_share,
            # Runs from before this key existed do not have it.
            **({"drop_share": segments.drop_share} if segments.drop_share else {}),
        },
        **{name: asdict(getattr(config, name)) for name in RECIPES[config.network.kind].drawn_by},
    }
    # In the form in which it is read back from a file.
    plain: Identity = json.loads(json.dumps(identity))
    return plain


def _check_identity(found: Identity, wanted: Identity, folder: Path) -> None:
    for name, value in wanted.items():
        there = found.get(name)
        if there == value:
            continue
        if name == "dataset":
            raise TrainingError(
                f"{folder}: was trained on another data set; resume it with that one, or start"
                " a new run with -o"
            )
        raise ModelError(
            f"{folder}: {_first_difference(name, there, value)}; resume it with its own settings,"
            " or start a new run with -o"
        )


def _first_difference(name: str, there: object, here: object) -> str:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in sorted(set(there) | set(here)):
            if there.get(key) != here.get(key):
                return _first_difference(f"{name}.{key}", there.get(key), here.get(key))
    return f"its {visible(name)} is {quote(there)}, but this configuration has {quote(here)}"


def _start_values(
    config: TrainingConfig, run: Run, data: TrainingData, processes: Processes
) -> Values:
    moving = sum(value.numel() for value in run.network.parameters() if value.requires_grad)
    return {
        "step": run.position.step,
        "epoch": run.position.epoch,
        "network": config.network.kind,
        "stage": config.run.stage,
        "trained_parameters": moving,
        "parameters": sum(value.numel() for value in run.network.parameters()),
        "device": str(processes.device),
        "processes": processes.n_ranks,
        "precision": config.run.precision,
        "dataset_sha256": data.identity["sha256"],
    }
