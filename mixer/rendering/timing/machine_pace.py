"""Speed of this machine relative to the one on which the unit costs were measured.

A clock that is told so need not wait until enough of a render is done. Memory, disks and other
programs are not part of it: they show in what the stages take.
"""

from __future__ import annotations

import functools
import time

import numpy as np

from mixer.dsp.fourier import irfft, rfft
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.progress import Progress, is_heard

_N_TIMES = 6


def pace_for(progress: Progress | None) -> float | None:
    """Seconds here for a second of the unit costs; None if nobody listens to the progress."""
    return _pace() if is_heard(progress) else None


@functools.cache
def _pace() -> float:
    return probe_s() / costs.PROBE_S


def probe_s() -> float:
    """Seconds of one core for half a millisecond's transforms and Python: the least of a few.

    The least, since another program may have had the core for a while.
    """
    audio = np.ones((8, 2048), np.float32)
    taken_s = []
    for _ in range(_N_TIMES):
        began_s = time.perf_counter()
        for _ in range(6):
            irfft(rfft(audio))
        sum(i * i for i in range(6000))
        taken_s.append(time.perf_counter() - began_s)
    return min(taken_s)
