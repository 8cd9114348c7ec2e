"""How fast a run goes, and how long it takes from here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from training.run.config import TrainingConfig
from training.run.schedule import total_epochs


class Pace:
    """The time that steps and validations of this session took.

    Args:
        config: of the run.
        n_ranks: processes that train together.

    Attributes:
        n_steps, n_epochs: of the whole run, if nothing ends it earlier.
    """

    def __init__(self, config: TrainingConfig, n_ranks: int) -> None:
        self.n_epochs = total_epochs(config.schedule)
        self._steps_per_epoch = config.run.batches_per_epoch
        self.n_steps = self.n_epochs * self._steps_per_epoch
        self._audio_s = config.run.batch_size * n_ranks * config.data.segment_s
        self._validation_s = 0.0
        self._step, self._since = 0, time.monotonic()

    def begin_steps(self, step: int) -> None:
        """Count from here: `step` steps have been taken."""
        self._step, self._since = step, time.monotonic()

    def at(self, step: int) -> dict[str, float]:
        """Speed and time left for the log after `step` steps; counting restarts here.

        Returns:
            "steps" of the whole run; "audio_s_per_s", seconds of audio that all processes together
            train in a second, reading included; "left_s", seconds of training and validation that
            are left.
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
        """Seconds that are left after `step` steps, if each takes `step_s`."""
        # One ends every epoch, and that of the epoch under way is still to come.
        validations = self.n_epochs - max(0, step - 1) // self._steps_per_epoch
        return (self.n_steps - step) * step_s + validations * self._validation_s

    @contextmanager
    def validation(self) -> Iterator[None]:
        """Around a validation: the next ones are taken to last as long."""
        since = time.monotonic()
        yield
        self._validation_s = time.monotonic() - since
