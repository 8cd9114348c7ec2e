"""The Wave-U-Net as the runtime knows it: a mix in segments, and no wet stems."""

from __future__ import annotations

from mixer.network.architecture import Architecture, Memory
from mixer.network.graph_roles import Role
from mixer.network.wave_u_net.parameters import WaveUNetParameters

SEGMENT_GRAPH = "segment"
# Seconds of one core for a product, and products for each weight of a level's widest layer.
_PRODUCT_S, _LAYERS_A_LEVEL = 5e-11, 2.5


def _roles(hyper: WaveUNetParameters) -> dict[str, Role]:
    mix = (1, hyper.n_channels, hyper.output_samples)
    stems = (1, hyper.n_inputs, hyper.input_samples)
    return {SEGMENT_GRAPH: Role({"stems": stems}, {"mix": mix})}


def _memory(hyper: WaveUNetParameters, sample_rate: int) -> Memory:
    return Memory(bytes_a_thread=hyper.segment_bytes)


def _cost(hyper: WaveUNetParameters, sample_rate: int) -> float:
    """Seconds of one core for each second of song: every level runs at the full rate."""
    weights = hyper.kernel_samples * sum(channels**2 for channels in hyper.level_channels)
    return _PRODUCT_S * _LAYERS_A_LEVEL * weights * sample_rate


WAVE_U_NET = Architecture(
    kind="wave_u_net",
    title="a Wave-U-Net",
    parameters=WaveUNetParameters,
    required_graphs=(SEGMENT_GRAPH,),
    roles=_roles,
    runs="mixer.network.wave_u_net.run:run_segments",
    memory=_memory,
    cost=_cost,
    has_wet_stems=False,
)
