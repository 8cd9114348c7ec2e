"""Initialise a network of the paper's kind as a filter bank that reconstructs its input.

Each input gets its own bank of cosine filters with an overlap of 4 (64 taps for 16 bands); the
network's transposed convolution, which uses the same filters, reconstructs the input. There are two
windows:

- `lapped_transform` (Malvar, "Extended lapped transforms: properties, applications, and fast
  algorithms", 1992) reconstructs perfectly as long as all bands have the same gain. If their gains
  differ, its images no longer cancel: a strong bass comes back above 14 kHz, only 48 dB lower.
- `quiet_bank` (a Kaiser window with its cut-off by the rule of Lin and Vaidyanathan, "A Kaiser
  window approach for the design of prototype filters of cosine modulated filterbanks", 1998) has
  filters so steep that there is next to nothing to cancel: the images are 95 dB lower whatever the
  gains, and the reconstruction is flat, with an error of -70 dB. A network that is to mix, whose
  gains do differ, starts with it.

Front-end pre-training finds such filters approximately; here the network has them from the start.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize, signal
from torch import Tensor

from mixer.network.fxnorm.parameters import HyperParameters
from training.networks.fxnorm import FxNormNetwork

# With its last layers at zero, the network's mask is softplus(0) and its gains are sigmoid(0).
MASK_GAIN = float(np.log(2.0))
SQUEEZE_GAIN = 0.5
_OVERLAP = 4
# Higher values give steeper filters that overlap more.
_KAISER_BETA = 8.0
# Range in which the cut-off is searched, relative to a band's width.
_CUT_OFF_RANGE = (0.6, 0.9)
# Mean |p x mask| of a stem's filters is about 0.01; squeeze-and-excitation should see values around
# 1.
_SQUEEZE_SCALE = 50.0
_LSTM_GATES, _CELL_GATE = 4, 2  # PyTorch's order: input, forget, cell, output


def lapped_transform(bands: int) -> NDArray[np.float64]:
    """An orthogonal lapped transform with overlap 4.

    Args:
        bands: number of bands M, also the shift to which the rows are orthogonal.

    Returns:
        (bands, 4 * bands): rows are orthonormal, and to their own shifts by `bands` too.
    """
    n = np.arange(_OVERLAP * bands)
    # Malvar's closed form of the window, with the free parameter at its usual value 1.
    angle = (n + 0.5) * np.pi / (2 * bands)
    window = -1.0 / (2.0 * np.sqrt(2.0)) + 0.5 * np.cos(angle)
    return _modulated(window)


def quiet_bank(bands: int) -> NDArray[np.float64]:
    """A bank that reconstructs with an error of -70 dB, without images whatever its bands' gains.

    Args:
        bands: number of bands M, also the shift to which the rows are nearly orthogonal.

    Returns:
        (bands, 4 * bands): rows have a norm of 1.
    """

    def ripple(cut_off: float) -> float:
        """Ripple of a reconstruction: 0 if the window is orthogonal to its shift by two bands."""
        window = _kaiser_low_pass(bands, cut_off)
        return float(window[2 * bands :] @ window[: -2 * bands])

    low, high = (share / bands for share in _CUT_OFF_RANGE)
    window = _kaiser_low_pass(bands, optimize.brentq(ripple, low, high))
    return _modulated(window * np.sqrt(bands) / np.linalg.norm(window))


def _kaiser_low_pass(bands: int, cut_off: float) -> NDArray[np.float64]:
    return np.asarray(signal.firwin(_OVERLAP * bands, cut_off, window=("kaiser", _KAISER_BETA)))


def _modulated(window: NDArray[np.float64]) -> NDArray[np.float64]:
    """A window times cosines in the middle of each band: (bands, 4 * bands)."""
    bands = len(window) // _OVERLAP
    n = np.arange(len(window))
    k = np.arange(bands)[:, None] + 0.5
    phase = (n + (bands + 1) / 2.0) * k * np.pi / bands
    return np.asarray(window * np.sqrt(2.0 / bands) * np.cos(phase))


def bank_kernel(
    hyper: HyperParameters, bank: Callable[[int], NDArray[np.float64]], *, mid_side: bool
) -> NDArray[np.float64]:
    """conv_1's weights with which the network's mix is the tanh of the sum of its stems.

    Args:
        hyper: needs kernel = 4 x bands, filters = inputs x bands, and a whole number of strides in
            as many samples as there are bands.
        bank: `lapped_transform` or `quiet_bank`.
        mid_side: use filters of a stem's sum and difference instead of left and right, so that a
            mask changes its width.

    Returns:
        (filters, inputs, kernel).

    Raises:
        ValueError: the hyper-parameters do not fit the transform.
    """
    bands, rest = divmod(hyper.kernel_samples, _OVERLAP)
    fits = rest == 0 and bands % hyper.stride_samples == 0
    if not fits or hyper.n_filters != hyper.n_inputs * bands:
        raise ValueError(
            "the transform needs kernel = 4 x bands, filters = inputs x bands and a number of bands"
            " that is a multiple of the stride"
        )
    gain = np.sqrt(hyper.stride_samples / bands) / np.sqrt(MASK_GAIN * SQUEEZE_GAIN)
    rows = gain * bank(bands)
    kernel = np.zeros((hyper.n_inputs, bands, hyper.n_inputs, hyper.kernel_samples))
    for channel in range(hyper.n_inputs):
        if not mid_side:
            kernel[channel, :, channel] = rows
            continue
        left = channel - channel % hyper.n_channels
        kernel[channel, :, left] = np.sqrt(0.5) * rows
        kernel[channel, :, left + 1] = (np.sqrt(0.5) if channel == left else -np.sqrt(0.5)) * rows
    return kernel.reshape(hyper.n_filters, hyper.n_inputs, hyper.kernel_samples)


def start_as_filter_bank(network: FxNormNetwork) -> None:
    """Make a randomly initialised network start as the sum of its stems, in bands of mid and side.

    In the parts that compute masks and gains, only the last step is set to zero; everything before
    it stays random, so that gradients soon reach all of it.

    Raises:
        ValueError: see `bank_kernel`.
    """
    hyper = network.hyper
    kernel = bank_kernel(hyper, quiet_bank, mid_side=True)
    with torch.no_grad():
        network.conv_1.weight.copy_(torch.from_numpy(kernel))
        # The smoothing filters start as a plain mean.
        network.conv_2[0].weight.fill_(1.0 / hyper.smoothing_frames)
        for name, parameter in network.blstm.named_parameters():
            if f"_l{hyper.blstm_layers - 1}" in name:
                _cell_gate(parameter).zero_()
        squeeze, excite = network.se_block.net[0], network.se_block.net[2]
        squeeze.weight.mul_(_SQUEEZE_SCALE)
        excite.weight.zero_()
        excite.bias.zero_()


def _cell_gate(parameter: Tensor) -> Tensor:
    """Weights or biases that feed the LSTM's cell; at zero, the layer's output is zero."""
    units = parameter.shape[0] // _LSTM_GATES
    return parameter[_CELL_GATE * units : (_CELL_GATE + 1) * units]
