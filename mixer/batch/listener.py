"""Events of a run, and the ways to stop it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixer.batch.engines.order import Working
from mixer.batch.ledgers.ledger_rows import Record


@dataclass(frozen=True)
class Status:
    """Progress of a run.

    Attributes:
        n_total: number of songs in this run.
        n_skipped: of these, finished earlier and unchanged.
        n_done, n_failed: finished in this run.
        running: worker's name to its current song.
        music_s: seconds of song finished in this run.
        elapsed_s: seconds since its start.
        left_s: estimated seconds left; None while unknown.
    """

    n_total: int
    n_skipped: int
    n_done: int
    n_failed: int
    running: Mapping[str, Working]
    music_s: float
    elapsed_s: float
    left_s: float | None

    @property
    def real_time_factor(self) -> float:
        """Seconds of song for each second of the run."""
        return self.music_s / self.elapsed_s if self.elapsed_s > 0.0 else 0.0


class Listener:
    """Base class for listeners of a run, called from its thread; does nothing."""

    def begun(self, status: Status) -> None:
        """The run starts."""

    def finished(self, record: Record) -> None:
        """A song is done or has failed."""

    def said(self, text: str) -> None:
        """Called with a remark of one line."""

    def progressed(self, status: Status) -> None:
        """Called a few times per second."""


@dataclass
class Stop:
    """Request to stop: after the first, running songs finish; after the second, none does."""

    requests: int = 0

    def request(self) -> None:
        self.requests += 1

    @property
    def soon(self) -> bool:
        return self.requests >= 1

    @property
    def now(self) -> bool:
        return self.requests >= 2


@dataclass(frozen=True)
class Summary:
    """Result of a run.

    Attributes:
        records: of every song that was listed, in the manifest's order.
        n_done, n_failed, n_skipped: of this run.
        n_left: neither done nor failed: not begun, or abandoned.
        interrupted: stopped by the user.
        stopped_by: why the run ended early without the user; None if it did not.
        elapsed_s, music_s: of this run.
        results: the tables that were written.
    """

    records: tuple[Record, ...]
    n_done: int
    n_failed: int
    n_skipped: int
    n_left: int
    interrupted: bool
    stopped_by: str | None
    elapsed_s: float
    music_s: float
    album_offsets_db: Mapping[str, float] = field(default_factory=dict)
    results: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, 1 with failures or songs left, 130 interrupted."""
        if self.interrupted:
            return 130
        return 1 if self.n_failed or self.n_left else 0
