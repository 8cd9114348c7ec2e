"""Loss of a batch: network and loss in one module.

One module, because distributed training watches a module's forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from torch import Tensor, nn


class Figure(NamedTuple):
    """A mean over `n_examples` examples, or over those of them if it is defined."""

    name: str
    value: float
    n_examples: int


class Objective(nn.Module):
    """Objective of a kind of network; see `training.run.recipe`.

    Args:
        network: what is trained.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, **batch: Tensor) -> Tensor:
        """The loss of a batch, a scalar: the mean over its examples."""
        raise NotImplementedError

    def figures(self, batch: Mapping[str, Tensor]) -> Iterator[Figure]:
        """Validation figures of a batch: "loss" always, and others that are informative.

        Args:
            batch: as in `forward`, on its device.
        """
        n_examples = len(next(iter(batch.values())))
        yield Figure("loss", self(**batch).item(), n_examples)

    def sounds(self, item: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Audio of an excerpt to listen to, (2, samples) each; empty if it is not audio.

        Args:
            item: one of `TrainingData.heard`, not a batch, on the CPU.

        Returns:
            "input", "output" and "target".
        """
        return {}
