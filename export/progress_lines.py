"""Progress of making a model, printed line by line on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from training.run.logs import Values


def say(line: str) -> None:
    """Print one line."""
    sys.stderr.write(line + "\n")


def say_event(event: str, values: Values) -> None:
    """Report a training run: its starting point, and every epoch."""
    if event in ("start", "untrained", "epoch"):
        figures = [f"{k} {v:.3g}" for k, v in values.items() if isinstance(v, int | float)]
        say(f"{event}: {' '.join(figures)}")


def say_progress(stage: str, detail: str, share: float) -> None:
    """Report the beginning and the end of each stage that `training` carries out song by song."""
    if share in (0.0, 1.0):
        say(f"{stage} {detail}: {share:.0%}")


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print the name of a maker's step when it begins, and its duration when it ends."""
    say(f"{step} ...")
    started = time.monotonic()
    yield
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    say(f"{step}: done in {minutes}:{seconds:02d}")
