"""Trace a torch module into an ONNX graph; equal weights give equal bytes."""

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
    """Trace a network and return its serialised ONNX graph.

    Args:
        network: the module to trace; switched to evaluation mode.
        example: example inputs for the network's forward pass.
        inputs, outputs: names of the graph's inputs and outputs.
        dynamic_shapes: for each input, its axes of variable length as `torch.export.Dim`.
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
    """Suppress the messages of torch's exporter about deprecations and optional packages."""
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
    """Remove references to local source files, so that equal weights give equal graphs."""
    del model.metadata_props[:]
    model.doc_string = ""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
