"""A serialised ONNX graph as a table of operators, read without the onnx package.

Field numbers are those of onnx.proto3. Weights are not copied; of constants only those are read
that can be sizes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixer.errors import ModelError
from mixer.files.protocol_buffer import (
    FieldReader,
    MalformedError,
    bytes_of,
    number_of,
    numbers_of,
    view_of,
)
from mixer.files.wording import quote

# The largest of our graphs has 1 511 operators.
MOST_NODES = 5_000
# A constant of more values than this is a weight, not a size.
MOST_SIZES = 4_096
_MOST_DIMENSIONS = 8
_LONGEST_NAME = 1_000
# Bytes of a value, by TensorProto.DataType; texts and sparse things are not numbers.
ITEM_BYTES: Mapping[int, int] = {
    1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2,
}  # fmt: skip
FLOAT, INT32, INT64, BOOL, DOUBLE = 1, 6, 7, 9, 11
_DTYPES = {FLOAT: "<f4", INT32: "<i4", INT64: "<i8", BOOL: "|b1", DOUBLE: "<f8"}


@dataclass(frozen=True)
class Value:
    """Known properties of a tensor before anything runs.

    Attributes:
        shape: its lengths.
        kind: its TensorProto.DataType.
        content: of a small constant, or None.
    """

    shape: tuple[int, ...]
    kind: int = FLOAT
    content: NDArray[np.generic] | None = None

    @property
    def size(self) -> int:
        """Values in it."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.size * ITEM_BYTES[self.kind]


Attribute = int | float | bytes | list[int] | Value | None


