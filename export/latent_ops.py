"""The latent-space mixer in ONNX operators, over the whole song at once, for the one-graph model.

Three foldings save passes over memory and change nothing: a PReLU of one slope is a LeakyRelu
(which fuses with the convolution before it), a norm is one scale and one shift a channel, and the
second norm of a block goes into the weights of the two 1x1 convolutions that follow it.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from export.ops import GraphWriter
from mixer.network.fxnorm.parameters import NORM_EPSILON
from training.networks.blocks import TemporalBlock
from training.networks.fxnorm import FxNormNetwork

Affine = tuple[str, str]


def array(tensor: torch.Tensor) -> NDArray[np.float32]:
    """Copy a parameter into a float32 array."""
    return tensor.detach().to(torch.float32).cpu().numpy()


def write_tcn(graph: GraphWriter, network: FxNormNetwork, latent: str) -> str:
    """Write norm, bottleneck and temporal blocks; return softplus features (1, filters, frames)."""
    stream = write_folded_conv(
        graph, latent, _norm_affine(graph, latent, network.layerNorm), network.bottleneck_conv1x1
    )
    blocks = [block for repeat in network.repeats for block in repeat]
    skips = ""
    for index, block in enumerate(blocks):
        stream, skip = _write_block(graph, block, stream, residual=index + 1 < len(blocks))
        skips = graph.add("Add", skips, skip) if skips else skip
    prelu, conv = network.output[0], network.output[1]
    rectified = _prelu(graph, skips, prelu)
    return graph.add("Softplus", write_conv(graph, rectified, conv))


def write_recurrent(
    graph: GraphWriter, network: FxNormNetwork, features: str, mean_abs: str
) -> str:
    """Write BLSTM, softplus and squeeze-and-excitation; return the mask (1, filters, frames).

    Args:
        features: (1, filters, frames).
        mean_abs: mean magnitude of the front-end within each latent frame, of the same shape.
    """
    filters = network.hyper.n_filters
    sequence = graph.add("Transpose", features, perm=[2, 0, 1])  # (frames, 1, filters)
    for layer in range(network.hyper.blstm_layers):
        # ONNX answers (frames, directions, 1, units): in memory already frame after frame.
        sequence = graph.reshape(_lstm(graph, network.blstm, layer, sequence), [-1, 1, filters])
    mask = graph.add("Softplus", graph.add("Transpose", sequence, perm=[1, 2, 0]))
    # The mask is constant in a latent frame and not negative: mean |p mask| = mean (mask mean |p|).
    level = graph.add(
        "ReduceMean", graph.add("Mul", mask, mean_abs), graph.constant([2]), keepdims=0
    )
    return graph.add("Mul", mask, write_excite(graph, network, level))


def write_excite(graph: GraphWriter, network: FxNormNetwork, level: str) -> str:
    """Squeeze-and-excitation's gains (1, filters, 1) from mean magnitudes (1, filters)."""
    first, second = network.se_block.net[0], network.se_block.net[2]
    squeezed = graph.add("Relu", _linear(graph, level, first))
    gains = graph.add("Sigmoid", _linear(graph, squeezed, second))
    return graph.reshape(gains, [1, network.hyper.n_filters, 1])


def _write_block(
    graph: GraphWriter, block: TemporalBlock, stream: str, *, residual: bool
) -> tuple[str, str]:
    hidden = _prelu(graph, write_conv(graph, stream, block.conv1x1), block.nonlinearity1)
    scale, shift = _norm_affine(graph, hidden, block.norm1)
    # Materialised because zero padding follows, which a folded shift would miss.
    hidden = graph.add("Add", graph.add("Mul", hidden, scale), shift)
    depthwise = block.depthwise_conv
    hidden = graph.add(
        "Conv",
        hidden,
        graph.constant(array(depthwise.weight)),
        graph.constant(array(depthwise.bias)),
        group=depthwise.groups,
        dilations=list(depthwise.dilation),
        pads=[int(depthwise.padding[0])] * 2,
        kernel_shape=list(depthwise.kernel_size),
    )
    hidden = _prelu(graph, hidden, block.nonlinearity2)
    norm = _norm_affine(graph, hidden, block.norm2)
    skip = write_folded_conv(graph, hidden, norm, block.skip_out)
    if not residual:
        return stream, skip
    return graph.add("Add", stream, write_folded_conv(graph, hidden, norm, block.res_out)), skip


