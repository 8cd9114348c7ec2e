"""PyTorch modules of every kind of network that can be trained, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from torch import nn

from mixer.network.architecture import Parameters
from mixer.network.kinds import architecture_of

# Add a line here for a new kind of network: its class takes the hyper-parameters and keeps them in
# `hyper`. Classes are imported on demand.
NETWORKS: Mapping[str, str] = {
    "fxnorm": "training.networks.fxnorm:FxNormNetwork",
    "wave_u_net": "training.networks.wave_u_net:WaveUNet",
    "band_mixer": "training.networks.band_mixer:BandMixer",
    "track_mixer": "training.networks.track_mixer:TrackMixer",
}


def new_network(hyper: Parameters) -> nn.Module:
    """Build a network with these hyper-parameters and random weights."""
    module, _, name = NETWORKS[architecture_of(hyper).kind].partition(":")
    network: nn.Module = getattr(import_module(module), name)(hyper)
    return network
