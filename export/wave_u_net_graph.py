"""The ONNX graph of the Wave-U-Net, from a segment of training length to its mix.

| graph | input | output |
| --- | --- | --- |
| segment | stems (1, inputs, input_samples) | mix (1, channels, output_samples) |

The length is fixed: the norms span the whole input, so another length would be another network.
They are computed in double precision, from means over blocks of 64 samples.
"""

from __future__ import annotations

import numpy as np

from export.latent_ops import array, write_conv
from export.ops import GraphWriter
from mixer.network.wave_u_net.parameters import NORM_CHANNELS, NORM_EPSILON
from training.networks.wave_u_net import ConvLayer, DownBlock, LowPass, UpBlock, WaveUNet

_FLOAT, _DOUBLE = 1, 11
_BLOCK_SAMPLES = 64


def segment_graph(network: WaveUNet) -> bytes:
    """Serialise the network as a graph for one segment of its training length."""
    hyper = network.hyper
    graph = GraphWriter("segment")
    stream = graph.input("stems", (1, hyper.n_inputs, hyper.input_samples))
    samples = hyper.input_samples
    shortcuts: list[tuple[str, int]] = []
    for block in network.levels.downsampling_blocks:
        assert isinstance(block, DownBlock)
        stream, samples = _write_layer(graph, block.pre_shortcut_convs[0], stream, samples)
        shortcuts.append((stream, samples))
        stream, samples = _write_layer(graph, block.post_shortcut_convs[0], stream, samples)
        stream = _write_low_pass(graph, block.downconv, stream)
    stream, samples = _write_layer(graph, network.levels.bottlenecks[0], stream, samples)
    for block in network.levels.upsampling_blocks:
        assert isinstance(block, UpBlock)
        stream = _write_low_pass(graph, block.upconv, stream)
        stream, samples = _write_layer(graph, block.pre_shortcut_convs[0], stream, samples)
        shortcut, wider = shortcuts.pop()
        crop = (wider - samples) // 2
        centre = graph.slice(shortcut, 2, crop, crop + samples)
        beside = graph.add("Concat", centre, stream, axis=1)
        stream, samples = _write_layer(graph, block.post_shortcut_convs[0], beside, samples)
    mix = write_conv(graph, stream, network.levels.output_conv)
    limits = [graph.constant(np.array(limit, np.float32)) for limit in (-1.0, 1.0)]
    graph.output(
        graph.add("Clip", mix, *limits), "mix", (1, hyper.n_channels, hyper.output_samples)
    )
    return graph.build()


def _write_layer(graph: GraphWriter, layer: object, stream: str, samples: int) -> tuple[str, int]:
    """Write convolution, group norm and ReLU; return the output and its length in samples."""
    assert isinstance(layer, ConvLayer)
    convolved = write_conv(graph, stream, layer.filter)
    samples -= layer.filter.kernel_size[0] - 1
    return graph.add("Relu", _write_norm(graph, layer, convolved, samples)), samples


def _write_norm(graph: GraphWriter, layer: ConvLayer, tensor: str, samples: int) -> str:
    """Write a norm over groups of 8 channels and all samples."""
    channels = layer.norm.num_channels
    by_group, by_channel = [1, channels // NORM_CHANNELS, NORM_CHANNELS], [1, channels, 1]
    count = graph.constant(np.array(samples / _BLOCK_SAMPLES))

    def mean(of: str) -> str:
        # In float32 by blocks, then in double: one long float32 sum of a constant drifts.
        blocks = graph.add(
            "AveragePool",
            of,
            kernel_shape=[_BLOCK_SAMPLES],
            strides=[_BLOCK_SAMPLES],
            pads=[0, -samples % _BLOCK_SAMPLES],
            count_include_pad=1,
        )
        exact = graph.add("Cast", blocks, to=_DOUBLE)
        total = graph.add("ReduceSum", exact, graph.constant([2]), keepdims=1)
        each = graph.add("Div", total, count)
        grouped = graph.reshape(each, by_group)
        return graph.add("ReduceMean", grouped, graph.constant([2]), keepdims=1)

    def spread(groups: str) -> str:
        """Spread one value per group to its channels, in float32."""
        each = graph.add("Expand", groups, graph.constant(by_group))
        return graph.add("Cast", graph.reshape(each, by_channel), to=_FLOAT)

    # Centred before squaring, since a quiet signal's variance is lost beside the square of its
    # mean.
    centred = graph.add("Sub", tensor, spread(mean(tensor)))
    variance = mean(graph.add("Mul", centred, centred))
    epsilon = graph.constant(np.array(NORM_EPSILON))
    deviation = graph.add("Sqrt", graph.add("Add", variance, epsilon))
    weight = graph.constant(array(layer.norm.weight).astype(np.float64).reshape(by_group))
    bias = graph.constant(array(layer.norm.bias).reshape(by_channel))
    gain = spread(graph.add("Div", weight, deviation))
    return graph.add("Add", graph.add("Mul", centred, gain), bias)


def _write_low_pass(graph: GraphWriter, low_pass: LowPass, stream: str) -> str:
    """Write the low-pass, unless it changes nothing, as in the network itself."""
    if low_pass.transparent:
        return stream
    kernel = array(low_pass.filter)  # (channels, 1, taps)
    reach = kernel.shape[-1] // 2
    around = graph.constant([0, 0, reach, 0, 0, reach])
    padded = graph.add("Pad", stream, around, mode="reflect")
    return graph.add("Conv", padded, graph.constant(kernel), group=len(kernel))
