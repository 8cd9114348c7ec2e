"""How far a render is: its stages, timed, and told to whoever listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

# called with the stage, what in it, and the share of the render that is done, 0 to 1
Progress = Callable[[str, str, float], None]


class Stage(StrEnum):
    """What a render does, one after another: stems are normalised, tracks are listened to."""

    NORMALISE = "normalise"
    NETWORK = "network"
    LISTEN = "listen"
    TRACKS = "tracks"
    REFERENCE = "reference"
    CONSOLE = "console"
    MASTER = "master"


# share of a render's time that each stage takes, measured on two cores; a mix of stems is
# normalised and passes a network, a mix of tracks is listened to and passes their strips
_BEHIND = {Stage.REFERENCE: 0.05, Stage.CONSOLE: 0.05, Stage.MASTER: 0.15}
_STEM_SHARES = {Stage.NORMALISE: 0.5, Stage.NETWORK: 0.25, **_BEHIND}
_TRACK_SHARES = {Stage.LISTEN: 0.3, Stage.TRACKS: 0.45, **_BEHIND}


@dataclass
class StageClock:
    """Times the stages and tells how far the render is."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    of_tracks: bool = False
    _stage: Stage = field(init=False, repr=False)
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, stage: Stage) -> None:
        self._stage, self._began = stage, time.perf_counter()
        self.at("", 0.0)

    def at(self, detail: str, share: float) -> None:
        if self.progress is None:
            return
        shares = _TRACK_SHARES if self.of_tracks else _STEM_SHARES
        stages = list(shares)
        before = sum(shares[s] for s in stages[: stages.index(self._stage)])
        with self._lock:
            self.progress(self._stage.value, detail, before + share * shares[self._stage])

    def stop(self) -> None:
        self.seconds[self._stage.value] = time.perf_counter() - self._began
