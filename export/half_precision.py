"""FP16 for CUDA: products and convolutions in half precision, everything else in float32.

The graph does what autocast does in training: the inputs of every convolution and matrix product
are cast to fp16 and its output back to float32, and its weights are stored in fp16. Sums, norms
and recurrences stay in float32: a sum of squares overflows fp16 within a second of music.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mixer.errors import ModelError

_PRODUCTS = ("Conv", "ConvTranspose", "MatMul", "Gemm")
_LARGEST_FP16 = 65_504.0


def to_half_precision(content: bytes, *, keep_roundings: bool = False) -> bytes:
    """Convert a graph's products to fp16; its inputs and outputs stay float32.

    Args:
        content: a serialised float32 model.
        keep_roundings: put an Identity after every cast. Without fp16 kernels (on a CPU) the
            runtime computes in float32 and drops a cast to fp16 that is cast back at once, and its
            rounding with it; the Identity, in a session without optimisations, keeps it there.

    Returns:
        The serialised model.

    Raises:
        ModelError: a weight exceeds the range of fp16.
    """
    model = onnx.load_model_from_string(content)
    graph = model.graph
    writer = _HalfWriter(
        floats=_float_tensors(model),
        constants={tensor.name: tensor for tensor in graph.initializer},
        keep_roundings=keep_roundings,
    )
    for node in graph.node:
        writer.add(node)
    del graph.node[:]
    graph.node.extend(writer.nodes)
    read = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *writer.halves])
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


class _HalfWriter:
    """Copies nodes in order, with casts around the products."""

    def __init__(
        self, floats: set[str], constants: dict[str, TensorProto], *, keep_roundings: bool
    ) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.halves: list[TensorProto] = []
        self._floats = floats
        self._constants = constants
        self._keep_roundings = keep_roundings
        self._in_half: dict[str, str] = {}

    def add(self, node: onnx.NodeProto) -> None:
        inputs = [name for name in node.input if name]
        if node.op_type not in _PRODUCTS or not self._floats.issuperset(inputs):
            self.nodes.append(node)
            return
        half = onnx.NodeProto()
        half.CopyFrom(node)
        half.input[:] = [self._half(name) if name else "" for name in node.input]
        half.output[0] = f"{node.output[0]}_fp16"
        self.nodes.append(half)
        self._cast(half.output[0], node.output[0], TensorProto.FLOAT)

    def _half(self, name: str) -> str:
        """Name of the fp16 copy of a tensor, which is created only once."""
        if name not in self._in_half:
            self._in_half[name] = f"{name}_half"
            if name in self._constants:
                values = numpy_helper.to_array(self._constants[name])
                if np.abs(values).max(initial=0.0) > _LARGEST_FP16:
                    raise ModelError(f"a weight exceeds {_LARGEST_FP16:g}; export without fp16")
                self.halves.append(
                    numpy_helper.from_array(values.astype(np.float16), self._in_half[name])
                )
            else:
                self._cast(name, self._in_half[name], TensorProto.FLOAT16)
        return self._in_half[name]

    def _cast(self, source: str, target: str, to: int) -> None:
        if not self._keep_roundings:
            self.nodes.append(helper.make_node("Cast", [source], [target], to=to))
            return
        half, held = f"{target}_rounded", f"{target}_held"
        self.nodes += [
            helper.make_node("Cast", [source], [half], to=TensorProto.FLOAT16),
            helper.make_node("Identity", [half], [held]),
            helper.make_node("Cast", [held], [target], to=to),
        ]


def _float_tensors(model: onnx.ModelProto) -> set[str]:
    """Names of the float32 tensors: constants, inputs, and what shape inference finds."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    infos = [*graph.input, *graph.value_info, *graph.output]
    typed = {info.name for info in infos if info.type.tensor_type.elem_type == TensorProto.FLOAT}
    return typed | {t.name for t in graph.initializer if t.data_type == TensorProto.FLOAT}
