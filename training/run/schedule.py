"""The learning rate over the course of a run."""

from __future__ import annotations

import math

from training.run.config import ScheduleConfig


def total_epochs(schedule: ScheduleConfig) -> int:
    """Number of epochs of a whole run, the warm-up included."""
    return schedule.warm_up_epochs + sum(schedule.epochs)


def rate_share(
    schedule: ScheduleConfig, epoch: int, epoch_share: float = 0.0, step: int | None = None
) -> float:
    """Learning rate relative to the optimiser's, 0 to 1.

    Args:
        schedule: configuration of the schedule.
        epoch: number of the epoch, from 0, the warm-up included.
        epoch_share: completed share of the epoch, 0 to 1; only a cosine changes within an epoch.
        step: number of the next step, from 0, for the initial rise; None if it is over.

    Returns:
        The share; 0 in the warm-up, in which Adam's moments build up while the weights stay, as
        published.
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
