"""Levels of powers, for networks and what they are trained by; differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from mixer.network.band_mixer.bands import POWER_FLOOR


def decibels(power: Tensor, least: float = POWER_FLOOR) -> Tensor:
    """Level of a linear power in dB, of any shape.

    Args:
        power: 0 or more.
        least: the power that anything lower counts as; there the gradient is 0.
    """
    return 10.0 * torch.log10(power.clamp_min(least))