@dataclass(frozen=True)
class Node:
    """One operator: names of what it takes ("" for nothing) and gives."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass
class Graph:
    """A graph's operators in their order.

    Attributes:
        nodes: operators; each takes only what was there before it.
        constants: weights by name.
        inputs: type and declared shape by name, None for a length that is open.
        outputs: names.
        n_bytes: of the file.
    """

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Value] = field(default_factory=dict)
    inputs: dict[str, tuple[int, tuple[int | None, ...]]] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    n_bytes: int = 0


def read_graph_file(content: bytes, name: str) -> Graph:
    """Parse a model that `mixer.network.onnx_file` has let through.

    Args:
        content: the file.
        name: for messages.

    Raises:
        ModelError: damaged, more than `MOST_NODES` operators, or weights whose size is not what
            their shape says.
    """
    reader, graph = FieldReader(), Graph(n_bytes=len(content))
    try:
        for number, value in reader.fields(memoryview(content)):
            if number == 7:
                _read_graph(reader, view_of(value), graph, name)
    # A number that its type cannot hold, or a value that is not there.
    except (MalformedError, ValueError, OverflowError, IndexError):
        raise ModelError(
            f"{name}: cannot be loaded: not an ONNX file, or damaged; export the bundle again"
        ) from None
    return graph


def _read_graph(reader: FieldReader, message: memoryview, graph: Graph, name: str) -> None:
    for number, value in reader.fields(message):
        if number == 1:
            graph.nodes.append(_read_node(reader, view_of(value), name))
            if len(graph.nodes) > MOST_NODES:
                raise ModelError(f"{name}: has more than {MOST_NODES} operators; refused")
        elif number == 5:
            constant, tensor = _read_tensor(reader, view_of(value), name)
            graph.constants[constant] = tensor
        elif number == 11:
            described = _read_input(reader, view_of(value))
            graph.inputs[described[0]] = described[1:]
        elif number == 12:
            graph.outputs.append(_read_input(reader, view_of(value))[0])
        elif number == 15:
            raise ModelError(f"{name}: holds sparse weights, which are refused")
    # Older files list their weights among the inputs.
    for constant in graph.constants:
        graph.inputs.pop(constant, None)


def _read_node(reader: FieldReader, message: memoryview, name: str) -> Node:
    operator, inputs, outputs = "", [], []
    attributes: dict[str, Attribute] = {}
    for number, value in reader.fields(message):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            operator = _text(value)
        elif number == 5:
            attribute, content = _read_attribute(reader, view_of(value), name)
            attributes[attribute] = content
    return Node(operator, tuple(inputs), tuple(outputs), attributes)


def _read_attribute(reader: FieldReader, message: memoryview, name: str) -> tuple[str, Attribute]:
    attribute = ""
    content: bytes | None = None
    whole: list[int] = []
    found: Attribute = None
    for number, value in reader.fields(message):
        if number == 1:
            attribute = _text(value)
        elif number == 2:
            found = float(np.frombuffer(view_of(value), "<f4")[0])
        elif number == 3:
            found = number_of(value)
        elif number == 4:
            content = bytes_of(value)
        elif number == 5:
            found = _read_tensor(reader, view_of(value), name)[1]
        elif number == 8:
            _add_few(whole, value)
        elif number in (6, 10, 11, 22, 23):
            raise ModelError(f"{name}: an operator holds graphs or many tensors; refused")
    return attribute, found if found is not None else content if content is not None else whole


def _read_tensor(reader: FieldReader, message: memoryview, name: str) -> tuple[str, Value]:
    shape: list[int] = []
    kind, tensor = 0, ""
    raw: memoryview | None = None
    typed: dict[int, list[memoryview | int]] = {}
    for number, value in reader.fields(message):
        if number == 1:
            _add_few(shape, value)
        elif number == 2:
            kind = number_of(value)
        elif number == 8:
            tensor = _text(value)
        elif number == 9:
            raw = view_of(value)
        elif number in (4, 5, 6, 7, 10, 11):
            typed.setdefault(number, []).append(value)
    if len(shape) > _MOST_DIMENSIONS or min(shape, default=0) < 0 or kind not in ITEM_BYTES:
        raise ModelError(
            f"{name}: weights {quote(tensor)} are not numbers of a known type; refused"
        )
    size = math.prod(shape)
    found = _raw_size(raw, kind) if raw is not None else _typed_size(typed)
    if found != size:
        raise ModelError(
            f"{name}: weights {quote(tensor)} should hold {size} values and hold {found}: damaged"
        )
    content = _small_content(shape, kind, raw, typed) if size <= MOST_SIZES else None
    return tensor, Value(tuple(shape), kind, content)


def _raw_size(raw: memoryview, kind: int) -> int:
    whole, rest = divmod(len(raw), ITEM_BYTES[kind])
    return -1 if rest else whole


def _typed_size(typed: Mapping[int, Sequence[memoryview | int]]) -> int:
    """Values in the fields of a type: floats of 4 or 8 bytes, or numbers of varying length."""
    total = 0
    for number, parts in typed.items():
        for part in parts:
            if isinstance(part, int):
                total += 1
            elif number in (4, 10):
                total += len(part) // (4 if number == 4 else 8)
            else:
                total += int(np.count_nonzero(np.frombuffer(part, np.uint8) < 0x80))
    return total


def _small_content(
    shape: Sequence[int],
    kind: int,
    raw: memoryview | None,
    typed: Mapping[int, Sequence[memoryview | int]],
) -> NDArray[np.generic] | None:
    """A constant that may be a size; None of a type that no size has."""
    if kind not in _DTYPES:
        return None
    if raw is not None:
        return np.frombuffer(raw, _DTYPES[kind]).reshape(shape)
    floats = {4: "<f4", 10: "<f8"}
    values: list[float] = []
    for number, parts in typed.items():
        for part in parts:
            if number in floats:
                values += np.frombuffer(view_of(part), floats[number]).tolist()
            else:
                values += numbers_of(part)
    return np.array(values, _DTYPES[kind]).reshape(shape)


def _read_input(
    reader: FieldReader, message: memoryview
) -> tuple[str, int, tuple[int | None, ...]]:
    """Name, type and shape that a ValueInfoProto declares."""
    name, kind, shape = "", 0, []
    for number, value in reader.fields(message):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for _, tensor in _only(reader, value, 1):
                for field_number, inner in reader.fields(tensor):
                    if field_number == 1:
                        kind = number_of(inner)
                    elif field_number == 2:
                        shape = [_length(reader, d) for _, d in _only(reader, inner, 1)]
    return name, kind, tuple(shape)


def _length(reader: FieldReader, message: memoryview) -> int | None:
    length = None
    for number, value in reader.fields(message):
        if number == 1:
            length = number_of(value)
    return length


def _only(
    reader: FieldReader, value: memoryview | int, wanted: int
) -> list[tuple[int, memoryview]]:
    return [
        (number, view_of(inner))
        for number, inner in reader.fields(view_of(value))
        if number == wanted
    ]


def _add_few(numbers: list[int], value: memoryview | int) -> None:
    """Append a field of numbers, of which there may be many fields."""
    if not isinstance(value, int) and len(value) > 10 * MOST_SIZES:
        raise MalformedError
    numbers += numbers_of(value)
    if len(numbers) > MOST_SIZES:
        raise MalformedError


def _text(value: memoryview | int) -> str:
    if len(view_of(value)) > _LONGEST_NAME:
        raise MalformedError
    return bytes_of(value).decode()
