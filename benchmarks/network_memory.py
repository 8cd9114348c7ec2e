"""One mix of noise in a process of its own, without torch: `python -m ... BUNDLE SECONDS`.

Writes the process's peak memory in bytes on stdout.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network

SAMPLE_RATE_HZ = 44_100


def noise_stems(duration_s: float) -> list[NDArray[np.float32]]:
    """Four stems that repeat one second of noise: real memory, little work."""
    n_samples = round(duration_s * SAMPLE_RATE_HZ)
    second = np.random.default_rng(0).standard_normal((2, SAMPLE_RATE_HZ), dtype=np.float32)
    stems: list[NDArray[np.float32]] = []
    for _ in range(4):
        stems.append(np.empty((2, n_samples), np.float32))
        for first in range(0, n_samples, SAMPLE_RATE_HZ):
            stems[-1][:, first : first + SAMPLE_RATE_HZ] = 0.1 * second[:, : n_samples - first]
    return stems


def peak_bytes() -> int:
    """Most memory this process held. Linux's ru_maxrss would count its parent's before the exec."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Mix, then print the peak memory use."""
    bundle, duration_s = sys.argv[1], float(sys.argv[2])
    run_network(Network(read_bundle(bundle), "cpu", is_own=True), noise_stems(duration_s))
    sys.stdout.write(f"{peak_bytes()}\n")


if __name__ == "__main__":
    main()
