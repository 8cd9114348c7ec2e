"""Objective of a batch: network and loss in one module.

They are one module because distributed training hooks into a module's forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from torch import Tensor, nn


class Figure(NamedTuple):
    """Mean of a value over `n_examples` examples, or over those of them for which it is defined."""

    name: str
    value: float
    n_examples: int


class Objective(nn.Module):
    """Base class of the objectives; see `training.run.recipe`.

    Args:
        network: the network to train.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, **batch: Tensor) -> Tensor:
        """Loss of a batch: a scalar, the mean over its examples."""
        raise NotImplementedError

    def figures(self, batch: Mapping[str, Tensor]) -> Iterator[Figure]:
        """Validation figures of a batch: always "loss", and others worth showing.

        Args:
            batch: tensors by name, as for `forward`, on the network's device.
        """
        n_examples = len(next(iter(batch.values())))
        yield Figure("loss", self(**batch).item(), n_examples)

    def sounds(self, item: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Audio of an excerpt, float (2, samples) each; empty if the network does not render audio.

        Args:
            item: one of `TrainingData.heard`, without a batch axis, on the CPU.

        Returns:
            Audio by name: "input", "output" and "target".
        """
        return {}
