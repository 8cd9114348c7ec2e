"""NVIDIA's driver: how many GPUs this process may use. Light, and prints nothing."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_SUCCESS = 0


def count_gpus() -> int:
    """GPUs that this process may use, as the driver counts them: `CUDA_VISIBLE_DEVICES` and
    containers hide some. 0 if there is no driver, or one without a GPU.
    """
    driver = _driver()
    if driver is None or driver.cuInit(0) != _SUCCESS:
        return 0
    count = ctypes.c_int(0)
    if driver.cuDeviceGetCount(ctypes.byref(count)) != _SUCCESS:
        return 0
    return count.value


def _driver() -> Any:
    """The driver's library, or None."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
