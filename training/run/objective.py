"""From a batch to the number that is minimised: network and loss in one module.

One module, because distributed training watches a module's forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn

# A mix and its target, float32 (channels, samples), to any numbers by name.
Measure = Callable[[np.ndarray, np.ndarray], Mapping[str, float]]


class Figure(NamedTuple):
    """A mean over `n_examples` examples, or over those of them where it is defined."""

    name: str
    value: float
    n_examples: int


class Objective(nn.Module):
    """What a kind of network is trained to; see `training.run.recipe`.

    Args:
        network: what is trained.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, **batch: Tensor) -> Tensor:
        """The loss of a batch, a scalar: the mean over its examples."""
        raise NotImplementedError

    def figures(self, batch: Mapping[str, Tensor], measure: Measure | None) -> Iterator[Figure]:
        """What validation shows of a batch: "loss" always, and whatever else tells something.

        Args:
            batch: as of `forward`, on its device.
            measure: what else to measure of mixes, where there are any.
        """
        n_examples = len(next(iter(batch.values())))
        yield Figure("loss", self(**batch).item(), n_examples)

    def sounds(self, item: Mapping[str, Tensor], *, with_target: bool) -> Mapping[str, Tensor]:
        """What one can hear of a validation item, (2, samples) each; nothing where it is no audio.

        Args:
            item: one, not a batch, on the CPU.
            with_target: also what it should sound like.
        """
        return {}
