"""A training run from its configuration to its best checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mixer.errors import DeviceError, ModelError
from training.checkpoint import read_checkpoint
from training.errors import TrainingError
from training.run.config import OptimiserConfig, TrainingConfig
from training.run.distributed import Processes, joined_processes
from training.run.ema import MovingAverage
from training.run.identity import Identity
from training.run.interruption import stop_requests
from training.run.kinds import FRONT_END, build_network, choose_trained
from training.run.loading import NETWORK_RATE_HZ, OpenData, TrainingData
from training.run.logs import Values
from training.run.loop import Event, Trainer, run_epochs
from training.run.objective import Measure, Objective
from training.run.recipe import RECIPES, Recipe
from training.run.run_folder import RunFolder
from training.run.state import Position, Run, read_state


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: where everything of it is.
        best: the weights with the best validation loss.
        best_loss, best_epoch: that loss, and when it was.
        epochs, steps: how many were done, earlier sessions of the run included.
        device: that it ran on.
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
    measure: Measure | None = None,
) -> Outcome:
    """Run a configuration to its end; under `torchrun`, this process's part of it.

    Args:
        config: what to do.
        folder: of the run, made by this call.
        resume: go on with the run that is in the folder.
        overwrite: begin anew in place of the run that is in the folder.
        tell: called with an event's name ("start", "untrained", "step", "epoch", "checkpoint",
            "warning") and its values, in the first process only.
        open_data: where examples come from; None for where the kind of network has them from.
        measure: what else to measure of the mixes in validation.

    Raises:
        SettingsError: the configuration does not fit together.
        InputError, TrainingError: the data set cannot be used, or the loss is no number any more.
        ModelError: a checkpoint to start or resume from is damaged, or of another network.
        DeviceError: the device is not there.
        OutputError: a run is in the folder already, or it cannot be written.
        KeyboardInterrupt: asked to stop; a checkpoint has been written.
    """
    with joined_processes(config.run.device) as processes:
        _check_precision(config, processes)
        if config.run.threads:
            torch.set_num_threads(config.run.threads)
        torch.manual_seed(config.run.seed)
        recipe = RECIPES[config.network.kind]
        objective = _new_objective(config, recipe, processes)
        run = _new_run(config, objective.network, processes)
        per_epoch = config.run.batches_per_epoch * config.run.batch_size * processes.n_ranks
        data = (open_data or recipe.open_examples)(config, run.network, per_epoch)
        identity = _identity(config, run.network, data, processes)
        if resume:
            _check_identity(RunFolder.identity_in(folder), identity, folder)
            read_state(RunFolder.state_in(folder), run)
        kept = RunFolder(folder, config, identity, processes, tell)
        kept.occupy(run.position, resume=resume, overwrite=overwrite)
        kept.tell("start", _start_values(config, run, data, processes))
        _run_to_the_end(kept, config, run, objective, data, processes, measure)
        return _outcome(kept, run.position, processes)


def _run_to_the_end(
    kept: RunFolder,
    config: TrainingConfig,
    run: Run,
    objective: Objective,
    data: TrainingData,
    processes: Processes,
    measure: Measure | None,
) -> None:
    def keep(validation: Mapping[str, float] | None) -> None:
        kept.keep(run, validation)
        if validation is not None:
            kept.hear(objective, run, data)

    shared = processes.shared(objective)
    with stop_requests() as stop:
        trainer = Trainer(
            config, run, objective, shared, data, processes, stop, kept.tell, keep, measure
        )
        try:
            run_epochs(trainer)
        except RuntimeError as error:
            raise _in_words(error, processes) or error from None


def _in_words(error: RuntimeError, processes: Processes) -> TrainingError | None:
    """What PyTorch means, where a user can do something about it."""
    if isinstance(error, torch.OutOfMemoryError):
        return TrainingError(
            f"{processes.device} is out of memory: give a smaller run.batch_size or"
            " data.segment_s, or run.precision fp16"
        )
    # It comes out of a signal handler, wherever the run happens to be.
    if "DataLoader worker" in str(error):
        return TrainingError(
            "a reading process was killed (out of memory?); the last checkpoint is kept: resume"
            " with fewer data.workers"
        )
    return None


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


def _check_precision(config: TrainingConfig, processes: Processes) -> None:
    if config.run.precision == "fp16" and processes.device.type != "cuda":
        raise DeviceError("run.precision fp16 needs CUDA; on a CPU use float32 or bf16")


def _new_objective(config: TrainingConfig, recipe: Recipe, processes: Processes) -> Objective:
    """The network, started as the configuration says, and its loss, on the device."""
    segment = round(config.data.segment_s * NETWORK_RATE_HZ)
    network = build_network(config.network.kind, config.network.hyper_parameters, segment)
    if config.network.start_from:
        _start_from(network, Path(config.network.start_from), config.network.start_parts)
    choose_trained(network, config.run.stage)
    return recipe.new_objective(config, network).to(processes.device)


def _start_from(network: nn.Module, path: Path, parts: str) -> None:
    """Take weights from a checkpoint: all, or the front-end's alone.

    Raises:
        ModelError: it is damaged, or of another network.
    """
    found = read_checkpoint(path).network
    if type(found) is not type(network):
        raise ModelError(
            f"{path}: a {type(found).__name__}, where this configuration has a"
            f" {type(network).__name__}: choose another network.start_from"
        )
    prefixes = FRONT_END if parts == "front_end" else ("",)
    weights = {k: v for k, v in found.state_dict().items() if k.startswith(prefixes)}
    wanted = network.state_dict()
    for name, value in weights.items():
        if name not in wanted or wanted[name].shape != value.shape:
            here = tuple(wanted[name].shape) if name in wanted else "absent"
            raise ModelError(
                f"{path}: of another network: {name} is {tuple(value.shape)}, here {here};"
                " change network.hyper_parameters or network.start_from"
            )
    if not weights or (parts == "all" and len(weights) != len(wanted)):
        raise ModelError(f"{path}: of another network: it lacks parameters that this one has")
    network.load_state_dict(weights, strict=False)


def _new_run(config: TrainingConfig, network: nn.Module, processes: Processes) -> Run:
    decay = config.optimiser.ema_decay
    scaled = config.run.precision == "fp16"
    return Run(
        network=network,
        optimiser=_new_optimiser(config.optimiser, network),
        scaler=torch.amp.GradScaler(processes.device.type, enabled=scaled),
        average=MovingAverage(network, decay) if decay else None,
        position=Position(),
    )


def _new_optimiser(config: OptimiserConfig, network: nn.Module) -> torch.optim.Optimizer:
    moving = [value for value in network.parameters() if value.requires_grad]
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.kind]
    return kind(
        moving,
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        weight_decay=config.weight_decay,
        amsgrad=config.amsgrad,
    )


def _identity(
    config: TrainingConfig, network: Any, data: TrainingData, processes: Processes
) -> Identity:
    """What must be the same when a run is resumed, and what its checkpoints say of themselves."""
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
        },
        **{name: asdict(getattr(config, name)) for name in RECIPES[config.network.kind].drawn_by},
    }
    # As it is when it comes back from a file.
    plain: Identity = json.loads(json.dumps(identity))
    return plain


def _check_identity(found: Identity, wanted: Identity, folder: Path) -> None:
    for name, value in wanted.items():
        there = found.get(name)
        if there == value:
            continue
        if name == "dataset":
            raise TrainingError(
                f"{folder}: was trained on another data set; resume it with its own, or start"
                " a new run with -o"
            )
        raise ModelError(
            f"{folder}: {_first_difference(name, there, value)}; resume it as it was, or start a"
            " new run with -o"
        )


def _first_difference(name: str, there: Any, here: Any) -> str:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in sorted(set(there) | set(here)):
            if there.get(key) != here.get(key):
                return _first_difference(f"{name}.{key}", there.get(key), here.get(key))
    return f"its {name} is {there!r}, of this configuration {here!r}"


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
