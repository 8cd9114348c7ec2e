"""A network of the paper's kind, constructed so that its mix is the sum of its stems.

Each input channel gets its own bank of 16 filters (`training.networks.filter_bank_start`). The mask
and the gains of squeeze-and-excitation are constant, ln 2 and 1/2, because the last LSTM layer and
the last linear layer are zero; the filters' scale makes up for both.

    python -m export.construct OUT_DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from export.bundle import Description, write_bundle
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.model import Bundle
from training.networks.filter_bank_start import bank_kernel, lapped_transform
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
        " constant mask; it has not learnt to mix: its mix is the tanh of the sum of the stems"
    ),
    licence="GPL-3.0-or-later",
    learnt_to_mix=False,
)
_SEED = 1


def construct_network(hyper: HyperParameters = PASSTHROUGH_HYPER_PARAMETERS) -> FxNormNetwork:
    """Construct the bundle's network, in evaluation mode.

    Args:
        hyper: see `training.networks.filter_bank_start.bank_kernel`.

    Raises:
        ValueError: the hyper-parameters do not fit the transform.
    """
    kernel = bank_kernel(hyper, lapped_transform, mid_side=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        network = FxNormNetwork(hyper)
    with torch.no_grad():
        network.conv_1.weight.copy_(torch.from_numpy(kernel))
        # The smoothing filters start as a plain mean.
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
