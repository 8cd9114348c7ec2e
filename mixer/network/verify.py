"""Verification that a bundle gives the output of its original network on this machine.

The exporter stores an input and PyTorch's output for it in the bundle; here the runtime computes
the output again, without PyTorch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TypedDict, cast

import numpy as np

from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network

# Largest absolute error in float32. Not the bundle's to say: it is what is being checked.
TOLERANCE = 1e-4
# In half precision, how far below the SNR that the exporter measured another GPU may be.
_FP16_MARGIN_DB = 6.0


class VerificationTable(TypedDict):
    """A `Verification` as JSON has it."""

    passed: bool
    max_abs_error: float
    snr_db: float | None
    bound: str
    samples: int
    device: str


@dataclass(frozen=True)
class Verification:
    """Result of the verification.

    Attributes:
        passed: whether the bundle can be used on this device.
        max_abs_error: largest difference of a sample, full scale being 1.
        snr_db: energy of PyTorch's output over that of the difference; None if they are equal.
        bound: the required accuracy, in words.
        samples: length of the stored input.
        device: device of the run.
    """

    passed: bool
    max_abs_error: float
    snr_db: float | None
    bound: str
    samples: int
    device: str

    def as_json(self) -> VerificationTable:
        """The figures, ready for JSON."""
        return cast(VerificationTable, asdict(self))


def verify_bundle(bundle: Bundle, device: str = "cpu", threads: int | None = None) -> Verification:
    """Run a bundle on its stored input and compare the output.

    Args:
        bundle: an exported bundle.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: cores to use.

    Raises:
        ModelError: the bundle carries no check, or it is damaged.
        DeviceError: the device is not there or failed.
    """
    return verify_network(Network(bundle, device, threads))


def verify_network(network: Network) -> Verification:
    """Verify a bundle that is already open."""
    bundle = network.bundle
    stems, expected = bundle.read_check()
    listed = np.split(stems, bundle.manifest.hyper_parameters.n_stems)
    output = run_network(network, listed, warm_up_s=0.0)
    difference = (output.mix - expected).astype(np.float64)
    error = float(np.abs(difference).max())
    snr_db = signal_to_noise_db(expected, output.mix)
    measured_db = bundle.manifest.fp16_snr_db
    if network.fp16 and measured_db is not None:
        least_db = measured_db - _FP16_MARGIN_DB
        passed = np.isfinite(error) and (snr_db is None or snr_db >= least_db)
        bound = f"SNR at least {least_db:.1f} dB"
    else:
        passed = error <= TOLERANCE
        bound = f"largest error at most {TOLERANCE:g}"
    return Verification(bool(passed), error, snr_db, bound, expected.shape[1], network.description)


def signal_to_noise_db(expected: np.ndarray, answer: np.ndarray) -> float | None:
    """Energy of `expected` over that of the difference, in dB; None if either is zero."""
    noise = float(np.sum((answer.astype(np.float64) - expected) ** 2))
    signal = float(np.sum(expected.astype(np.float64) ** 2))
    if noise == 0.0 or signal == 0.0:
        return None
    return 10.0 * float(np.log10(signal / noise))
