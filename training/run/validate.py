"""How good a network is on songs that it does not train on."""

from __future__ import annotations

import torch

from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.loading import TrainingData, read_batches, to_device, validation_batches
from training.run.objective import Objective


@torch.no_grad()
def validate(
    objective: Objective,
    data: TrainingData,
    config: TrainingConfig,
    processes: Processes,
) -> dict[str, float]:
    """The mean loss over all validation excerpts, and the mean of whatever else is shown.

    Args:
        objective: network and loss; left in training mode.
        data: has the excerpts.
        config: of the run.
        processes: which share the excerpts and all get the answer.

    Returns:
        "loss" and the other figures' names to their means.
    """
    objective.eval()
    sums = _Sums()
    for item in read_batches(validation_batches(data, config, processes)):
        batch = to_device(item, processes.device)
        for figure in objective.figures(batch):
            sums.add(*figure)
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
