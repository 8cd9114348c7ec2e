"""An open graph as whoever runs it sees it: of ONNX Runtime, or held in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Feeds = Mapping[str, NDArray[Any]]
# An output; of one that another process made of a wrong type or shape, only these.
Answer = NDArray[np.float32] | tuple[str, tuple[int, ...]]


class GraphEnd(Protocol):
    """An input or an output: a length that is not fixed has a name or None."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def shape(self) -> Sequence[int | str | None] | None: ...


class GraphSession(Protocol):
    """An open graph."""

    def get_inputs(self) -> Sequence[GraphEnd]: ...

    def get_outputs(self) -> Sequence[GraphEnd]: ...

    def run(self, outputs: Sequence[str], feeds: Feeds, /) -> Sequence[Answer]:
        """Run the graph: the outputs of these names, in their order."""
        ...