def _norm_affine(graph: GraphWriter, tensor: str, norm: nn.GroupNorm) -> Affine:
    """Scale and shift (1, channels, 1) that apply a one-group norm to `tensor`.

    Sums are taken per channel, and the rest is computed from them in double precision, so that no
    centred copy of the song is made.
    """
    axis = graph.constant([2])
    frames = graph.slice(graph.add("Shape", tensor), 0, 2, 3)
    count = graph.add("Cast", frames, to=11)
    total = graph.add("Cast", graph.add("ReduceSum", tensor, axis, keepdims=1), to=11)
    squares = graph.add("Cast", graph.add("ReduceSumSquare", tensor, axis, keepdims=1), to=11)
    everywhere = graph.constant([0, 1, 2])
    mean = graph.add("ReduceMean", graph.add("Div", total, count), everywhere, keepdims=1)
    power = graph.add("ReduceMean", graph.add("Div", squares, count), everywhere, keepdims=1)
    variance = graph.add("Sub", power, graph.add("Mul", mean, mean))
    # Rounding may make a constant signal's variance slightly negative.
    variance = graph.add("Max", variance, graph.constant(np.zeros((1, 1, 1))))
    deviation = graph.add(
        "Sqrt", graph.add("Add", variance, graph.constant(np.full((1, 1, 1), NORM_EPSILON)))
    )
    weight = array(norm.weight).astype(np.float64)[None, :, None]
    bias = array(norm.bias).astype(np.float64)[None, :, None]
    scale = graph.add("Div", graph.constant(weight), deviation)
    shift = graph.add("Sub", graph.constant(bias), graph.add("Mul", mean, scale))
    return graph.add("Cast", scale, to=1), graph.add("Cast", shift, to=1)


def _prelu(graph: GraphWriter, tensor: str, prelu: nn.PReLU) -> str:
    return graph.add("LeakyRelu", tensor, alpha=float(array(prelu.weight)[0]))


def write_conv(graph: GraphWriter, tensor: str, conv: nn.Conv1d) -> str:
    """Write a convolution with a bias, without padding and at a stride of 1."""
    bias = conv.bias
    assert bias is not None
    return graph.add(
        "Conv", tensor, graph.constant(array(conv.weight)), graph.constant(array(bias))
    )


def write_folded_conv(graph: GraphWriter, tensor: str, affine: Affine, conv: nn.Conv1d) -> str:
    """A 1x1 convolution of `scale * tensor + shift`, with the norm folded into weights and bias."""
    scale, shift = affine  # (1, inputs, 1)
    weight = array(conv.weight)  # (outputs, inputs, 1)
    assert conv.bias is not None
    scaled = graph.add("Mul", graph.constant(weight), scale)
    shifted = graph.add("MatMul", graph.constant(weight[:, :, 0]), graph.reshape(shift, [-1]))
    bias = graph.add("Add", shifted, graph.constant(array(conv.bias)))
    return graph.add("Conv", tensor, scaled, bias, kernel_shape=[1])


def _linear(graph: GraphWriter, tensor: str, linear: nn.Linear) -> str:
    weight, bias = graph.constant(array(linear.weight)), graph.constant(array(linear.bias))
    return graph.add("Gemm", tensor, weight, bias, transB=1)


def _lstm(graph: GraphWriter, lstm: nn.LSTM, layer: int, sequence: str) -> str:
    def both(kind: str) -> NDArray[np.float32]:
        names = (f"{kind}_l{layer}", f"{kind}_l{layer}_reverse")
        return np.stack([onnx_gates(array(getattr(lstm, name))) for name in names])

    return graph.add(
        "LSTM",
        sequence,
        graph.constant(both("weight_ih")),  # (2, 4 units, inputs)
        graph.constant(both("weight_hh")),
        graph.constant(np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)),
        hidden_size=lstm.hidden_size,
        direction="bidirectional",
    )


def onnx_gates(stacked: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder gates: PyTorch has input, forget, cell, output; ONNX input, output, forget, cell."""
    entrance, forget, cell, out = np.split(stacked, 4)
    return np.concatenate([entrance, out, forget, cell])
