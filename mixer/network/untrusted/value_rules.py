"""Operators that work value by value, and sums over axes: shapes of what they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mixer.network.untrusted.call import Call, MisfitError, broadcast, computed, front_axis
from mixer.network.untrusted.graph_file import (
    BOOL,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    ITEM_BYTES,
    Value,
)
from mixer.network.untrusted.layout_rules import Rule

Compute = Callable[..., NDArray[np.generic]]
_NUMPY = {FLOAT: np.float32, INT32: np.int32, INT64: np.int64, BOOL: np.bool_, DOUBLE: np.float64}
# Multiplications, roughly, of one value of a function that is not a plain sum or product.
_CURVE_WORK = 8


def _same(call: Call) -> list[Value]:
    value = call.value(0)
    return [Value(value.shape, value.kind)]


def _curve(call: Call) -> list[Value]:
    call.work = _CURVE_WORK * call.value(0).size
    return _same(call)


def _identity(call: Call) -> list[Value]:
    return [call.value(0)]


def _negative(call: Call) -> list[Value]:
    value = call.value(0)
    return [computed(value.shape, value.kind, [value], np.negative)]


def _cast(call: Call) -> list[Value]:
    value, kind = call.value(0), call.whole("to", FLOAT)
    if kind not in ITEM_BYTES:
        raise MisfitError("it outputs values that are not numbers")
    dtype = _NUMPY.get(kind)
    return [computed(value.shape, kind, [value], dtype and (lambda a: a.astype(dtype)))]


def _together(compute: Compute | None = None, kind: int | None = None) -> Rule:
    """Values of two or more tensors taken together."""

    def rule(call: Call) -> list[Value]:
        values = [call.value(i) for i in range(len(call.inputs))]
        if not values:
            raise MisfitError("an input is missing")
        shape = broadcast(*(value.shape for value in values))
        return [computed(shape, kind or values[0].kind, values, compute)]

    return rule


def _power(call: Call) -> list[Value]:
    found = _together()(call)
    call.work = _CURVE_WORK * found[0].size
    return found


def _where(call: Call) -> list[Value]:
    values = [call.value(i) for i in range(3)]
    shape = broadcast(*(value.shape for value in values))
    return [computed(shape, values[1].kind, values, np.where)]


def _quotient(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.generic]:
    """Division as ONNX has it: whole numbers are cut towards zero."""
    if not np.issubdtype(a.dtype, np.integer):
        return np.asarray(np.divide(a, b))
    if np.any(b == 0):
        raise MisfitError("it divides by 0")
    return np.asarray(np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)))


def _remainder(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.generic]:
    if np.any(b == 0):
        raise MisfitError("it divides by 0")
    return np.asarray(np.mod(a, b))


def _reduced(call: Call) -> list[Value]:
    value = call.value(0)
    rank = len(value.shape)
    axes = call.list_of("axes", 1)
    if not axes:
        gone = set() if call.whole("noop_with_empty_axes", 0) else set(range(rank))
    else:
        gone = {front_axis(axis, rank) for axis in axes}
    kept = call.whole("keepdims", 1)
    shape = tuple(
        1 if axis in gone else length
        for axis, length in enumerate(value.shape)
        if kept or axis not in gone
    )
    return [Value(shape, value.kind)]


def _normalised(call: Call) -> list[Value]:
    """Outputs beyond the first are means and deviations, no larger than the input."""
    call.work = _CURVE_WORK * call.value(0).size
    return _same(call) * len(call.node.outputs)


_CURVES = (
    "Erf", "Exp", "Log", "Sigmoid", "Tanh", "Softplus", "Sqrt", "Reciprocal", "Sin", "Cos",
    "Softmax", "LogSoftmax", "Elu", "Selu", "Gelu", "HardSwish", "Softsign",
)  # fmt: skip
_PLAIN = (
    "Abs", "Clip", "Relu", "LeakyRelu", "HardSigmoid", "Floor", "Ceil", "Round", "Sign", "Not",
    "CumSum",
)  # fmt: skip
_REDUCTIONS = ("Max", "Mean", "Min", "Prod", "Sum", "SumSquare", "L1", "L2", "LogSum", "LogSumExp")

VALUE_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_CURVES, _curve),
    **dict.fromkeys(_PLAIN, _same),
    **{f"Reduce{name}": _reduced for name in _REDUCTIONS},
    "Identity": _identity,
    "Neg": _negative,
    "Cast": _cast,
    "Add": _together(np.add),
    "Sub": _together(np.subtract),
    "Mul": _together(np.multiply),
    "Div": _together(_quotient),
    "Mod": _together(_remainder),
    "Max": _together(lambda *a: np.asarray(np.maximum.reduce(a)) if len(a) > 1 else a[0]),
    "Min": _together(lambda *a: np.asarray(np.minimum.reduce(a)) if len(a) > 1 else a[0]),
    "Sum": _together(),
    "Mean": _together(),
    "Pow": _power,
    "PRelu": _together(),
    "Greater": _together(np.greater, BOOL),
    "GreaterOrEqual": _together(np.greater_equal, BOOL),
    "Less": _together(np.less, BOOL),
    "LessOrEqual": _together(np.less_equal, BOOL),
    "Equal": _together(np.equal, BOOL),
    "And": _together(np.logical_and, BOOL),
    "Or": _together(np.logical_or, BOOL),
    "Where": _where,
    "LayerNormalization": _normalised,
    "InstanceNormalization": _curve,
    "GroupNormalization": _curve,
    "BatchNormalization": _curve,
}
