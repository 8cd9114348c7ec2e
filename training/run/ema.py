"""Moving average of a network's weights, which varies less than the weights of the last step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class MovingAverage:
    """Exponential moving average of the trainable parameters.

    Args:
        network: the network whose parameters are averaged.
        decay: at least 0 and below 1. Early on, min(decay, (1 + step) / (10 + step)) is used
            instead, so that random initial weights are forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.means: dict[str, Tensor] = {
            name: value.detach().clone()
            for name, value in network.named_parameters()
            if value.requires_grad
        }

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Update the average with the weights after optimiser step `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        parameters = dict(network.named_parameters())
        for name, mean in self.means.items():
            mean.lerp_(parameters[name], 1.0 - decay)

    @contextmanager
    def in_place_of(self, network: nn.Module) -> Iterator[None]:
        """Give the network the averaged weights inside the block; restore its own afterwards."""
        parameters = dict(network.named_parameters())
        own = {name: parameters[name].detach().clone() for name in self.means}
        try:
            _copy(self.means, parameters)
            yield
        finally:
            _copy(own, parameters)


@torch.no_grad()
def _copy(values: dict[str, Tensor], parameters: dict[str, nn.Parameter]) -> None:
    for name, value in values.items():
        parameters[name].copy_(value)
