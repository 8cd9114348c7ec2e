"""Speed of a run, and the time it still takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from training.run.config import TrainingConfig
from training.run.schedule import total_epochs


class Pace:
    """Duration of the steps and validations of this session.

    Args:
        config: configuration of the run.
        n_ranks: number of processes that train together.

    Attributes:
        n_steps, n_epochs: length of the whole run, unless it ends earlier.
    """

    def __init__(self, config: TrainingConfig, n_ranks: int) -> None:
        self.n_epochs = total_epochs(config.schedule)
        self._steps_per_epoch = config.run.batches_per_epoch
        self.n_steps = self.n_epochs * self._steps_per_epoch
        self._audio_s = config.run.batch_size * n_ranks * config.data.segment_s
        self._validation_s = 0.0
        self._step, self._since = 0, time.monotonic()

    def begin_steps(self, step: int) -> None:
        """Start measuring; `step` steps have been taken so far."""
        self._step, self._since = step, time.monotonic()

    def at(self, step: int) -> dict[str, float]:
        """Speed and remaining time after `step` steps, for the log; restarts the measurement.

        Returns:
            "steps", the number of steps of the whole run; "audio_s_per_s", seconds of audio trained
            per second by all processes together, reading included; "left_s", remaining seconds of
            training and validation.
        """
        now = time.monotonic()
        step_s = max(1e-9, now - self._since) / max(1, step - self._step)
        self._step, self._since = step, now
        return {
            "steps": self.n_steps,
            "audio_s_per_s": self._audio_s / step_s,
            "left_s": self.left_s(step, step_s),
        }

    def left_s(self, step: int, step_s: float) -> float:
        """Remaining seconds after `step` steps, if each step takes `step_s` seconds."""
        # Each epoch ends with a validation, and that of the current epoch is still to come.
        validations = self.n_epochs - max(0, step - 1) // self._steps_per_epoch
        return (self.n_steps - step) * step_s + validations * self._validation_s

    @contextmanager
    def validation(self) -> Iterator[None]:
        """Measure a validation; later ones are assumed to take as long."""
        since = time.monotonic()
        yield
        self._validation_s = time.monotonic() - since
