"""CUDA without CUDA: a driver that counts, libraries from Python packages, and what is said."""

from __future__ import annotations

import ctypes
from typing import Any

import onnxruntime
import pytest

from mixer.errors import DeviceError
from mixer.network import cuda
from mixer.network.runtime import cuda_is_likely, load_cuda_libraries
from mixer.network.session import Network
from tests.network.conftest import Exported


class Driver:
    """As much of NVIDIA's driver as is asked."""

    def __init__(self, n_gpus: int, state: int = 0) -> None:
        self.n_gpus, self.state = n_gpus, state

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.state

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        ctypes.cast(count, ctypes.POINTER(ctypes.c_int))[0] = self.n_gpus
        return 0


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    load_cuda_libraries.cache_clear()
    yield
    load_cuda_libraries.cache_clear()


def with_driver(monkeypatch: pytest.MonkeyPatch, driver: Driver | None) -> None:
    monkeypatch.setattr("mixer.network.cuda._driver", lambda: driver)


@pytest.mark.parametrize(
    ("driver", "count"),
    [
        (None, 0),  # no library
        (Driver(2), 2),
        (Driver(0), 0),
        (Driver(1, state=100), 0),  # CUDA_ERROR_NO_DEVICE: a container's stub of the library
    ],
)
def test_the_driver_counts_the_gpus(monkeypatch, driver: Driver | None, count: int) -> None:
    with_driver(monkeypatch, driver)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    assert cuda.count_gpus() == count
    assert cuda_is_likely() == (count > 0)
    # A build without CUDA has no use for them.
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert not cuda_is_likely()


def test_python_s_cuda_packages_are_loaded_before_a_graph_is_opened(
    exported: Exported, monkeypatch, capfd
) -> None:
    with_driver(monkeypatch, Driver(1))
    calls: list[str] = []

    def preload(directory: str) -> None:
        calls.append(f"preload {directory!r}")
        print("Failed to load libcudnn.so.9: cannot open shared object file")  # noqa: T201

    def refuse(*arguments: Any, **options: Any) -> None:
        calls.append("open")
        raise RuntimeError("libcudnn")

    monkeypatch.setattr(onnxruntime, "preload_dlls", preload)
    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(DeviceError, match=r"cuda:0 does not work here: Failed to load libcudnn"):
        Network(exported.bundle, "cuda", is_own=True)
    with pytest.raises(DeviceError, match=r'pip install .*\[cuda\]"'):
        Network(exported.bundle, "cuda", is_own=True)
    # Once a process, and the runtime's print is not the user's.
    assert calls == ["preload ''", "open", "open"]
    assert capfd.readouterr() == ("", "")


def test_a_gpu_that_is_not_there_is_counted(exported: Exported, monkeypatch) -> None:
    with_driver(monkeypatch, Driver(1))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda directory: None)
    with pytest.raises(DeviceError, match=r"cuda:1 does not work here: this process finds 1 GPU "):
        Network(exported.bundle, "cuda:1", is_own=True)
    with_driver(monkeypatch, None)
    with pytest.raises(DeviceError, match=r"cuda:0 does not work here: this process finds no GPU"):
        Network(exported.bundle, "cuda", is_own=True)
