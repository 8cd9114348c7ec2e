"""Compare PyTorch's forward pass with the bundle in ONNX Runtime, and fp16 with float32."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from torch import nn

from export.check import check_signal
from export.exporter import LENGTHS, Errors
from export.exporters import exporter_of
from export.half_precision import to_half_precision
from mixer.errors import ModelError
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.verify import TOLERANCE, signal_to_noise_db

# Not multiples of any frame or chunk: a few latent frames, a second, several chunks.
LENGTHS_SAMPLES = (4_099, 44_100, 120_011)


class Parity(TypedDict, total=False):
    """Largest absolute errors against PyTorch, overall and by length, and the tolerance.

    Empty in the temporary manifest that is written only for the measurement.
    """

    max_abs_error: float
    tolerance: float
    lengths: list[Errors]


class HalfPrecision(TypedDict):
    """Error of half precision, and how it was measured."""

    snr_db: float
    measured: str


def verify_bundle(
    network: nn.Module, bundle: Bundle, lengths_samples: Sequence[int] = LENGTHS_SAMPLES
) -> Parity:
    """Measure how far ONNX Runtime is from PyTorch, on the CPU.

    Args:
        network: the weights that the bundle was made from.
        bundle: the exported graphs.
        lengths_samples: lengths of the test signals in samples; a Wave-U-Net has one length only,
            its segment.

    Returns:
        The manifest's `parity`: largest absolute errors of the network's outputs at each
        length, and their maximum.

    Raises:
        ModelError: an error is above 1e-4 or not finite.
    """
    by_length = exporter_of(network.hyper).errors(network, bundle, lengths_samples)
    errors = [v for check in by_length for name, v in check.items() if name not in LENGTHS]
    worst = max(errors)
    if not worst <= TOLERANCE:
        raise ModelError(
            f"{bundle.name}: ONNX Runtime differs from PyTorch by {worst:.2e}, more than"
            f" {TOLERANCE:g}; do not use this export"
        )
    return {"max_abs_error": worst, "tolerance": TOLERANCE, "lengths": by_length}


def fp16_snr_db(bundle: Bundle, graphs: Collection[str]) -> HalfPrecision:
    """Measure the error of half precision on the CPU: the manifest's `fp16`.

    Without fp16 kernels the products run in float32; their inputs, weights and outputs are rounded
    to fp16 as on a GPU, which also accumulates in float32.

    Args:
        bundle: the exported graphs.
        graphs: names of the graphs that run in half precision on a GPU.

    Raises:
        ModelError: the output is not finite.
    """
    hyper = bundle.manifest.hyper_parameters
    n_samples = exporter_of(hyper).check_samples(hyper)
    stems = np.split(check_signal(hyper, n_samples), hyper.n_stems)
    rounded = _RoundedBundle(bundle.folder, bundle.manifest, bundle.sha256, frozenset(graphs))
    exact = run_network(Network(bundle, "cpu", is_own=True), stems, warm_up_s=0.0).mix
    try:
        runtime = Network(rounded, "cpu", optimise=False, is_own=True)
        half = run_network(runtime, stems, warm_up_s=0.0).mix
    except ModelError as error:
        raise ModelError(f"{bundle.name}: fp16 overflows, so export without it: {error}") from None
    return {
        "snr_db": round(signal_to_noise_db(exact, half) or 399.0, 1),
        "measured": "on the CPU in float32, rounding inputs, weights and outputs of every product",
    }


@dataclass(frozen=True)
class _RoundedBundle(Bundle):
    """A bundle whose graphs round in the same way as their half-precision versions."""

    rounded: frozenset[str]

    def read_graph(self, name: str) -> bytes:
        content = super().read_graph(name)
        return to_half_precision(content, keep_roundings=True) if name in self.rounded else content
