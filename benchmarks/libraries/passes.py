"""Record of a pass of the console, and of a library that could make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 44_100
AUDIO_S = 2.0
N_SAMPLES = round(AUDIO_S * SAMPLE_RATE_HZ)

Run = Callable[[], NDArray[Any]]


class Way(NamedTuple):
    """A pass by another library: what it needs, and what builds it."""

    title: str
    needs: str
    build: Callable[[], Run]


class Pass(NamedTuple):
    """A pass of the console.

    Attributes:
        by: what we run it on.
        audio_s: seconds of stereo audio that one run does.
        ours: builds it.
    """

    title: str
    by: str
    audio_s: float
    ours: Callable[[], Run]
    ways: Sequence[Way]


@cache
def noise(*shape: int) -> NDArray[np.float32]:
    """The same noise for all ways, not to be changed."""
    return 0.1 * np.random.default_rng(0).standard_normal(shape, np.float32)
