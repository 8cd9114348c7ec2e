"""How good a network is on songs that it does not train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.loading import TrainingData, read_batches, to_device, validation_batches
from training.run.objective import Objective, centre

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
    sums = _Sums()
    for item in read_batches(validation_batches(data, config, processes)):
        batch = to_device(item, processes.device)
        sums.add("loss", objective(**batch).item(), len(batch["target"]))
        if measure is not None and config.run.stage == "train":
            _add_measures(sums, objective, batch, measure)
    objective.train()
    return sums.means(processes)


class _Sums:
    """Sums of named values, each with how often it was there: a measure may be undefined."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, name: str, value: float, count: int = 1) -> None:
        total, times = self._sums.get(name, (0.0, 0))
        self._sums[name] = (total + count * value, times + count)

    def means(self, processes: Processes) -> dict[str, float]:
        """Over all processes; one without excerpts knows no name, so names travel along."""
        totals = _Sums()
        for part in processes.gathered(self._sums):
            for name, (total, times) in part.items():
                if times:
                    totals.add(name, total / times, times)
        return {name: total / times for name, (total, times) in totals._sums.items()}


def _add_measures(
    sums: _Sums,
    objective: Objective,
    batch: dict[str, torch.Tensor],
    measure: Measure,
) -> None:
    mixes = objective.mix(batch["inputs"])
    targets = centre(batch["target"], mixes.shape[-1])
    for mix, target in zip(mixes.cpu().numpy(), targets.cpu().numpy(), strict=True):
        for name, value in measure(mix, target).items():
            sums.add(name, value)
