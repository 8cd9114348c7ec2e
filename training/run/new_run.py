"""Set up a run from its configuration: network, loss, optimiser and examples."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from mixer.errors import DeviceError, ModelError
from training.checkpoint import read_checkpoint
from training.run.config import OptimiserConfig, TrainingConfig
from training.run.distributed import Processes
from training.run.ema import MovingAverage
from training.run.kinds import FRONT_END, build_network, choose_trained
from training.run.loading import NETWORK_RATE_HZ, OpenData, TrainingData
from training.run.objective import Objective
from training.run.recipe import RECIPES, Recipe
from training.run.starts import start_network
from training.run.state import Position, Run

# Hyper-parameters of a Wave-U-Net that fine-tuning may change.
_SEGMENT = "output_samples"


class Beginning(NamedTuple):
    """A run before its first step: objective, optimiser and data."""

    objective: Objective
    run: Run
    data: TrainingData


def begin(
    config: TrainingConfig, processes: Processes, open_data: OpenData | None = None
) -> Beginning:
    """Build a run from its configuration; nothing is written.

    Args:
        config: configuration of the run.
        processes: this process among all.
        open_data: opens the training data; None for the function of the network's kind.

    Raises:
        SettingsError, InputError, TrainingError, ModelError, DeviceError: as `training.run.train`.
    """
    _check_precision(config, processes)
    if config.run.threads:
        torch.set_num_threads(config.run.threads)
    torch.manual_seed(config.run.seed)
    recipe = RECIPES[config.network.kind]
    objective = _new_objective(config, recipe, processes)
    run = _new_run(config, objective.network, processes)
    per_epoch = config.run.batches_per_epoch * config.run.batch_size * processes.n_ranks
    data = (open_data or recipe.open_examples)(config, run.network, per_epoch)
    return Beginning(objective, run, data)


def _check_precision(config: TrainingConfig, processes: Processes) -> None:
    if config.run.precision == "fp16" and processes.device.type != "cuda":
        raise DeviceError("run.precision fp16 needs CUDA; on a CPU use float32 or bf16")


def _new_objective(config: TrainingConfig, recipe: Recipe, processes: Processes) -> Objective:
    """Build the network with its configured initial weights, and its loss, on the device."""
    segment = round(config.data.segment_s * NETWORK_RATE_HZ)
    network = build_network(config.network.kind, config.network.hyper_parameters, segment)
    start_network(config, network)
    if config.network.start_from:
        _start_from(network, Path(config.network.start_from), config.network.start_parts)
    choose_trained(network, config.run.stage, fixed_front_end=config.network.fixed_front_end)
    return recipe.new_objective(config, network).to(processes.device)


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


def _start_from(network: nn.Module, path: Path, parts: str) -> None:
    """Load weights from a checkpoint: all of them, or only those of the front-end.

    Raises:
        ModelError: the checkpoint is damaged, or holds another network.
    """
    checkpoint = read_checkpoint(path)
    found = checkpoint.network
    if type(found) is not type(network):
        raise ModelError(
            f"{path}: holds a {type(found).__name__}, but this configuration has a"
            f" {type(network).__name__}; choose another network.start_from"
        )
    prefixes = FRONT_END if parts == "front_end" else ("",)
    weights = {k: v for k, v in found.state_dict().items() if k.startswith(prefixes)}
    wanted = network.state_dict()
    for name, value in weights.items():
        if name not in wanted or wanted[name].shape != value.shape:
            here = tuple(wanted[name].shape) if name in wanted else "absent"
            raise ModelError(
                f"{path}: from a different network: {name} is {tuple(value.shape)}, not {here};"
                " change network.hyper_parameters or network.start_from"
            )
    if not weights or (parts == "all" and len(weights) != len(wanted)):
        raise ModelError(
            f"{path}: from a different network: parameters are missing; change"
            " network.hyper_parameters or network.start_from"
        )
    if parts == "all" and not checkpoint.published:
        _refuse_other_hyper_parameters(path, found.hyper.to_json(), network)
    network.load_state_dict(weights, strict=False)


def _refuse_other_hyper_parameters(path: Path, stated: dict[str, int], network: nn.Module) -> None:
    """Refuse hyper-parameters that differ without changing any shape, except the segment length."""
    for name, wanted in network.hyper.to_json().items():
        if stated[name] != wanted and name != _SEGMENT:
            raise ModelError(
                f"{path}: from a different network: {name} is {stated[name]}, not {wanted};"
                " change network.hyper_parameters or network.start_from"
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
