"""How good a network is on songs that it does not train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from training.config import TrainingConfig
from training.distributed import Processes
from training.loading import TrainingData, read_batches, to_device, validation_batches
from training.objective import Objective, centre

# A mix and its target, float32 (channels, samples), to any numbers by name.
Measure = Callable[[np.ndarray, np.ndarray], Mapping[str, float]]


@torch.no_grad()
def validate(
    objective: Objective,
    data: TrainingData,
    config: TrainingConfig,
    processes: Processes,
    measure: Measure | None = None,
) -> dict[str, float]:
    """The mean loss over all validation excerpts, and the mean of each measure.

    Args:
        objective: network and loss; left in training mode.
        data: has the excerpts.
        config: of the run.
        processes: which share the excerpts and all get the answer.
        measure: what else to measure of every mix; none while pre-training.

    Returns:
        "loss" and the measures' names to their means.
    """
    objective.eval()
    sums: dict[str, float] = {"loss": 0.0}
    count = 0
    for item in read_batches(validation_batches(data, config, processes)):
        batch = to_device(item, processes.device)
        n_items = len(batch["target"])
        sums["loss"] += n_items * objective(**batch).item()
        count += n_items
        if measure is not None and config.run.stage == "train":
            _add_measures(sums, objective, batch, measure)
    objective.train()
    return _means(sums, count, processes)


def _add_measures(
    sums: dict[str, float],
    objective: Objective,
    batch: dict[str, torch.Tensor],
    measure: Measure,
) -> None:
    mixes = objective.mix(batch["inputs"])
    targets = centre(batch["target"], mixes.shape[-1])
    for mix, target in zip(mixes.cpu().numpy(), targets.cpu().numpy(), strict=True):
        for name, value in measure(mix, target).items():
            sums[name] = sums.get(name, 0.0) + value


def _means(sums: dict[str, float], count: int, processes: Processes) -> dict[str, float]:
    totals: dict[str, float] = {}
    n_items = 0
    # A process without excerpts knows no measure's name: names travel with their sums.
    for part, part_count in processes.gathered((sums, count)):
        n_items += part_count
        for name, value in part.items():
            totals[name] = totals.get(name, 0.0) + value
    return {name: value / n_items for name, value in totals.items()}
