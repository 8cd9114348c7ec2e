"""How a kind of network is exported: a record each, see `export.exporters`."""

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
        graphs: the network to its ONNX graphs, by name.
        answer: the network and (inputs, samples) to the mix (channels, samples) that PyTorch makes
            of it, as it is rendered without warm-up.
        errors: the network, its bundle and lengths in samples to the largest absolute errors of
            what ONNX Runtime answers, a check each.
        half_graphs: those that are worth having in half precision, for GPUs.
        warm_up_s: wrapped audio in front of a song, unless an export says otherwise.
        check_samples: hyper-parameters to the length of the input that a bundle carries.
    """

    graphs: Callable[[N], dict[str, bytes]]
    answer: Callable[[N, Audio], Audio]
    errors: Callable[[N, Bundle, Sequence[int]], list[Errors]]
    half_graphs: tuple[str, ...] = ()
    warm_up_s: float = 0.0
    check_samples: Callable[[Any], int] = lambda hyper: CHECK_SAMPLES


def largest(difference: NDArray[np.float32]) -> float:
    """The largest absolute value."""
    return float(np.abs(difference).max())
