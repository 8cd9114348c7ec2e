"""One operator with what is known about its inputs: what the rules of shapes and costs look at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixer.network.untrusted.graph_file import INT64, MOST_SIZES, Node, Value


class MisfitError(Exception):
    """An operator's inputs do not fit it; a phrase says how."""


@dataclass
class Call:
    """An operator and its inputs.

    Attributes:
        node: the operator.
        inputs: what is known about them, None for one that is left out.
        work: multiplications that it takes beyond one for each value, set by its rule.
    """

    node: Node
    inputs: Sequence[Value | None]
    work: int = field(default=0)

    def value(self, place: int) -> Value:
        """An input that must be there."""
        found = self.inputs[place] if place < len(self.inputs) else None
        if found is None:
            raise MisfitError("an input is missing")
        return found

    def has(self, place: int) -> bool:
        """Whether an input is there."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def whole(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        found = self.node.attributes.get(name, default)
        if not isinstance(found, int):
            raise MisfitError(f"{name} is not a whole number")
        return found

    def whole_list(self, name: str) -> list[int] | None:
        """An attribute that lists whole numbers; None if it does not exist."""
        found = self.node.attributes.get(name)
        if found is not None and not isinstance(found, list):
            raise MisfitError(f"{name} does not list whole numbers")
        return found

    def text(self, name: str, default: str) -> str:
        """An attribute that is a text."""
        found = self.node.attributes.get(name, default)
        return found.decode(errors="replace") if isinstance(found, bytes) else str(found)

    def sizes(self, place: int) -> list[int]:
        """An input that says sizes: it must be known before anything runs."""
        value = self.value(place)
        if value.content is None:
            raise MisfitError("its sizes depend on the audio")
        return [int(number) for number in value.content.ravel()]

    def list_of(self, name: str, place: int) -> list[int] | None:
        """An operator's list: an attribute in older versions, an input in newer ones."""
        return self.sizes(place) if self.has(place) else self.whole_list(name)

    def axis(self, rank: int, default: int = 0) -> int:
        """The attribute `axis`, counted from the front."""
        return front_axis(self.whole("axis", default), rank)


def front_axis(axis: int, rank: int) -> int:
    """An axis of a tensor with `rank` axes, counted from the front; negative: from the end."""
    if not -rank <= axis < max(rank, 1):
        raise MisfitError(f"axis {axis} of a tensor with {rank} axes")
    return axis + rank if axis < 0 else axis


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of tensors that are taken together value by value."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    found = []
    for lengths in zip(*padded, strict=True):
        longest = {length for length in lengths if length != 1}
        if len(longest) > 1:
            raise MisfitError(f"lengths {', '.join(map(str, sorted(longest)))} do not match")
        found.append(longest.pop() if longest else 1)
    return tuple(found)


def computed(
    shape: tuple[int, ...],
    kind: int,
    inputs: Sequence[Value],
    compute: Callable[..., NDArray[np.generic]] | None,
) -> Value:
    """A value whose content is worked out if its inputs' are known, and it is a few numbers."""
    contents = [value.content for value in inputs]
    if compute is None or math.prod(shape) > MOST_SIZES or any(c is None for c in contents):
        return Value(shape, kind)
    with np.errstate(all="ignore"):
        content = np.asarray(compute(*contents))
    return Value(shape, kind, content if content.shape == shape else None)


def sizes_value(numbers: Sequence[int]) -> Value:
    """Whole numbers as a constant."""
    content = np.array(numbers, np.int64)
    return Value((len(content),), INT64, content)
