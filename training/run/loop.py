"""The training loop: epochs of steps, from the current position of a run to its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.interruption import StoppedError, StopRequest, given_up_when_asked
from training.run.loading import TrainingData, epoch_batches, read_batches, to_device
from training.run.logs import Values
from training.run.objective import Objective
from training.run.pace import Pace
from training.run.schedule import rate_share, total_epochs
from training.run.state import Run
from training.run.validate import validate

# A gradient scaler skips a step now and then; this many in a row mean failure, not overflow.
_MOST_OVERFLOWS = 100

Event = Callable[[str, Values], None]


@dataclass(frozen=True)
class Trainer:
    """The parts of a run, and its callbacks.

    Attributes:
        config: configuration of the run.
        run: the changing state.
        objective: network and loss, without the averaging of gradients.
        shared: the objective with gradients averaged over all processes.
        data: training and validation data.
        processes: this process among all.
        stop: whether the run has been asked to stop.
        tell: called in the first process with "untrained", "step" or "epoch", and the event's
            values.
        keep: called to write a checkpoint, with the validation figures if they are the best so far.
        pace: speed measurements.
    """

    config: TrainingConfig
    run: Run
    objective: Objective
    shared: nn.Module
    data: TrainingData
    processes: Processes
    stop: StopRequest
    tell: Event
    keep: Callable[[dict[str, float] | None], None]
    pace: Pace


def run_epochs(trainer: Trainer) -> None:
    """Train until the schedule ends, validation stops improving, or a stop is requested.

    Raises:
        TrainingError: the loss or the gradient is NaN.
        KeyboardInterrupt: a stop was requested; a checkpoint has been written.
    """
    try:
        _run_epochs(trainer)
    except StoppedError:
        # A resumed run begins with the validation, or the step, that was left.
        trainer.keep(None)
        raise KeyboardInterrupt from None


def _run_epochs(trainer: Trainer) -> None:
    position, config = trainer.run.position, trainer.config
    if position.step == 0 and not position.finished:
        # The baseline that training must improve on.
        untrained = {f"valid_{name}": value for name, value in _validate(trainer).items()}
        trainer.tell("untrained", {"epoch": 0, "step": 0, **untrained})
    while not position.finished:
        if _finish_epoch(trainer):
            trainer.keep(None)
            raise KeyboardInterrupt
        validation = _validate(trainer)
        loss = validation["loss"]
        if not math.isfinite(loss):
            raise TrainingError(
                f"epoch {position.epoch}: the validation loss is {loss}; the best network so far"
                " is in the run's folder; try a smaller optimiser.learning_rate"
            )
        better = position.best_loss is None or loss < position.best_loss
        if better:
            position.best_loss, position.best_epoch = loss, position.epoch
        train_loss = position.loss_sum / position.batch
        values = {"epoch": position.epoch, "step": position.step, "train_loss": train_loss}
        position.epoch, position.batch, position.loss_sum = position.epoch + 1, 0, 0.0
        position.finished = position.epoch >= total_epochs(config.schedule) or _is_stale(trainer)
        valid = {f"valid_{name}": value for name, value in validation.items()}
        trainer.tell("epoch", {**values, **valid, "best_epoch": position.best_epoch})
        trainer.keep(validation if better else None)
        if not position.finished and _asked_to_stop(trainer):
            raise KeyboardInterrupt


def _finish_epoch(trainer: Trainer) -> bool:
    """Take the remaining steps of the epoch; return True if a stop was requested meanwhile."""
    config, position = trainer.config, trainer.run.position
    every = config.run.checkpoint_every_steps
    loader = epoch_batches(trainer.data, config, trainer.processes, position.epoch, position.batch)
    overflows = 0
    trainer.pace.begin_steps(position.step)
    for item in read_batches(loader):
        taken = take_step(trainer, to_device(item, trainer.processes.device))
        overflows = 0 if math.isfinite(taken.gradient_norm) else overflows + 1
        if overflows and (not trainer.run.scaler.is_enabled() or overflows > _MOST_OVERFLOWS):
            raise _no_number(trainer, f"the gradient's norm is {taken.gradient_norm}")
        position.batch += 1
        position.step += 1
        position.loss_sum += taken.loss
        if position.step % config.run.log_every_steps == 0:
            values = {
                "epoch": position.epoch,
                "step": position.step,
                "loss": taken.loss,
                "gradient_norm": taken.gradient_norm,
                "learning_rate": taken.learning_rate,
                **trainer.pace.at(position.step),
            }
            trainer.tell("step", values)
        if _asked_to_stop(trainer):
            return True
        if every and position.step % every == 0 and position.batch < config.run.batches_per_epoch:
            trainer.keep(None)
    return False


def _asked_to_stop(trainer: Trainer) -> bool:
    """Whether any process was asked to stop; all of them stop after the same step."""
    return trainer.processes.sums([float(bool(trainer.stop))])[0] > 0.0


class _Taken(NamedTuple):
    loss: float
    gradient_norm: float
    learning_rate: float


def take_step(trainer: Trainer, item: dict[str, Tensor]) -> _Taken:
    """Run one training step; the weights stay as they are if loss or gradient is NaN.

    Raises:
        TrainingError: the loss is NaN.
        StoppedError: a stop was requested, and nothing has been changed.
    """
    config, run = trainer.config, trainer.run
    position, scaler, optimiser = run.position, run.scaler, run.optimiser
    done = position.batch / config.run.batches_per_epoch
    share = rate_share(config.schedule, position.epoch, done, position.step)
    rate = config.optimiser.learning_rate * share
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    with _may_be_given_up(trainer):
        loss = trainer.shared(**item)
        mean = trainer.processes.sums([loss.item()])[0] / trainer.processes.n_ranks
        if not math.isfinite(mean):
            raise _no_number(trainer, f"the loss is {mean}")
        scaler.scale(loss).backward()
    scaler.unscale_(optimiser)
    moving = [value for group in optimiser.param_groups for value in group["params"]]
    largest = config.optimiser.clip_norm or math.inf
    norm = torch.nn.utils.clip_grad_norm_(moving, largest).item()
    if math.isfinite(norm) or scaler.is_enabled():
        scaler.step(optimiser)  # which leaves out a step that overflowed
        scaler.update()
        if run.average is not None:
            run.average.update(run.network, position.step)
    return _Taken(mean, norm, rate)


def _may_be_given_up(trainer: Trainer) -> AbstractContextManager[None]:
    processes = trainer.processes
    if processes.n_ranks > 1 or processes.device.type != "cpu":
        return nullcontext()
    return given_up_when_asked(trainer.objective, trainer.stop)


def _validate(trainer: Trainer) -> dict[str, float]:
    """Validate the weights that would be kept: the moving average if there is one."""
    average = trainer.run.average
    kept = average.in_place_of(trainer.run.network) if average is not None else nullcontext()
    with kept, trainer.pace.validation():
        return validate(
            trainer.objective, trainer.data, trainer.config, trainer.processes, trainer.stop
        )


def _is_stale(trainer: Trainer) -> bool:
    """Whether validation has not improved for `patience_epochs`."""
    patience, position = trainer.config.run.patience_epochs, trainer.run.position
    # While the rate is 0 nothing can improve.
    since = max(position.best_epoch or 0, trainer.config.schedule.warm_up_epochs - 1)
    return bool(patience) and position.epoch - 1 - since >= patience


def _no_number(trainer: Trainer, what: str) -> TrainingError:
    position = trainer.run.position
    return TrainingError(
        f"step {position.step} (epoch {position.epoch}): {what}; the last checkpoint is kept:"
        " resume with a smaller optimiser.learning_rate or clip_norm, or in float32"
    )
