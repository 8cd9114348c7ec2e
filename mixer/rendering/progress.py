"""How far a render is: its stages, timed, and told to whoever listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# called with the stage, what in it, and the share of the render that is done, 0 to 1
Progress = Callable[[str, str, float], None]
# share of a render's time that each stage takes, measured on two cores; a mix of stems is
# normalised and passes a network, a mix of tracks is listened to and passes their strips
_STEM_SHARES = {"normalise": 0.5, "network": 0.25, "console": 0.1, "master": 0.15}
_TRACK_SHARES = {"listen": 0.3, "tracks": 0.5, "console": 0.05, "master": 0.15}


@dataclass
class StageClock:
    """Times the stages and tells how far the render is."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    of_tracks: bool = False
    _stage: str = ""
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, stage: str) -> None:
        self._stage, self._began = stage, time.perf_counter()
        self.at("", 0.0)

    def at(self, detail: str, share: float) -> None:
        if self.progress is None:
            return
        shares = _TRACK_SHARES if self.of_tracks else _STEM_SHARES
        stages = list(shares)
        before = sum(shares[s] for s in stages[: stages.index(self._stage)])
        with self._lock:
            self.progress(self._stage, detail, before + share * shares[self._stage])

    def stop(self) -> None:
        self.seconds[self._stage] = time.perf_counter() - self._began
