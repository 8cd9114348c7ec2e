"""ONNX Runtime: which device runs, said honestly, and the graphs of one bundle held open."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mixer.dsp.threads import available_threads
from mixer.errors import DeviceError, ModelError
from mixer.files.wording import counted
from mixer.network.cuda import count_gpus
from mixer.network.manifest import FP16_SUFFIX
from mixer.network.model import Bundle

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_SILENT = 4  # fatal only: the runtime otherwise writes on stderr when it probes for CUDA


@dataclass(frozen=True)
class Device:
    """Where graphs run: kind "cpu" or "cuda", and the index of the GPU."""

    kind: str
    index: int = 0

    def __str__(self) -> str:
        return "cpu" if self.kind == "cpu" else f"cuda:{self.index}"


def parse_device(device: str) -> Device | None:
    """`cpu`, `cuda` or `cuda:N`; None for `auto`.

    Raises:
        DeviceError: the text is none of these.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d{1,3}))?", device)
    if match is None:
        raise DeviceError(f"no device {device!r}: give auto, cpu, cuda or cuda:N")
    if device == "auto":
        return None
    return Device("cpu") if device == "cpu" else Device("cuda", int(match.group(1) or 0))


def cuda_is_likely() -> bool:
    """Whether a GPU and a CUDA build of the runtime are there; prints nothing.

    Whether CUDA's libraries are there as well, only opening a graph tells.
    """
    return _CUDA in onnxruntime.get_available_providers() and count_gpus() > 0


