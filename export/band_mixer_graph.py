"""The ONNX graph of the band mixer, from levels of the whole song to settings of the console.

| graph | input | output |
| --- | --- | --- |
| controls | mean_db, peak_db (1, stems x views x bands, blocks) | gain_db (1, stems x bands, blocks), balance_db, side_db (1, stems x bands), strips (1, stems x controls) |
"""  # noqa: E501

from __future__ import annotations

import torch

from export.traced_graph import traced_graph
from mixer.network.band_mixer.parameters import VIEWS
from mixer.network.band_mixer.run import CONTROL_OUTPUTS, LEVEL_INPUTS
from training.networks.band_mixer import BandMixer

# The number of blocks in the traced example; the axis is dynamic.
_TRACED_BLOCKS = 37


def controls_graph(network: BandMixer) -> bytes:
    """Serialise the network as an ONNX graph that accepts any number of blocks."""
    hyper = network.hyper
    shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, _TRACED_BLOCKS)
    example = (torch.full(shape, -30.0), torch.full(shape, -25.0))
    blocks = torch.export.Dim("blocks", min=2, max=1 << 24)
    shapes = ({2: blocks}, {2: blocks})
    return traced_graph(network, example, LEVEL_INPUTS, CONTROL_OUTPUTS, shapes)
