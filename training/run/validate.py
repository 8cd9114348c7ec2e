"""Validation: the loss and other figures on songs that are not trained on."""

from __future__ import annotations

import torch

from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.interruption import StoppedError, StopRequest
from training.run.loading import TrainingData, read_batches, to_device, validation_batches
from training.run.objective import Objective


@torch.no_grad()
def validate(
    objective: Objective,
    data: TrainingData,
    config: TrainingConfig,
    processes: Processes,
    stop: StopRequest,
) -> dict[str, float]:
    """Mean loss over all validation excerpts, and the means of all other figures.

    Args:
        objective: network and loss; left in training mode.
        data: the data with the validation excerpts.
        config: configuration of the run.
        processes: the processes that share the excerpts; all receive the result.
        stop: whether the run has been asked to stop.

    Returns:
        Mean values of "loss" and the other figures, by name.

    Raises:
        StoppedError: a stop was requested. Several processes, which share each other's figures,
            validate to the end.
    """
    objective.eval()
    sums = _Sums()
    for item in read_batches(validation_batches(data, config, processes)):
        if stop and processes.n_ranks == 1:
            objective.train()
            raise StoppedError
        batch = to_device(item, processes.device)
        for figure in objective.figures(batch):
            sums.add(*figure)
    objective.train()
    return sums.means(processes)


class _Sums:
    """Sums and counts of named values; a figure may be undefined for some examples."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, name: str, value: float, count: int = 1) -> None:
        total, times = self.sums.get(name, (0.0, 0))
        self.sums[name] = (total + count * value, times + count)

    def means(self, processes: Processes) -> dict[str, float]:
        """Means over all processes.

        Names are exchanged too, since a process without excerpts knows none.
        """
        totals = _Sums()
        for part in processes.gathered(self.sums):
            for name, (total, times) in part.items():
                if times:
                    totals.add(name, total / times, times)
        return {name: total / times for name, (total, times) in totals.sums.items()}
