"""The graphs of one bundle held open on one device: run on demand, with outputs checked."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.threads import available_threads
from mixer.errors import DeviceError, MixerError, ModelError
from mixer.files.wording import first_line, visible
from mixer.network.device import Device, GraphError, parse_device
from mixer.network.graph_roles import Role
from mixer.network.graph_session import Answer, Feeds, GraphSession
from mixer.network.manifest import FP16_SUFFIX
from mixer.network.model import Bundle

if TYPE_CHECKING:
    from mixer.network.untrusted.graphs import Shapes, StrangersGraphs

# Beside the stems; the paper's network takes 2.3 MB.
MOST_BYTES_PER_S = 100_000_000


class Network:
    """The graphs of a bundle on one device, opened when first run.

    Those of a bundle that came with this package, or that this process made itself, run here; any
    other's run in a process of their own, with limits on memory and time (`untrusted`).

    Args:
        bundle: what to run.
        device: `auto` (a GPU if one works, else the CPU), `cpu`, `cuda` or `cuda:N`.
        threads: cores to use; all that the process may use by default.
        optimise: False runs the graphs operator by operator as they are written: slower.
        is_own: the caller made the bundle: run it in this process.

    Attributes:
        bundle, threads: as given.
        device: the actual device as reported by the runtime, once known.

    Raises:
        DeviceError: a GPU was requested and does not work. Never a silent fallback.
        ModelError: the bundle's first graph cannot be loaded.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str = "auto",
        threads: int | None = None,
        *,
        optimise: bool = True,
        is_own: bool = False,
    ) -> None:
        if threads is not None and threads < 1:
            raise DeviceError(f"threads is {threads}; it must be at least 1")
        self.bundle = bundle
        self.threads = threads or available_threads()
        self._optimise = optimise
        self._runs_here = is_own or bundle.is_shipped
        self._apart: StrangersGraphs | None = None
        if not self._runs_here:
            _check_memory(bundle)
        self._first = bundle.manifest.architecture.required_graphs[0]
        self._sessions: dict[str, GraphSession] = {}
        self._lock = threading.Lock()
        wanted = parse_device(device)
        if wanted is None:
            self.device = self._first_that_works()
        else:
            self.device = wanted
            self._session(self._first)

    @property
    def fp16(self) -> bool:
        """Whether inference runs in half precision: on a GPU, if the bundle has such graphs."""
        return (
            self.device.kind == "cuda" and self._first + FP16_SUFFIX in self.bundle.manifest.graphs
        )

    @property
    def description(self) -> str:
        """The device and the precision that ran: "cpu", "cuda:0", "cuda:0 in fp16"."""
        return f"{self.device} in fp16" if self.fp16 else str(self.device)

    def run(self, graph: str, feeds: Feeds, outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        """Run one graph; several Python threads may do so at once.

        Raises:
            DeviceError: the device failed, for instance out of memory.
            ModelError: the graph is not what its name says, or an answer is of another type or
                shape than its role asks for, or not finite.
        """
        session = self._session(graph)
        try:
            answers = session.run(list(outputs), dict(feeds))
        except MixerError:
            self.close()
            raise
        except Exception as error:
            raise DeviceError(
                f"{self.bundle.name}: graph {graph} failed on {self.device}: {first_line(error)}"
            ) from error
        return self._checked(graph, feeds, dict(zip(outputs, answers, strict=True)))

    def _checked(
        self, graph: str, feeds: Feeds, answers: Mapping[str, Answer]
    ) -> list[NDArray[np.float32]]:
        found = []
        shapes = {name: feed.shape for name, feed in feeds.items()}
        wanted = _answer_shapes(self.bundle, graph, shapes)
        for name, value in answers.items():
            kind, shape = value if isinstance(value, tuple) else _type_and_shape(value)
            problem = None
            if kind != "float32":
                problem = "a type other than float32"
            elif shape != wanted[name]:
                problem = f"the shape {shape} instead of {wanted[name]}"
            elif not np.isfinite(value).all():
                problem = "values that are not finite"
            if problem is not None:
                raise ModelError(
                    f"{self.bundle.folder}: output {name} of graph {graph} has {problem}; export"
                    " the bundle again"
                )
            assert isinstance(value, np.ndarray)
            found.append(value)
        return found

    def close(self, *graphs: str) -> None:
        """Close the sessions of these graphs, or of all if none is named, and free their memory."""
        with self._lock:
            for graph in graphs or tuple(self._sessions):
                self._sessions.pop(graph, None)
            if self._apart is not None and not self._sessions:
                self._apart.close()

    def _first_that_works(self) -> Device:
        from mixer.network.runtime import cuda_is_likely

        if cuda_is_likely():
            self.device = Device("cuda")
            try:
                self._session(self._first)
            except DeviceError:
                self.close()
            else:
                return self.device
        self.device = Device("cpu")
        self._session(self._first)
        return self.device

    def _session(self, graph: str) -> GraphSession:
        with self._lock:
            if graph not in self._sessions:
                self._sessions[graph] = self._open(graph)
            return self._sessions[graph]

    def _open(self, graph: str) -> GraphSession:
        role = _role(self.bundle, graph)
        half = graph + FP16_SUFFIX
        name = half if self.fp16 and half in self.bundle.manifest.graphs else graph
        content = self.bundle.read_graph(name)
        try:
            session = self._open_here_or_apart(graph, content)
        except GraphError as error:
            raise ModelError(
                f"{self.bundle.folder}: graph {graph} cannot be loaded: {error}"
            ) from error
        problem = role.mismatch(session.get_inputs(), session.get_outputs())
        if problem:
            raise ModelError(
                f"{self.bundle.folder}: graph {graph} cannot be used, {visible(problem)};"
                " export it again"
            )
        return session

    def _open_here_or_apart(self, graph: str, content: bytes) -> GraphSession:
        if self._runs_here:
            # Not above: without a network, or with a stranger's, the runtime need not load here.
            from mixer.network.runtime import open_graph

            return open_graph(content, self.device, optimise=self._optimise)
        if self._apart is None:
            # Not above: shipped bundles, which most renders use, need none of it.
            from mixer.network.untrusted.graphs import StrangersGraphs

            name, threads = str(self.bundle.folder), self.threads
            self._apart = StrangersGraphs(self.device, threads, name, optimise=self._optimise)
        where = f"{self.bundle.folder}: graph {graph}"
        # Not a method of this object: nothing may keep it, and its process, beyond its last user.
        shapes = partial(_answer_shapes, self.bundle, graph)
        return self._apart.open(graph, content, where, shapes)


def _check_memory(bundle: Bundle) -> None:
    """Refuse an untrusted manifest whose network would need too much memory."""
    from mixer.network.untrusted.cost import MOST_BYTES

    manifest = bundle.manifest
    memory = manifest.architecture.memory(manifest.hyper_parameters, manifest.sample_rate)
    if memory.bytes_per_s > MOST_BYTES_PER_S or memory.bytes_a_thread > MOST_BYTES:
        raise ModelError(
            f"{bundle.folder}: its network is too large: it would take"
            f" {memory.bytes_per_s / 1e6:.0f} MB for each second of a song and"
            f" {memory.bytes_a_thread / 1e9:.1f} GB a thread"
        )


def _role(bundle: Bundle, graph: str) -> Role:
    manifest = bundle.manifest
    role = manifest.architecture.role(graph, manifest.hyper_parameters)
    if role is None:
        raise ModelError(f"{bundle.folder}: {visible(graph)} is not a graph that can be run")
    return role


def _answer_shapes(bundle: Bundle, graph: str, shapes: Shapes) -> Shapes:
    manifest = bundle.manifest
    return manifest.architecture.answer_shapes(
        _role(bundle, graph), manifest.hyper_parameters, shapes
    )


def _type_and_shape(value: object) -> tuple[str, tuple[int, ...]]:
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape
    return "", ()
