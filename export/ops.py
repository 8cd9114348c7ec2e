"""A small writer of ONNX graphs: nodes by name, constants beside them, types checked at the end.

The graphs are written operator by operator rather than traced, so that what runs is what is read:
which intermediate exists, which operators the runtime may fuse, which axis is dynamic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
# The version of the file format that opset 18 came with: older hosts read it too.
IR_VERSION = 8
TO_THE_END = np.iinfo(np.int64).max


class GraphWriter:
    """Builds one graph; every method returns the name of the tensor that it adds.

    Args:
        name: the graph's name, seen in viewers and error messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Add a float32 input; a string in `shape` names a dynamic axis."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def index(self, name: str) -> str:
        """Add an int64 input of one element."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.INT64, [1]))
        return name

    def output(self, tensor: str, name: str, shape: Sequence[int | str]) -> None:
        """Make a tensor a float32 output under its own output name."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def constant(self, values: NDArray[np.generic] | Sequence[int]) -> str:
        """Add a constant: an array with its own data type, a sequence of integers as int64."""
        array = values if isinstance(values, np.ndarray) else np.array(values, dtype=np.int64)
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add a node with one output."""
        return self.add_many(1, operator, *inputs, **attributes)[0]

    def add_many(self, count: int, operator: str, *inputs: str, **attributes: object) -> list[str]:
        """Add a node with `count` outputs; an empty input name omits an optional input."""
        names = [f"{operator.lower()}_{len(self._nodes)}_{index}" for index in range(count)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def reshape(self, tensor: str, shape: Sequence[int]) -> str:
        """Reshape a tensor; -1 is inferred, 0 keeps the input's length on that axis."""
        return self.add("Reshape", tensor, self.constant(shape))

    def slice(self, tensor: str, axis: int, start: int, end: int | str) -> str:
        """Take elements start to end along an axis; a string names a tensor that holds the end."""
        stop = end if isinstance(end, str) else self.constant([end])
        return self.add("Slice", tensor, self.constant([start]), stop, self.constant([axis]))

    def build(self) -> bytes:
        """Check the graph and return the serialised model.

        Raises:
            onnx.checker.ValidationError: a node is not valid in this opset.
        """
        graph = helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, self._constants
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="fxnorm-mixer",
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
