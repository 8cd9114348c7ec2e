"""Graphs of ONNX Runtime, for passes that could be one.

The onnx package is imported where a graph is built: a machine that renders has none.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray


def constant(name: str, value: float) -> Any:
    """A float32 number."""
    onnx = import_module("onnx")
    return onnx.numpy_helper.from_array(np.float32(value), name)


def session_of(graph: Any) -> Callable[[dict[str, NDArray[Any]]], NDArray[Any]]:
    """One output of a graph, on one core."""
    onnx, runtime = import_module("onnx"), import_module("onnxruntime")
    opsets = [onnx.helper.make_opsetid("", 20)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def run(feeds: dict[str, NDArray[Any]]) -> NDArray[Any]:
        found: NDArray[Any] = session.run(["y"], feeds)[0]
        return found

    return run


def recursion_of(
    nodes: list[Any], constants: list[Any], states: list[str], width: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A recursion over samples, `(samples, width)`: nodes from x and states to y and next ones."""
    onnx = import_module("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT

    def values(*names: str) -> list[Any]:
        return [helper.make_tensor_value_info(name, kind, [width]) for name in names]

    body = helper.make_graph(
        nodes,
        "sample",
        values(*states, "x"),
        values(*(f"{name}_next" for name in states), "y"),
        constants,
    )
    ends = [f"{name}_end" for name in states]
    zeros = [f"{name}_zero" for name in states]
    scan = helper.make_node("Scan", [*zeros, "audio"], [*ends, "y"], num_scan_inputs=1, body=body)
    graph = helper.make_graph(
        [scan],
        "recursion",
        [helper.make_tensor_value_info("audio", kind, ["samples", width])],
        [helper.make_tensor_value_info("y", kind, ["samples", width])],
        [onnx.numpy_helper.from_array(np.zeros(width, np.float32), name) for name in zeros],
    )
    run = session_of(graph)
    return lambda audio: run({"audio": audio})
