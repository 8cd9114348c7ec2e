"""Does each bundle answer on the device as it does on the CPU?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.gpu.places import Places, Sizes
from benchmarks.network import noise_song
from mixer.network.model import list_bundles, read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.verify import TOLERANCE, signal_to_noise_db, verify_network


@dataclass(frozen=True)
class Parity:
    """One comparison.

    Attributes:
        bundle, against: what was compared with what.
        device: that ran.
        max_abs_error: largest difference of a sample, full scale being 1.
        snr_db: of half precision; None if the answers are equal.
        bound: what had to hold.
        passed: it did.
    """

    bundle: str
    against: str
    device: str
    max_abs_error: float
    snr_db: float | None
    bound: str
    passed: bool


def check_parity(paper: Path, paper_fp16: Path, places: Places, sizes: Sizes) -> Iterator[Parity]:
    """Every shipped bundle and the paper's full size.

    Args:
        paper, paper_fp16: bundles of the same weights, the second with graphs in half precision.
        places: where the device is.
        sizes: how long the noise is.
    """
    for folder in (*list_bundles(), paper, paper_fp16):
        bundle = read_bundle(folder)
        found = verify_network(Network(bundle, places.network, is_own=True))
        yield Parity(
            bundle.name,
            "PyTorch's stored output",
            found.device,
            found.max_abs_error,
            found.snr_db,
            found.bound,
            found.passed,
        )
    stems = noise_song(sizes.parity_s)
    bundle = read_bundle(paper)
    expected = run_network(Network(bundle, "cpu", is_own=True), stems).mix
    found_mix = run_network(Network(bundle, places.network, is_own=True), stems)
    error = float(np.abs(found_mix.mix - expected).max())
    yield Parity(
        bundle.name,
        f"the CPU over {sizes.parity_s:g} s, warm-up included",
        found_mix.device,
        error,
        signal_to_noise_db(expected, found_mix.mix),
        f"largest error at most {TOLERANCE:g}",
        error <= TOLERANCE,
    )
