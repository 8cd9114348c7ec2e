"""A loop of the kinds of work that a render has, which other costs are given as a ratio to."""

from __future__ import annotations

import time

import numpy as np
import scipy.fft
import scipy.signal
from threadpoolctl import threadpool_limits


@threadpool_limits.wrap(limits=1, user_api="blas")
def calibrate() -> None:
    """Transforms, recursive filters, products of matrices, Python: about half a second of one core.

    The threads of BLAS would take every core for the products, and wait for each other by spinning.
    """
    rng = np.random.default_rng(1)
    audio = rng.standard_normal((64, 16_384)).astype(np.float32)
    sections = scipy.signal.butter(4, 0.1, output="sos")
    matrix = rng.standard_normal((512, 512)).astype(np.float32)
    for _ in range(12):
        scipy.fft.irfft(scipy.fft.rfft(audio, axis=-1), axis=-1)
        scipy.signal.sosfilt(sections, audio[:8].astype(np.float64), axis=-1)
        for _ in range(4):
            matrix @ matrix
        sum(i * i for i in range(100_000))


def loop_s() -> float:
    """CPU seconds of the loop, this time."""
    began_s = time.process_time()
    calibrate()
    return time.process_time() - began_s
