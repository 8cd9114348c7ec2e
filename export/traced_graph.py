"""A torch module to the bytes of an ONNX graph, the same for the same weights."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import onnx
import torch
from torch import nn

from export.ops import IR_VERSION, OPSET


def traced_graph(
    network: nn.Module,
    example: tuple[torch.Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic_shapes: tuple[dict[int, Any], ...],
) -> bytes:
    """Trace a network.

    Args:
        network: is set to evaluation.
        example: what it is called with.
        inputs, outputs: names in the graph.
        dynamic_shapes: for each input its axes that may be of any length, `torch.export.Dim`.
    """
    with _silent_exporter():
        program = torch.onnx.export(
            network.eval(),
            example,
            dynamo=True,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=dynamic_shapes,
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.ir_version = min(model.ir_version, IR_VERSION)
    _forget_origins(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


@contextlib.contextmanager
def _silent_exporter() -> Iterator[None]:
    """Hide what torch's exporter says about deprecations and optional packages."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _forget_origins(model: onnx.ModelProto) -> None:
    """Drop what the exporter notes of this machine's source files: equal weights, equal graphs."""
    del model.metadata_props[:]
    model.doc_string = ""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