@functools.cache
def load_cuda_libraries() -> str:
    """Load cuBLAS, cuDNN and the others that the runtime was built against; once a process.

    The driver comes with the machine. These come with the system or, through the `cuda` extra, as
    Python packages, where the system's loader does not look: the runtime finds them once they have
    been loaded by their paths. Those of Python packages come first. Nothing is printed.

    Returns:
        What the runtime says about those that it did not find, a line each; "" where all are there.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # "" keeps it from PyTorch's copies, which may be of another CUDA.
        onnxruntime.preload_dlls(directory="")
    return said.getvalue().strip()


class Network:
    """The graphs of a bundle on one device, opened when first run.

    Args:
        bundle: what to run.
        device: `auto` (a GPU where one works, else the CPU), `cpu`, `cuda` or `cuda:N`.
        threads: cores to use; all that the process may use by default.
        optimise: False runs the graphs operator by operator as they are written: slower.

    Attributes:
        bundle, threads: as given.
        device: where it runs, once known: what the runtime answered, not what was asked for.

    Raises:
        DeviceError: a GPU was asked for and does not work. Never a silent fallback.
        ModelError: the bundle's first graph cannot be loaded.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str = "auto",
        threads: int | None = None,
        *,
        optimise: bool = True,
    ) -> None:
        if threads is not None and threads < 1:
            raise DeviceError(f"threads is {threads}: at least 1 is needed")
        self.bundle = bundle
        self.threads = threads or available_threads()
        self._optimise = optimise
        self._first = bundle.manifest.architecture.required_graphs[0]
        self._sessions: dict[str, Any] = {}
        self._lock = threading.Lock()
        onnxruntime.set_default_logger_severity(_SILENT)
        wanted = parse_device(device)
        if wanted is None:
            self.device = self._first_that_works()
        else:
            self.device = wanted
            self._session(self._first)

    @property
    def fp16(self) -> bool:
        """Whether products run in half precision: on a GPU, where the bundle has such graphs."""
        return (
            self.device.kind == "cuda" and self._first + FP16_SUFFIX in self.bundle.manifest.graphs
        )

    @property
    def description(self) -> str:
        """The device and the precision that ran: "cpu", "cuda:0", "cuda:0 in fp16"."""
        return f"{self.device} in fp16" if self.fp16 else str(self.device)

    def run(
        self, graph: str, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        """Run one graph; several Python threads may do so at once.

        Raises:
            DeviceError: the device failed, for instance out of memory.
            ModelError: the graph is not what its name says, or an answer is of another type or
                shape than its role asks for, or not finite.
        """
        session = self._session(graph)
        try:
            answers: list[NDArray[np.float32]] = session.run(list(outputs), dict(feeds))
        except Exception as error:
            raise DeviceError(
                f"{self.bundle.name}: graph {graph} failed on {self.device}: {_first_line(error)}"
            ) from error
        self._check_answers(graph, feeds, dict(zip(outputs, answers, strict=True)))
        return answers

    def _check_answers(
        self, graph: str, feeds: Mapping[str, NDArray[Any]], answers: Mapping[str, object]
    ) -> None:
        architecture = self.bundle.manifest.architecture
        hyper = self.bundle.manifest.hyper_parameters
        role = architecture.role(graph, hyper)
        if role is None:
            return
        shapes = {name: feed.shape for name, feed in feeds.items()}
        wanted = architecture.answer_shapes(role, hyper, shapes)
        for name, value in answers.items():
            problem = None
            if not isinstance(value, np.ndarray) or value.dtype != np.float32:
                problem = "something that is not float32"
            elif value.shape != wanted[name]:
                problem = f"the shape {value.shape} instead of {wanted[name]}"
            elif not np.isfinite(value).all():
                problem = "values that are not finite"
            if problem is not None:
                raise ModelError(
                    f"{self.bundle.folder}: graph {graph} answers {name} with {problem}: the"
                    " bundle cannot be used, export it again"
                )

    def close(self, *graphs: str) -> None:
        """Let go of the sessions of these graphs and of their memory; all when none is named."""
        with self._lock:
            for graph in graphs or tuple(self._sessions):
                self._sessions.pop(graph, None)

    def _first_that_works(self) -> Device:
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

    def _session(self, graph: str) -> Any:
        with self._lock:
            if graph not in self._sessions:
                self._sessions[graph] = self._open(graph)
            return self._sessions[graph]

    def _open(self, graph: str) -> Any:
        half = graph + FP16_SUFFIX
        in_half = self.fp16 and half in self.bundle.manifest.graphs
        content = self.bundle.read_graph(half if in_half else graph)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _SILENT
        if not self._optimise:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        # A chunk or a segment to a thread, many at a time: beats one at a time on all threads, and
        # the runtime's own cut changes the last bits of some products with the number of threads.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        if self.device.kind == "cuda" and count_gpus():
            load_cuda_libraries()
        try:
            session = onnxruntime.InferenceSession(content, options, providers=self._providers())
        except Exception as error:
            if self.device.kind == "cuda":
                raise DeviceError(self._no_cuda()) from error
            raise ModelError(
                f"{self.bundle.folder}: graph {graph} cannot be loaded: {_first_line(error)}"
            ) from error
        # Asked for CUDA alone, the runtime falls back to the CPU and only says so here.
        if self.device.kind == "cuda" and _CUDA not in session.get_providers():
            raise DeviceError(self._no_cuda())
        manifest = self.bundle.manifest
        role = manifest.architecture.role(graph, manifest.hyper_parameters)
        problem = role and role.mismatch(session.get_inputs(), session.get_outputs())
        if problem:
            raise ModelError(
                f"{self.bundle.folder}: graph {graph} cannot be used, {problem}: export it again"
            )
        return session

    def _providers(self) -> list[Any]:
        if self.device.kind == "cpu":
            return [_CPU]
        options = {
            "device_id": self.device.index,
            # An exhaustive search would run again for every new shape.
            "cudnn_conv_algo_search": "HEURISTIC",
            # TF32 keeps 10 bits of mantissa: the result would not be the network's.
            "use_tf32": 0,
        }
        return [(_CUDA, options)]

    def _no_cuda(self) -> str:
        """Which of the three is missing, as far as it can be told."""
        n_gpus = count_gpus()
        if self.device.index >= n_gpus:
            has = counted(n_gpus, "GPU") if n_gpus else "no GPU"
            why = f"this process finds {has} (driver, container, CUDA_VISIBLE_DEVICES?)"
            return f"device {self.device} does not work here: {why}; use --device cpu"
        missing = load_cuda_libraries().partition("\n")[0]
        why = missing or "CUDA's libraries do not fit this runtime, or the driver is too old"
        return (
            f"device {self.device} does not work here: {why};"
            ' pip install "fxnorm-mixer[cuda]", or use --device cpu'
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
