"""Export interface of a kind of network: one record each, listed in `export.exporters`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from export.check import CHECK_SAMPLES, Audio
from mixer.network.model import Bundle

N = TypeVar("N")
# Errors of a check by name, and its length under one of `LENGTHS`.
Errors = dict[str, float]
LENGTHS = ("samples", "tracks")


@dataclass(frozen=True)
class Exporter(Generic[N]):
    """Export of a PyTorch network as graphs with the same outputs.

    Attributes:
        graphs: returns the network's ONNX graphs, by name.
        answer: returns the mix (channels, samples) that PyTorch renders, without warm-up, from the
            network and its inputs (inputs, samples).
        errors: returns the largest absolute differences between ONNX Runtime and PyTorch, one per
            check, for a network, its bundle and lengths in samples.
        half_graphs: names of the graphs that are worth exporting in half precision, for GPUs.
        warm_up_s: default length in seconds of the wrapped audio prepended to a song.
        check_samples: returns the length in samples of the bundle's check input, for given
            hyper-parameters.
    """

    graphs: Callable[[N], dict[str, bytes]]
    answer: Callable[[N, Audio], Audio]
    errors: Callable[[N, Bundle, Sequence[int]], list[Errors]]
    half_graphs: tuple[str, ...] = ()
    warm_up_s: float = 0.0
    check_samples: Callable[[Any], int] = lambda hyper: CHECK_SAMPLES


def largest(difference: NDArray[np.float32]) -> float:
    """Largest absolute value of a difference, of any shape."""
    return float(np.abs(difference).max())
