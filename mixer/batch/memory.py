"""The memory that a batch may use, and an estimate of what a song takes."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mixer.dsp.free_memory import MOST_IN_MEMORY, MOST_MAPPED_BYTES, available_memory_bytes

# Interpreter and libraries of a worker that has not rendered yet.
WORKER_BYTES = 220 << 20
# Share of what is free when the run starts; the rest is for file caches and other programs.
SHARE_OF_FREE = 0.8
_FLOAT_STEREO_BYTES = 8
# Times the mix that measuring for a report takes beside what it measures, as far as that lies in
# memory.
_REPORT_STEREO_COPIES = 12
_UNLIMITED_BYTES = 1 << 60
# A song whose arrays are in files still takes memory for the figures of its frames, in bytes a
# sample, and for the blocks that each thread works on.
_FIGURES_BYTES_PER_SAMPLE, _BLOCKS_BYTES = 3, 64 << 20


def free_memory_bytes() -> int:
    """Bytes of memory available without swapping, within a container's limit."""
    return min(available_memory_bytes(), _container_free_bytes(Path("/sys/fs/cgroup")))


def machine_memory_bytes() -> int:
    """Total memory and swap space in bytes, within a container's limit: the most a song can use."""
    return min(_installed_bytes(), _container_limit_bytes(Path("/sys/fs/cgroup")))


def _installed_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines if line}
        return sizes["MemTotal"] + sizes.get("SwapTotal", 0)
    except (OSError, ValueError, IndexError, KeyError):
        return _UNLIMITED_BYTES


def _container_limit_bytes(root: Path) -> int:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max", or not there
            return int((root / name).read_text())
    return _UNLIMITED_BYTES


def _container_free_bytes(root: Path) -> int:
    """Memory that the control group still allows: version 2, then version 1."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            allowed = int((root / limit).read_text())
            taken = int((root / used).read_text())
        except (OSError, ValueError):  # "max", or not there
            continue
        if allowed < _UNLIMITED_BYTES:
            return max(0, allowed - taken + _cache_bytes(root))
    return _UNLIMITED_BYTES


def _cache_bytes(root: Path) -> int:
    """File cache counts as used, but is released when memory is needed."""
    try:
        lines = (root / "memory.stat").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, ValueError, IndexError):
        return 0


def render_bytes(
    n_samples: int,
    n_stems: int,
    threads: int,
    *,
    own_samples: int | None = None,
    wet_stems: bool = False,
    network_bytes: int = 0,
    report: bool = False,
) -> int:
    """Upper estimate of the peak memory of one render in bytes, without its worker's own.

    Args:
        n_samples: the song's length at the network's rate.
        n_stems: number of its stems.
        threads: number of stems normalised at the same time.
        own_samples: its length at the rate of the mix; None if the rates are equal.
        wet_stems: whether wet stems are kept and written.
        network_bytes: memory that the network keeps between its passes.
        report: whether a report is written, which keeps two more sums and measures everything.

    The whole stems are held together, each being normalised takes up to eight times its size, and
    the master and the writing up to eight times the mix; but no more than the bound from which on
    they are in files. Held against measured peaks by the tests.
    """
    stem_bytes = n_samples * _FLOAT_STEREO_BYTES
    own_bytes = (own_samples or n_samples) * _FLOAT_STEREO_BYTES
    wet = (n_stems + 1) * own_bytes if wet_stems else 0
    sums = 2 * own_bytes if report else 0
    most = MOST_IN_MEMORY + 2 * MOST_MAPPED_BYTES + threads * _BLOCKS_BYTES
    most += _FIGURES_BYTES_PER_SAMPLE * max(n_samples, own_samples or 0)
    normalising = n_stems * stem_bytes + 8 * min(threads, n_stems) * stem_bytes
    network = min((n_stems + 2) * stem_bytes + wet + sums, most) + network_bytes
    master = 8 * own_bytes + wet + sums
    measuring = wet + sums + _REPORT_STEREO_COPIES * own_bytes if report else 0
    return max(min(normalising, most), network, min(master, most), min(measuring, most))
