"""A dry run: what would be trained, and how long it would take, measured over the first steps."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass

from torch import Tensor

from training.run.config import TrainingConfig
from training.run.distributed import Processes, joined_processes
from training.run.interruption import StopRequest
from training.run.loading import OpenData, epoch_batches, read_batches, to_device
from training.run.loading import validation_batches as batches_of_validation
from training.run.loop import Trainer, take_step
from training.run.new_run import Beginning, begin
from training.run.pace import Pace
from training.run.torch_errors import errors_in_words

# Long enough for a reliable measurement, and no longer than somebody is willing to wait.
_ENOUGH_S = 10.0
_LEAST_STEPS, _MOST_STEPS = 2, 20


@dataclass(frozen=True)
class Rehearsal:
    """Size of a configured run, and its speed on this machine.

    Attributes:
        network, stage, precision: as configured.
        parameters, trained_parameters: numbers of parameters of the network, and of those trained.
        device, processes: the device, and the number of processes.
        steps, epochs: length of the whole run, unless it ends earlier.
        patience_epochs: epochs without improvement after which it ends; 0 for never.
        validation_items: number of excerpts or songs in each validation.
        measured_steps: number of steps that were timed, after one that was not.
        step_s: duration of a step in seconds, reading included.
        audio_s_per_s: seconds of audio trained per second.
        validation_s: duration of a validation in seconds, estimated from its first batch.
        total_s: duration of the whole run in seconds.
    """

    network: str
    stage: str
    precision: str
    parameters: int
    trained_parameters: int
    device: str
    processes: int
    steps: int
    epochs: int
    patience_epochs: int
    validation_items: int
    measured_steps: int
    step_s: float
    audio_s_per_s: float
    validation_s: float
    total_s: float

    def as_json(self) -> dict[str, object]:
        """Plain values by name."""
        return asdict(self)


def rehearse(config: TrainingConfig, open_data: OpenData | None = None) -> Rehearsal:
    """Build a run and time its first steps and one validation batch; nothing is written.

    Args:
        config: configuration of the run.
        open_data: opens the training data; None for the function of the network's kind.

    Raises:
        MixerError: any error that `training.run.train.train` raises up to and in its first steps.
    """
    with joined_processes(config.run.device) as processes, errors_in_words(processes.device):
        beginning = begin(config, processes, open_data)
        pace = Pace(config, processes.n_ranks)
        step_s, n_steps = _time_steps(config, beginning, processes, pace)
        validation_s = _time_validation(config, beginning, processes)
        run = config.run
        parameters = list(beginning.run.network.parameters())
        audio_s = run.batch_size * processes.n_ranks * config.data.segment_s
        validations = pace.n_epochs + 1  # with the one before training
        return Rehearsal(
            network=config.network.kind,
            stage=run.stage,
            precision=run.precision,
            parameters=sum(value.numel() for value in parameters),
            trained_parameters=sum(v.numel() for v in parameters if v.requires_grad),
            device=str(processes.device),
            processes=processes.n_ranks,
            steps=pace.n_steps,
            epochs=pace.n_epochs,
            patience_epochs=run.patience_epochs,
            validation_items=len(beginning.data.valid),
            measured_steps=n_steps,
            step_s=step_s,
            audio_s_per_s=audio_s / step_s,
            validation_s=validation_s,
            total_s=pace.n_steps * step_s + validations * validation_s,
        )


def _time_steps(
    config: TrainingConfig, beginning: Beginning, processes: Processes, pace: Pace
) -> tuple[float, int]:
    """Duration of a step in seconds, and the number of steps that were timed."""
    objective, run, data = beginning
    trainer = Trainer(
        config,
        run,
        objective,
        processes.shared(objective),
        data,
        processes,
        StopRequest(),
        tell=lambda event, values: None,
        keep=lambda validation: None,
        pace=pace,
    )
    # A short epoch may end in the middle of the measurement.
    batches = itertools.islice(
        read_batches(epoch_batches(data, config, processes, 0, 0)), _MOST_STEPS + 1
    )
    begun, n_steps, elapsed_s = 0.0, -1, 0.0
    for item in batches:
        take_step(trainer, to_device(item, processes.device))
        n_steps += 1
        if n_steps == 0:  # the first one also starts the readers and chooses algorithms
            begun = time.monotonic()
            continue
        elapsed_s = time.monotonic() - begun
        if processes.sums([float(elapsed_s > _ENOUGH_S)])[0] and n_steps >= _LEAST_STEPS:
            break
    if n_steps < 1:  # an epoch of a single step
        return _seconds_of_one(trainer, item), 1
    return elapsed_s / n_steps, n_steps


def _seconds_of_one(trainer: Trainer, item: dict[str, Tensor]) -> float:
    begun = time.monotonic()
    take_step(trainer, to_device(item, trainer.processes.device))
    return time.monotonic() - begun


def _time_validation(config: TrainingConfig, beginning: Beginning, processes: Processes) -> float:
    """Estimated duration of a validation in seconds, if every batch takes as long as the first."""
    objective, _, data = beginning
    loader = batches_of_validation(data, config, processes)
    objective.eval()
    taken_s = 0.0
    for item in itertools.islice(read_batches(loader), 1):
        begun = time.monotonic()
        list(objective.figures(to_device(item, processes.device)))
        taken_s = time.monotonic() - begun
    return taken_s * len(loader)
