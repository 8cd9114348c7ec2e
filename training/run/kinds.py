"""Build the network of a configuration, and choose the parameters that a stage trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch import nn

from mixer.errors import SettingsError
from mixer.files.wording import suggest
from mixer.network.kinds import ARCHITECTURES
from training.networks.kinds import new_network

# Parameters that only pre-training of the front-end changes, by their published names.
FRONT_END = ("conv_1.", "conv_2.")


def build_network(
    kind: str, hyper_parameters: Mapping[str, int], segment_samples: int
) -> nn.Module:
    """Build a network with random weights.

    Args:
        kind: one of `ARCHITECTURES`.
        hyper_parameters: values by name; those that are not given are the paper's.
        segment_samples: length of the network's output in training, which a Wave-U-Net also uses
            when it renders.

    Raises:
        SettingsError: a hyper-parameter is unknown or out of range.
    """
    values = dict(hyper_parameters)
    parameters: Any = ARCHITECTURES[kind].parameters
    names = [field.name for field in fields(parameters)]
    for name in values:
        if name not in names:
            raise SettingsError(
                f"unknown network.hyper_parameters.{name} for {kind}; {suggest(name, names)}"
            )
    if "output_samples" in names:
        values.setdefault("output_samples", segment_samples)
    try:
        hyper = parameters(**values)
    except ValueError as error:
        raise SettingsError(f"network.hyper_parameters: {error}") from None
    network: nn.Module = new_network(hyper)
    return network


def input_samples(network: nn.Module, segment_samples: int) -> int:
    """Input length in samples for an output of `segment_samples`."""
    margin: int = getattr(network.hyper, "margin_samples", 0)
    return segment_samples + 2 * margin


def choose_trained(network: nn.Module, stage: str, *, fixed_front_end: bool = False) -> None:
    """Enable gradients for the parameters that a stage trains and disable them for all others.

    Pre-training changes the front-end only; training with a fixed front-end changes everything
    else. The last temporal block's residual weights are never used. Parameters without gradients
    cost nothing, and distributed training does not wait for them.
    """
    idle = (*(FRONT_END if fixed_front_end else ()), *_idle_prefixes(network))
    for name, parameter in network.named_parameters():
        if stage == "pretrain":
            parameter.requires_grad_(name.startswith(FRONT_END))
        elif name.startswith(idle):
            parameter.requires_grad_(False)


def _idle_prefixes(network: nn.Module) -> tuple[str, ...]:
    repeats = getattr(network, "repeats", None)
    if repeats is None:
        return ()
    return (f"repeats.{len(repeats) - 1}.{len(repeats[-1]) - 1}.res_out.",)
