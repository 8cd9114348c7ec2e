"""Untrusted graphs, ready to run: each is costed, then run in the process of its bundle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixer.network.device import Device
from mixer.network.graph_session import Answer, Feeds
from mixer.network.untrusted.cost import Cost, declared_inputs, described, measure_cost
from mixer.network.untrusted.graph_file import Graph, read_graph_file
from mixer.network.untrusted.process import GraphProcess

# Memory of the runtime itself, and how many copies it holds of weights and of results.
_ROOM_BYTES = 512 << 20
_WEIGHTS_TIMES, _BETWEEN_TIMES = 4, 2
# A run gets a minute, and time for what it has to do at a speed that any machine reaches.
_RUN_S, _WORK_A_SECOND = 60.0, 1e8
_MOST_KNOWN_COSTS = 256

Shapes = Mapping[str, tuple[int, ...]]


class StrangersGraphs:
    """The graphs of one bundle that did not come with this package.

    Args:
        device: where they run.
        threads: runs at a time.
        name: of the bundle, for messages.
        optimise: as `mixer.network.runtime.open_graph`.
    """

    def __init__(self, device: Device, threads: int, name: str, *, optimise: bool) -> None:
        self._device, self._threads, self._name = device, threads, name
        self._optimise = optimise
        self._process: GraphProcess | None = None
        self._weights_bytes = 0
        self._most_bytes = 0
        self._lock = threading.Lock()

    def open(
        self, graph: str, content: bytes, where: str, answer_shapes: Callable[[Shapes], Shapes]
    ) -> StrangersGraph:
        """Read, cost and open a graph.

        Args:
            graph: its name.
            content: the file.
            where: the file's name, for messages.
            answer_shapes: of the shapes that go in.

        Raises:
            ModelError: it may not run, or the runtime does not take it.
            DeviceError: the device does not work.
        """
        table = read_graph_file(content, where)
        constant = measure_cost(table, declared_inputs(table), where)
        self._weights_bytes += len(content)
        process = self._running()
        limit_s = constant.work / _WORK_A_SECOND
        ends = process.open(graph, content, self.memory_bytes(constant), limit_s)
        return StrangersGraph(self, process, graph, table, where, ends, answer_shapes)

    def memory_bytes(self, cost: Cost) -> int:
        """Memory that the process may take beyond its start, for all runs that it has to do."""
        with self._lock:
            self._most_bytes = max(self._most_bytes, cost.n_bytes)
            between = _BETWEEN_TIMES * self._most_bytes * self._threads
            return _ROOM_BYTES + _WEIGHTS_TIMES * self._weights_bytes + between

    def close(self) -> None:
        """End the process; the next graph that is opened starts another."""
        if self._process is not None:
            self._process.close()
        self._process, self._weights_bytes, self._most_bytes = None, 0, 0

    def _running(self) -> GraphProcess:
        if self._process is None:
            self._process = GraphProcess(
                self._device, self._threads, self._name, optimise=self._optimise
            )
        return self._process


@dataclass(frozen=True)
class _End:
    name: str
    type: str
    shape: Sequence[int | str | None]


class StrangersGraph:
    """One open graph; asked like a session of ONNX Runtime."""

    def __init__(
        self,
        graphs: StrangersGraphs,
        process: GraphProcess,
        graph: str,
        table: Graph,
        where: str,
        ends: Mapping[str, Any],
        answer_shapes: Callable[[Shapes], Shapes],
    ) -> None:
        self._graphs, self._process, self._graph = graphs, process, graph
        self._table, self._where, self._ends = table, where, ends
        self._answer_shapes = answer_shapes
        self._costs: dict[object, Cost] = {}

    def get_inputs(self) -> list[_End]:
        """Inputs: name, type, shape."""
        return [_end(*item) for item in self._ends["inputs"]]

    def get_outputs(self) -> list[_End]:
        """Outputs: name, type, shape."""
        return [_end(*item) for item in self._ends["outputs"]]

    def run(self, outputs: Sequence[str], feeds: Feeds) -> list[Answer]:
        """Run the graph; as `mixer.network.untrusted.process.GraphProcess.run`.

        Raises:
            ModelError: the run would take too much, did, or failed.
            DeviceError: the device failed.
        """
        cost = self._cost(feeds)
        wanted = self._answer_shapes({name: feed.shape for name, feed in feeds.items()})
        return self._process.run(
            self._graph,
            feeds,
            {name: wanted[name] for name in outputs},
            self._graphs.memory_bytes(cost),
            _RUN_S + cost.work / _WORK_A_SECOND,
        )

    def _cost(self, feeds: Feeds) -> Cost:
        """Chunks of one length cost the same; a number selects the block of weights."""
        inputs = {name: described(feed) for name, feed in feeds.items()}
        key = tuple(
            (name, value.shape, None if value.content is None else value.content.tobytes())
            for name, value in inputs.items()
        )
        if key not in self._costs:
            if len(self._costs) >= _MOST_KNOWN_COSTS:
                self._costs.clear()
            self._costs[key] = measure_cost(self._table, inputs, self._where)
        return self._costs[key]


def _end(name: object, kind: object, shape: Sequence[object]) -> _End:
    """An input or output as the runtime describes it; what a process said is trusted in nothing."""
    lengths: list[int | str | None] = [
        length if isinstance(length, int) else str(length)[:60] for length in shape
    ]
    return _End(str(name)[:60], str(kind)[:60], lengths)
