"""What a network answers, whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
# called with the fraction done
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Output:
    """What the network answers.

    Attributes:
        mix: (2, samples), within -1 to 1.
        wet_stems: what was summed before the tanh, (2, samples) a stem in the model's order; None
            if not asked for.
        device: what ran, e.g. "cpu", "cuda:0" or "cuda:0 in fp16".
    """

    mix: Audio
    wet_stems: list[Audio] | None
    device: str
