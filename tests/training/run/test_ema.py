"""The running mean of weights."""

from __future__ import annotations

import contextlib

import pytest
import torch
from torch import nn

from training.run.ema import MovingAverage


def test_the_mean_forgets_the_beginning_and_follows_the_weights() -> None:
    """Weights 0, then 1 for ever: after n steps 1 - the product of the decays is left."""
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    average = MovingAverage(layer, 0.9)
    nn.init.ones_(layer.weight)
    left = 1.0
    for step in range(40):
        average.update(layer, step)
        left *= min(0.9, (1 + step) / (10 + step))
        assert average.means["weight"].item() == pytest.approx(1.0 - left, abs=1e-6)
    assert left < 1e-3


def test_the_network_has_the_mean_inside_the_block_alone() -> None:
    layer = nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    average = MovingAverage(layer, 0.5)
    own = {name: value.clone() for name, value in layer.state_dict().items()}
    average.means["weight"].fill_(7.0)
    assert set(average.means) == {"weight"}
    with contextlib.suppress(KeyError), average.in_place_of(layer):
        assert bool((layer.weight == 7.0).all())
        assert torch.equal(layer.bias, own["bias"])
        raise KeyError  # whatever happens inside
    assert all(torch.equal(value, own[name]) for name, value in layer.state_dict().items())
