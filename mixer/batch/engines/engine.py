"""Engines that run orders: on this machine's processes, or on a cluster."""

from __future__ import annotations

from typing import Protocol

from mixer.batch.engines.order import Event, Order
from mixer.errors import MixerError


class EngineError(MixerError):
    """Workers cannot be started at all."""

    exit_code = 3


class Engine(Protocol):
    """Takes orders while it has room and tells how they end.

    An order whose worker dies is run once more, and then reported as failed.
    """

    @property
    def description(self) -> str:
        """The workers and devices, for the user."""
        ...

    @property
    def n_workers(self) -> int:
        """Largest number of songs computed at the same time."""
        ...

    @property
    def threads(self) -> int:
        """Cores that a song may use."""
        ...

    @property
    def memory_bytes(self) -> int | None:
        """Memory of the machine, which no song can exceed; None if machines differ."""
        ...

    def start(self) -> None:
        """Start the workers without waiting; orders may be submitted before they are ready."""
        ...

    def has_room(self, need_bytes: int, n_waiting: int) -> bool:
        """Whether an order needing `need_bytes` may be submitted while `n_waiting` others wait."""
        ...

    def submit(self, order: Order) -> None:
        """Take an order."""
        ...

    def wait(self, timeout_s: float) -> list[Event]:
        """Wait for events, at most for the given time; returns at once if there are any.

        Raises:
            EngineError: workers cannot be started.
        """
        ...

    def close(self, *, at_once: bool) -> None:
        """End all workers: idle ones are told to go, and with `at_once` all are killed."""
        ...


DIED_TWICE = (
    "its worker died twice, the last time {how}; render it alone with mixer render to see why"
)
