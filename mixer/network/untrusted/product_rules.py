"""Products, convolutions, recurrent layers and pooling: shapes of answers, and their work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mixer.network.untrusted.call import Call, MisfitError, broadcast
from mixer.network.untrusted.graph_file import Value
from mixer.network.untrusted.layout_rules import Rule


def _matmul(call: Call) -> list[Value]:
    a, b = call.value(0), call.value(1)
    if not a.shape or not b.shape:
        raise MisfitError("it multiplies scalars")
    left = a.shape if len(a.shape) > 1 else (1, *a.shape)
    right = b.shape if len(b.shape) > 1 else (*b.shape, 1)
    if left[-1] != right[-2]:
        raise MisfitError(f"{left[-1]} columns and {right[-2]} rows do not match")
    batch = broadcast(left[:-2], right[:-2])
    call.work = math.prod(batch) * left[-2] * left[-1] * right[-1]
    rows = left[-2:-1] if len(a.shape) > 1 else ()
    columns = right[-1:] if len(b.shape) > 1 else ()
    return [Value((*batch, *rows, *columns), a.kind)]


def _gemm(call: Call) -> list[Value]:
    a, b = call.value(0), call.value(1)
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise MisfitError("its inputs are not matrices")
    left = a.shape[::-1] if call.whole("transA", 0) else a.shape
    right = b.shape[::-1] if call.whole("transB", 0) else b.shape
    if left[1] != right[0]:
        raise MisfitError(f"{left[1]} columns and {right[0]} rows do not match")
    call.work = left[0] * left[1] * right[1]
    return [Value((left[0], right[1]), a.kind)]


def _conv(call: Call) -> list[Value]:
    value, weights = call.value(0), call.value(1)
    _check_weights(value, weights)
    window = _Window(call, weights.shape[2:])
    lengths = window.lengths(value.shape[2:], up=False)
    shape = (value.shape[0], weights.shape[0], *lengths)
    call.work = math.prod(shape) * math.prod(weights.shape[1:])
    return [Value(shape, value.kind)]


def _conv_transpose(call: Call) -> list[Value]:
    value, weights = call.value(0), call.value(1)
    _check_weights(value, weights)
    window = _Window(call, weights.shape[2:])
    given = call.whole_list("output_shape")
    lengths = window.lengths(value.shape[2:], up=True) if given is None else tuple(given)
    if min(lengths, default=0) < 0:
        raise MisfitError("a length is below 0")
    groups = max(1, call.whole("group", 1))
    call.work = math.prod(value.shape) * math.prod(weights.shape[1:])
    return [Value((value.shape[0], weights.shape[1] * groups, *lengths), value.kind)]


def _pool(call: Call) -> list[Value]:
    value, kernel = call.value(0), call.whole_list("kernel_shape") or []
    if len(value.shape) != len(kernel) + 2:
        raise MisfitError("its window has other axes than its input")
    lengths = _Window(call, kernel).lengths(value.shape[2:], up=False)
    shape = (*value.shape[:2], *lengths)
    call.work = math.prod(shape) * math.prod(kernel)
    return [Value(shape, value.kind)]


def _global_pool(call: Call) -> list[Value]:
    value = call.value(0)
    return [Value((*value.shape[:2], *(1 for _ in value.shape[2:])), value.kind)]


def _recurrent(gates: int) -> Rule:
    """An LSTM or a GRU: whole sequence, last state, and last cell."""

    def rule(call: Call) -> list[Value]:
        sequence, weights = call.value(0), call.value(1)
        if len(sequence.shape) != 3 or len(weights.shape) != 3:
            raise MisfitError("its sequence or its weights do not have 3 axes")
        steps, batch, width = sequence.shape
        directions, rows, columns = weights.shape
        units = rows // gates
        if columns != width or rows != gates * units or call.whole("layout", 0):
            raise MisfitError("its weights do not fit its sequence")
        call.work = steps * batch * directions * rows * (width + units)
        state = Value((directions, batch, units), sequence.kind)
        whole = Value((steps, directions, batch, units), sequence.kind)
        return [whole, state, state][: len(call.node.outputs)]

    return rule


class _Window:
    """Strides, dilations and padding of a window that moves over some axes."""

    def __init__(self, call: Call, kernel: Sequence[int]) -> None:
        n_axes = len(kernel)
        self._kernel = kernel
        self._strides = call.whole_list("strides") or [1] * n_axes
        self._dilations = call.whole_list("dilations") or [1] * n_axes
        self._pads = call.whole_list("pads") or [0] * (2 * n_axes)
        self._added = call.whole_list("output_padding") or [0] * n_axes
        self._is_same = call.text("auto_pad", "NOTSET").startswith("SAME")
        self._rounds_up = bool(call.whole("ceil_mode", 0))
        of_axes = (self._strides, self._dilations, self._added)
        if any(len(numbers) != n_axes for numbers in of_axes) or len(self._pads) != 2 * n_axes:
            raise MisfitError("its window has other axes than its input")
        positive = (*kernel, *self._strides, *self._dilations)
        if min(positive, default=1) < 1 or min((*self._pads, *self._added), default=0) < 0:
            raise MisfitError("its window is empty or has a stride of 0")

    def lengths(self, lengths: Sequence[int], *, up: bool) -> tuple[int, ...]:
        """Lengths of the output; `up` for a transposed convolution."""
        if len(lengths) != len(self._kernel):
            raise MisfitError("its window has other axes than its input")
        return tuple(self._length(axis, n, up=up) for axis, n in enumerate(lengths))

    def _length(self, axis: int, length: int, *, up: bool) -> int:
        stride = self._strides[axis]
        reach = (self._kernel[axis] - 1) * self._dilations[axis]
        padding = self._pads[axis] + self._pads[axis + len(self._kernel)]
        if up:
            if self._is_same:
                return length * stride
            return (length - 1) * stride + reach + 1 + self._added[axis] - padding
        if self._is_same:
            return -(-length // stride)
        room = length + padding - reach - 1
        if room < 0:
            raise MisfitError(f"its window is longer than its {length} values")
        return (-(-room // stride) if self._rounds_up else room // stride) + 1


def _check_weights(value: Value, weights: Value) -> None:
    if len(value.shape) < 3 or len(value.shape) != len(weights.shape):
        raise MisfitError("its weights and its input have different axes")


PRODUCT_RULES: Mapping[str, Rule] = {
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "AveragePool": _pool,
    "MaxPool": _pool,
    "GlobalAveragePool": _global_pool,
    "LSTM": _recurrent(4),
    "GRU": _recurrent(3),
}
