"""The ONNX graph of the band mixer: levels of the whole song in, settings of the console out.

| graph | input | output |
| --- | --- | --- |
| controls | mean_db, peak_db (1, stems x views x bands, blocks) | gain_db (1, stems x bands, blocks), balance_db, side_db (1, stems x bands), strips (1, stems x controls) |
"""  # noqa: E501

from __future__ import annotations

import io
import warnings

import onnx
import torch

from export.ops import IR_VERSION, OPSET
from mixer.network.band_mixer.parameters import VIEWS
from mixer.network.band_mixer.run import CONTROL_OUTPUTS, LEVEL_INPUTS
from training.networks.band_mixer import BandMixer

# Traced at this length; the axis is dynamic.
_TRACED_BLOCKS = 37


def controls_graph(network: BandMixer) -> bytes:
    """The network, of any number of blocks."""
    hyper = network.hyper
    shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, _TRACED_BLOCKS)
    example = (torch.full(shape, -30.0), torch.full(shape, -25.0))
    blocks = torch.export.Dim("blocks", min=2, max=1 << 24)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's remarks on its own deprecations
        program = torch.onnx.export(
            network.eval(),
            example,
            dynamo=True,
            input_names=list(LEVEL_INPUTS),
            output_names=list(CONTROL_OUTPUTS),
            dynamic_shapes=({2: blocks}, {2: blocks}),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.ir_version = min(model.ir_version, IR_VERSION)
    forget_origins(model)
    buffer = io.BytesIO()
    onnx.checker.check_model(model)
    buffer.write(model.SerializeToString(deterministic=True))
    return buffer.getvalue()


def forget_origins(model: onnx.ModelProto) -> None:
    """Drop what the exporter notes of this machine's source files: equal weights, equal graphs."""
    del model.metadata_props[:]
    model.doc_string = ""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
