"""ONNX Runtime: what it was built for, and opening a graph on a device, without silent fallbacks.

The runtime takes a tenth of all that a render loads: this is imported where a graph is opened.
"""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from typing import Any

import onnxruntime

from mixer.errors import DeviceError
from mixer.extras import install_command
from mixer.files.wording import counted, first_line
from mixer.network.cuda import count_gpus
from mixer.network.device import Device, GraphError, parse_device
from mixer.network.graph_session import GraphSession

if not hasattr(onnxruntime, "InferenceSession"):
    # Two runtimes share one folder: to uninstall either leaves a part of it, which imports.
    raise ImportError("onnxruntime is incomplete; mixer doctor says how to repair it")

# The variable that `mixer.network` sets is for what starts on import, this for the rest.
onnxruntime.disable_telemetry_events()

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_SILENT = 4  # fatal only: the runtime otherwise writes on stderr when it probes for CUDA


def built_for() -> list[str]:
    """Providers that the runtime was built with, as "CUDA" and "CPU"; the machine may lack them."""
    return [
        name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()
    ]


def cuda_is_likely() -> bool:
    """Whether a GPU and a CUDA build of the runtime are there; prints nothing.

    Whether CUDA's libraries are there as well, only opening a graph tells.
    """
    return "CUDA" in built_for() and count_gpus() > 0


def runs_on_cpu(device: str) -> bool:
    """Whether it is known, before a graph is opened, that a device as in `parse_device` is the CPU.

    Raises:
        DeviceError: as in `parse_device`.
    """
    wanted = parse_device(device)
    return not cuda_is_likely() if wanted is None else wanted.kind == "cpu"


@functools.cache
def load_cuda_libraries() -> str:
    """Load cuBLAS, cuDNN and the others that the runtime was built against; once a process.

    The driver comes with the machine. These come with the system or, through the `cuda` extra, as
    Python packages, where the system's loader does not look: the runtime finds them once they have
    been loaded by their paths. Those of Python packages come first. Nothing is printed.

    Returns:
        The runtime's message about libraries that it did not find, a line each; "" for none.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # "" keeps it from PyTorch's copies, which may be of another CUDA.
        onnxruntime.preload_dlls(directory="")
    return said.getvalue().strip()


def open_graph(content: bytes, device: Device, *, optimise: bool = True) -> GraphSession:
    """A session of ONNX Runtime for one graph on one device.

    Args:
        content: the serialised graph.
        device: where the graph runs.
        optimise: False runs the graph operator by operator as it is written: slower.

    Raises:
        GraphError: the runtime cannot load it.
        DeviceError: a GPU was requested and does not work. Never a silent fallback.
    """
    onnxruntime.set_default_logger_severity(_SILENT)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # A chunk or a segment to a thread, many at a time: beats one at a time on all threads, and
    # the runtime's own cut changes the last bits of some products with the number of threads.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    if device.kind == "cuda" and count_gpus():
        load_cuda_libraries()
    try:
        session = onnxruntime.InferenceSession(content, options, providers=_providers(device))
    except Exception as error:
        if device.kind == "cuda":
            raise DeviceError(_no_cuda(device)) from error
        raise GraphError(first_line(error)) from error
    # Asked for CUDA alone, the runtime falls back to the CPU and only says so here.
    if device.kind == "cuda" and _CUDA not in session.get_providers():
        raise DeviceError(_no_cuda(device))
    opened: GraphSession = session
    return opened


def _providers(device: Device) -> list[Any]:
    if device.kind == "cpu":
        return [_CPU]
    options = {
        "device_id": device.index,
        # An exhaustive search would run again for every new shape.
        "cudnn_conv_algo_search": "HEURISTIC",
        # TF32 keeps 10 bits of mantissa: the result would not be the network's.
        "use_tf32": 0,
    }
    return [(_CUDA, options)]


def _no_cuda(device: Device) -> str:
    """Which of the three is missing, as far as it can be determined."""
    n_gpus = count_gpus()
    if device.index >= n_gpus:
        has = counted(n_gpus, "GPU") if n_gpus else "no GPU"
        why = f"this process finds {has} (driver, container, CUDA_VISIBLE_DEVICES?)"
        return f"device {device} does not work here: {why}; use --device cpu"
    missing = load_cuda_libraries().partition("\n")[0]
    why = missing or "CUDA's libraries do not fit this runtime, or the driver is too old"
    return (
        f"device {device} does not work here: {why}; {install_command('cuda')}, or use --device cpu"
    )
