"""The learning rate over a run."""

from __future__ import annotations

import math

from training.run.config import ScheduleConfig


def total_epochs(schedule: ScheduleConfig) -> int:
    """Epochs of a whole run, the warm-up included."""
    return schedule.warm_up_epochs + sum(schedule.epochs)


def rate_share(
    schedule: ScheduleConfig, epoch: int, epoch_share: float = 0.0, step: int | None = None
) -> float:
    """The learning rate as a share of the optimiser's.

    Args:
        schedule: steps or a cosine.
        epoch: from 0, the warm-up included.
        epoch_share: of the epoch that is done, 0 to 1; only a cosine moves inside an epoch.
        step: that is to be taken, from 0, for the rise at the beginning; None for after it.

    Returns:
        0 in the warm-up: Adam's moments fill while the weights stay, as published.
    """
    trained = epoch - schedule.warm_up_epochs
    if trained < 0:
        return 0.0
    if step is not None and step + 1 < schedule.rise_steps:
        return rate_share(schedule, epoch, epoch_share) * ((step + 1) / schedule.rise_steps)
    if schedule.kind == "cosine":
        done = min(1.0, (trained + epoch_share) / schedule.epochs[0])
        rise = 0.5 * (1.0 + math.cos(math.pi * done))
        return schedule.final_share + (1.0 - schedule.final_share) * rise
    end = 0
    for length, divisor in zip(schedule.epochs, schedule.divisors, strict=True):
        end += length
        if trained < end:
            return 1.0 / divisor
    return 1.0 / schedule.divisors[-1]
