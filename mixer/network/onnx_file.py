"""Allowed contents of an ONNX file, checked before the runtime sees it: one graph, its weights
inside.

A graph may name other files: weights kept outside ("external data"), and operators beyond the
standard whose attributes are paths. Whether such names are followed in a graph loaded from memory
depends on the runtime's version. Control flow may never end. This walks the protocol-buffer fields
that can lead to any of these (onnx.proto3, field numbers below) without the onnx package, skipping
over the weights themselves.
"""

from __future__ import annotations

from mixer.errors import ModelError
from mixer.files.protocol_buffer import FieldReader, MalformedError, bytes_of, view_of
from mixer.files.wording import quote

# Message -> field number -> message in it; other fields cannot lead to a tensor or an operator.
_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_NODE_OPERATOR, _NODE_DOMAIN, _MODEL_FUNCTION = 4, 7, 25
# They can run for as long as they like, and functions of functions grow without end; none of our
# graphs needs any.
_CONTROL_FLOW = (b"If", b"Loop", b"Scan", b"SequenceMap")
_STANDARD_DOMAINS = (b"", b"ai.onnx")
_DEEPEST = 100  # protocol buffers' own limit
_LONGEST_SHOWN = 100


def refuse_outside_references(content: bytes, name: str) -> None:
    """Make sure that a serialised ONNX model needs nothing but itself.

    Args:
        content: the file.
        name: the file's name, for messages.

    Raises:
        ModelError: a tensor's data is in another file, an operator is not a standard one or is
            control flow, functions are defined, or the content is damaged.
    """
    try:
        _walk(FieldReader(), memoryview(content), "model", name, 0)
    except MalformedError:
        raise ModelError(
            f"{name}: cannot be loaded: not an ONNX file, or damaged; export the bundle again"
        ) from None


def _walk(reader: FieldReader, message: memoryview, kind: str, name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise MalformedError
    inside = _MESSAGES[kind]
    for field, value in reader.fields(message):
        if kind == "tensor" and (
            field == _TENSOR_EXTERNAL_DATA or (field == _TENSOR_DATA_LOCATION and value != 0)
        ):
            raise ModelError(
                f"{name}: keeps weights in another file, which is refused; export it in one file"
            )
        if kind == "node" and field == _NODE_DOMAIN and bytes_of(value) not in _STANDARD_DOMAINS:
            raise ModelError(
                f"{name}: uses an operator of {quote(_start_of(value))}, beyond"
                " standard ONNX; refused"
            )
        if kind == "node" and field == _NODE_OPERATOR and bytes_of(value) in _CONTROL_FLOW:
            raise ModelError(
                f"{name}: uses the control flow operator {bytes_of(value).decode()}; refused"
            )
        if kind == "model" and field == _MODEL_FUNCTION:
            raise ModelError(f"{name}: defines operators of its own (functions); refused")
        if field in inside:
            _walk(reader, view_of(value), inside[field], name, depth + 1)


def _start_of(value: memoryview | int) -> str:
    """The first characters of a text that may be as long as the file."""
    return bytes(view_of(value)[:_LONGEST_SHOWN]).decode(errors="replace")
