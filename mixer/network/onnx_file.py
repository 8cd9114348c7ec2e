"""What an ONNX file may hold before the runtime sees it: one graph, its weights inside.

A graph may name other files: weights kept outside ("external data"), and operators beyond the
standard whose attributes are paths. What becomes of such names in a graph loaded from memory
depends on the runtime's version. Control flow may never end. This walks the protocol-buffer fields
that can lead to any of these (onnx.proto3, field numbers below) without the onnx package, skipping
over the weights themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from mixer.errors import ModelError

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
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_DEEPEST = 100  # protocol buffers' own limit


class _MalformedError(Exception):
    """The bytes are no protocol buffer."""


def refuse_outside_references(content: bytes, name: str) -> None:
    """Make sure that a serialised ONNX model needs nothing but itself.

    Args:
        content: the file.
        name: the file's name, for messages.

    Raises:
        ModelError: a tensor's data lies in another file, an operator is not a standard one or is
            control flow, functions are defined, or the content is damaged.
    """
    try:
        _walk(memoryview(content), "model", name, 0)
    except _MalformedError:
        raise ModelError(
            f"{name}: cannot be loaded: not an ONNX file, or damaged; export the bundle again"
        ) from None


def _walk(message: memoryview, kind: str, name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise _MalformedError
    inside = _MESSAGES[kind]
    for field, value in _fields(message):
        if kind == "tensor" and (
            field == _TENSOR_EXTERNAL_DATA or (field == _TENSOR_DATA_LOCATION and value != 0)
        ):
            raise ModelError(
                f"{name}: keeps weights in another file, which is refused: export it in one file"
            )
        if kind == "node" and field == _NODE_DOMAIN and _text(value) not in _STANDARD_DOMAINS:
            raise ModelError(
                f"{name}: uses an operator of {_text(value).decode(errors='replace')!r}, beyond"
                " standard ONNX: refused"
            )
        if kind == "node" and field == _NODE_OPERATOR and _text(value) in _CONTROL_FLOW:
            raise ModelError(
                f"{name}: uses the control flow operator {_text(value).decode()}: refused"
            )
        if kind == "model" and field == _MODEL_FUNCTION:
            raise ModelError(f"{name}: defines operators of its own (functions): refused")
        if field in inside:
            if isinstance(value, int):
                raise _MalformedError
            _walk(value, inside[field], name, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Field number and value: bytes where they have a length, a number where it is a varint."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        wire = tag & 7
        if wire == _VARINT:
            value, position = _varint(message, position)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            size, position = _varint(message, position)
        elif wire in (_FIXED_64, _FIXED_32):
            size = 8 if wire == _FIXED_64 else 4
        else:
            raise _MalformedError  # groups: deprecated long before ONNX
        if size > len(message) - position:
            raise _MalformedError
        yield tag >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _MalformedError


def _text(value: memoryview | int) -> bytes:
    if isinstance(value, int):
        raise _MalformedError
    return bytes(value)
