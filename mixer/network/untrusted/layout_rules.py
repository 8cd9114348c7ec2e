"""Operators that move values about: shapes of what they give."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from mixer.network.untrusted.call import (
    Call,
    MisfitError,
    broadcast,
    computed,
    front_axis,
    sizes_value,
)
from mixer.network.untrusted.graph_file import INT64, Value

Rule = Callable[[Call], list[Value]]


def _shape(call: Call) -> list[Value]:
    shape = call.value(0).shape
    start, end = call.whole("start", 0), call.whole("end", len(shape))
    return [sizes_value(shape[start:end])]


def _size(call: Call) -> list[Value]:
    return [Value((), INT64, np.array(call.value(0).size, np.int64))]


def _reshape(call: Call) -> list[Value]:
    value, wanted = call.value(0), call.sizes(1)
    if not call.whole("allowzero", 0):
        if any(length == 0 and i >= len(value.shape) for i, length in enumerate(wanted)):
            raise MisfitError("it keeps a length that its input does not have")
        wanted = [length or value.shape[i] for i, length in enumerate(wanted)]
    if wanted.count(-1) > 1 or min(wanted, default=0) < -1:
        raise MisfitError("more than one length is open")
    known = math.prod(length for length in wanted if length != -1)
    if -1 in wanted:
        if not known or value.size % known:
            raise MisfitError(f"{value.size} values do not fit the new shape")
        wanted[wanted.index(-1)] = value.size // known
    if math.prod(wanted) != value.size:
        raise MisfitError(f"{value.size} values do not fit the new shape")
    shape = tuple(wanted)
    return [computed(shape, value.kind, [value], lambda a: a.reshape(shape))]


def _flatten(call: Call) -> list[Value]:
    value = call.value(0)
    axis = call.whole("axis", 1)
    axis = axis + len(value.shape) if axis < 0 else axis
    return [Value((math.prod(value.shape[:axis]), math.prod(value.shape[axis:])), value.kind)]


def _transpose(call: Call) -> list[Value]:
    value = call.value(0)
    order = call.whole_list("perm") or list(range(len(value.shape)))[::-1]
    if sorted(order) != list(range(len(value.shape))):
        raise MisfitError("perm is not an order of its axes")
    shape = tuple(value.shape[axis] for axis in order)
    return [computed(shape, value.kind, [value], lambda a: a.transpose(order))]


def _concat(call: Call) -> list[Value]:
    values = [call.value(i) for i in range(len(call.inputs))]
    if not values:
        raise MisfitError("an input is missing")
    axis = call.axis(len(values[0].shape))
    for value in values:
        same = [length for i, length in enumerate(value.shape) if i != axis]
        if same != [length for i, length in enumerate(values[0].shape) if i != axis]:
            raise MisfitError("its inputs differ beside the axis")
    shape = list(values[0].shape)
    shape[axis] = sum(value.shape[axis] for value in values)
    join = lambda *parts: np.concatenate(parts, axis)  # noqa: E731
    return [computed(tuple(shape), values[0].kind, values, join)]


def _slice(call: Call) -> list[Value]:
    value = call.value(0)
    starts, ends = call.sizes(1), call.sizes(2)
    axes = call.sizes(3) if call.has(3) else list(range(len(starts)))
    steps = call.sizes(4) if call.has(4) else [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise MisfitError("starts, ends, axes and steps do not match")
    cut = [slice(None)] * len(value.shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = front_axis(axis, len(value.shape))
        # Going backwards, an end before the front is written as a large negative number.
        below = step < 0 and end < -value.shape[place]
        cut[place] = slice(start, None if below else end, step)
    lengths = zip(cut, value.shape, strict=True)
    shape = tuple(len(range(*part.indices(length))) for part, length in lengths)
    return [computed(shape, value.kind, [value], lambda a: a[tuple(cut)])]


def _split(call: Call) -> list[Value]:
    value, n_outputs = call.value(0), len(call.node.outputs)
    axis = call.axis(len(value.shape))
    length = value.shape[axis]
    even = -(-length // max(n_outputs, 1))
    parts = call.list_of("split", 1) or [
        min(even, max(0, length - i * even)) for i in range(n_outputs)
    ]
    if sum(parts) != length or min(parts, default=0) < 0 or len(parts) != n_outputs:
        raise MisfitError("its parts do not fill its input")
    return [Value((*value.shape[:axis], n, *value.shape[axis + 1 :]), value.kind) for n in parts]


def _squeeze(call: Call) -> list[Value]:
    value = call.value(0)
    rank = len(value.shape)
    axes = call.list_of("axes", 1)
    gone = (
        {i for i, length in enumerate(value.shape) if length == 1}
        if axes is None
        else {front_axis(axis, rank) for axis in axes}
    )
    if any(value.shape[axis] != 1 for axis in gone):
        raise MisfitError("an axis to remove is longer than 1")
    shape = tuple(length for i, length in enumerate(value.shape) if i not in gone)
    return [computed(shape, value.kind, [value], lambda a: a.reshape(shape))]


def _unsqueeze(call: Call) -> list[Value]:
    value, axes = call.value(0), call.list_of("axes", 1) or []
    rank = len(value.shape) + len(axes)
    new = {front_axis(axis, rank) for axis in axes}
    if len(new) != len(axes):
        raise MisfitError("an axis is named twice")
    old = iter(value.shape)
    shape = tuple(1 if i in new else next(old) for i in range(rank))
    return [computed(shape, value.kind, [value], lambda a: a.reshape(shape))]


def _gather(call: Call) -> list[Value]:
    value, index = call.value(0), call.value(1)
    axis = call.axis(len(value.shape))
    shape = (*value.shape[:axis], *index.shape, *value.shape[axis + 1 :])
    if index.content is not None:
        length = value.shape[axis]
        if not all(-length <= int(place) < length for place in index.content.ravel()):
            raise MisfitError("its indices are out of range")
    return [computed(shape, value.kind, [value, index], lambda a, i: np.take(a, i, axis))]


def _gather_nd(call: Call) -> list[Value]:
    value, index = call.value(0), call.value(1)
    batch = call.whole("batch_dims", 0)
    if not index.shape or not 0 <= batch < len(index.shape):
        raise MisfitError("its indices have no coordinates")
    n_coordinates = index.shape[-1]
    if batch + n_coordinates > len(value.shape):
        raise MisfitError("its indices have more coordinates than there are axes")
    return [Value((*index.shape[:-1], *value.shape[batch + n_coordinates :]), value.kind)]


def _expand(call: Call) -> list[Value]:
    value = call.value(0)
    shape = broadcast(value.shape, _lengths(call.sizes(1)))
    return [computed(shape, value.kind, [value], lambda a: np.broadcast_to(a, shape))]


def _tile(call: Call) -> list[Value]:
    value, repeats = call.value(0), _lengths(call.sizes(1))
    if len(repeats) != len(value.shape):
        raise MisfitError("its repeats do not match its axes")
    shape = tuple(n * times for n, times in zip(value.shape, repeats, strict=True))
    return [computed(shape, value.kind, [value], lambda a: np.tile(a, repeats))]


def _pad(call: Call) -> list[Value]:
    value = call.value(0)
    pads = call.list_of("pads", 1) or []
    axes = call.sizes(3) if call.has(3) else list(range(len(value.shape)))
    if len(pads) != 2 * len(axes):
        raise MisfitError("its padding does not match its axes")
    shape = list(value.shape)
    for place, axis in enumerate(axes):
        added = pads[place] + pads[place + len(axes)]
        shape[front_axis(axis, len(shape))] += added
    return [Value(_lengths(shape), value.kind)]


def _constant(call: Call) -> list[Value]:
    for name in ("value", "value_ints", "value_int", "value_float"):
        found = call.node.attributes.get(name)
        if isinstance(found, Value):
            return [found]
        if isinstance(found, list):
            return [sizes_value(found)]
        if isinstance(found, int):
            return [Value((), INT64, np.array(found, np.int64))]
        if isinstance(found, float):
            return [Value((), content=np.array(found, np.float32))]
    raise MisfitError("its value is of an unknown kind")


def _constant_of_shape(call: Call) -> list[Value]:
    shape, fill = _lengths(call.sizes(0)), call.node.attributes.get("value")
    one = fill if isinstance(fill, Value) else Value((1,), content=np.zeros(1, np.float32))
    if one.content is None or one.content.size != 1:
        return [Value(shape, one.kind)]
    return [computed(shape, one.kind, [one], lambda a: np.full(shape, a.ravel()[0]))]


def _range(call: Call) -> list[Value]:
    ends = [call.value(i) for i in range(3)]
    if any(value.content is None or value.content.size != 1 for value in ends):
        raise MisfitError("its sizes depend on the audio")
    start, stop, step = (value.content.ravel()[0].item() for value in ends)  # type: ignore[union-attr]
    if step == 0:
        raise MisfitError("its step is 0")
    length = max(0, math.ceil((stop - start) / step))
    steps = lambda *_: np.arange(length) * step + start  # noqa: E731
    return [computed((length,), ends[0].kind, ends, steps)]


def _lengths(numbers: list[int]) -> tuple[int, ...]:
    if min(numbers, default=0) < 0:
        raise MisfitError("a length is below 0")
    return tuple(numbers)


LAYOUT_RULES: Mapping[str, Rule] = {
    "Shape": _shape,
    "Size": _size,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Gather": _gather,
    "GatherND": _gather_nd,
    "Expand": _expand,
    "Tile": _tile,
    "Pad": _pad,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Range": _range,
}
