"""A network of the paper's kind, constructed so that its mix is the sum of its stems.

Each input channel gets its own bank of 16 filters, an extended lapped transform (Malvar, "Extended
lapped transforms: properties, applications, and fast algorithms", 1992; overlap 4, so 64 taps at a
hop of 16 samples): orthogonal, hence rebuilt perfectly by the network's transposed convolution,
which uses the same filters. The mask and the gains of squeeze-and-excitation are constant, ln 2 and
1/2, because the last LSTM layer and the last linear layer start at zero; the filters' scale makes
up for both. Everything else is initialised as for training, for which this is the starting point.

    python -m export.construct OUT_DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.bundle import Description, write_bundle
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.model import Bundle
from training.networks.fxnorm import FxNormNetwork

BANDS = 16
# 128 samples a latent frame, twice the paper's, and a smaller mixer: what a laptop renders fast.
PASSTHROUGH_HYPER_PARAMETERS = HyperParameters(
    n_filters=8 * BANDS,
    kernel_samples=4 * BANDS,
    stride_samples=BANDS,
    pool_frames=8,
    smoothing_frames=16,
    bottleneck_channels=128,
    hidden_channels=64,
    skip_channels=64,
    n_blocks=6,
    n_repeats=2,
    blstm_layers=2,
    se_ratio=1,
)
PASSTHROUGH_DESCRIPTION = Description(
    name="passthrough",
    effects=("eq", "compression", "balance", "loudness"),
    provenance=(
        "constructed by export.construct, not trained: a perfect-reconstruction filter bank and a"
        " constant mask; it has not learnt to mix, its mix is the tanh of the sum of the stems"
    ),
    licence="GPL-3.0-or-later",
    learnt_to_mix=False,
)
_SEED = 1
_MASK_GAIN = float(np.log(2.0))  # softplus(0)
_SQUEEZE_GAIN = 0.5  # sigmoid(0)


def lapped_transform(bands: int) -> NDArray[np.float64]:
    """An orthogonal lapped transform with overlap 4.

    Args:
        bands: M, also the hop.

    Returns:
        (bands, 4 * bands): rows are orthonormal, and to their own shifts by `bands` too.
    """
    n = np.arange(4 * bands)
    # Malvar's closed form of the window, with the free parameter at its usual value 1.
    angle = (n + 0.5) * np.pi / (2 * bands)
    window = -1.0 / (2.0 * np.sqrt(2.0)) + 0.5 * np.cos(angle)
    k = np.arange(bands)[:, None] + 0.5
    phase = (n + (bands + 1) / 2.0) * k * np.pi / bands
    return np.asarray(window * np.sqrt(2.0 / bands) * np.cos(phase))


def construct_network(hyper: HyperParameters = PASSTHROUGH_HYPER_PARAMETERS) -> FxNormNetwork:
    """The network of the bundle, in evaluation mode.

    Args:
        hyper: must have kernel = 4 x stride and one filter for each input and band.

    Raises:
        ValueError: the hyper-parameters do not fit the transform.
    """
    bands = hyper.stride_samples
    if hyper.kernel_samples != 4 * bands or hyper.n_filters != hyper.n_inputs * bands:
        raise ValueError("the transform needs kernel = 4 x stride and filters = inputs x stride")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        network = FxNormNetwork(hyper)
    scale = 1.0 / np.sqrt(_MASK_GAIN * _SQUEEZE_GAIN)
    kernel = np.zeros((hyper.n_filters, hyper.n_inputs, hyper.kernel_samples))
    for channel in range(hyper.n_inputs):
        kernel[channel * bands : (channel + 1) * bands, channel] = scale * lapped_transform(bands)
    with torch.no_grad():
        network.conv_1.weight.copy_(torch.from_numpy(kernel))
        # Smoothing starts as a plain mean.
        network.conv_2[0].weight.fill_(1.0 / hyper.smoothing_frames)
        last = f"_l{hyper.blstm_layers - 1}"
        for name, parameter in network.blstm.named_parameters():
            if last in name:
                parameter.zero_()
        for parameter in network.se_block.net[2].parameters():
            parameter.zero_()
    return network.eval()


def construct_passthrough_bundle(
    out_dir: Path, *, profile: Path | None = None, overwrite: bool = False
) -> Bundle:
    """Write the bundle; see `export.bundle.write_bundle` for arguments and errors."""
    return write_bundle(
        construct_network(), out_dir, PASSTHROUGH_DESCRIPTION, profile=profile, overwrite=overwrite
    )


def main() -> None:
    """Write the bundle to the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Construct the passthrough bundle.")
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--overwrite", action="store_true")
    arguments = parser.parse_args()
    construct_passthrough_bundle(arguments.out_dir, overwrite=arguments.overwrite)


if __name__ == "__main__":
    main()
