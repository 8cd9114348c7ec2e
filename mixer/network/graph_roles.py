"""Inputs and outputs of each graph of a bundle: names, types, shapes.

A graph is untrusted input. Its inputs and outputs are compared with its role when it is opened, and
every output again before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixer.network.graph_session import GraphEnd

FLOAT, INDEX = "tensor(float)", "tensor(int64)"
# The inputs that choose a block, a direction, or what a track is; everything else is float32.
_INDICES = ("block", "direction", "role", "group")
# A length, or the name of one that depends on the song.
Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Role:
    """Inputs and outputs of a graph, shapes by name.

    Attributes:
        inputs, outputs: shapes by name; a string stands for a length that depends on the song.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]

    def mismatch(self, inputs: Sequence[GraphEnd], outputs: Sequence[GraphEnd]) -> str | None:
        """The first mismatch of a session's inputs and outputs (name, type, shape), or None."""
        for which, wanted, found in (
            ("input", self.inputs, inputs),
            ("output", self.outputs, outputs),
        ):
            names = sorted(item.name for item in found)
            if names != sorted(wanted):
                return f"its {which}s are {', '.join(names)} instead of {', '.join(sorted(wanted))}"
            for item in found:
                kind = INDEX if which == "input" and item.name in _INDICES else FLOAT
                if item.type != kind:
                    return f"its {which} {item.name} is a {item.type} instead of a {kind}"
                if not _agree(item.shape or (), wanted[item.name]):
                    return (
                        f"its {which} {item.name} has the shape {tuple(item.shape or ())} instead"
                        f" of {wanted[item.name]}"
                    )
        return None

    def lengths(self, feeds: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """The lengths that inputs of the shapes `feeds` give to the symbols in their roles."""
        return {
            symbol: length
            for name, shape in feeds.items()
            for symbol, length in zip(self.inputs[name], shape, strict=True)
            if isinstance(symbol, str)
        }

    def answer_shapes(self, lengths: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        """Shapes of the answers, with lengths in place of their symbols."""
        return {
            name: tuple(lengths[length] if isinstance(length, str) else length for length in shape)
            for name, shape in self.outputs.items()
        }


def _agree(found: Sequence[int | str | None], wanted: Shape) -> bool:
    """Whether both have one rank, and one length wherever both state it."""
    return len(found) == len(wanted) and all(
        length == other
        for length, other in zip(found, wanted, strict=True)
        if isinstance(length, int) and isinstance(other, int)
    )
