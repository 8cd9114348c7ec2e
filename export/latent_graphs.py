"""The latent-space mixer as stages for streaming: small graphs that see one chunk of latent frames.

A norm needs the whole song before anything after it can run, so the mixer is cut at its norms, and
each stage goes over all chunks before the next starts. Stages that repeat are one graph that holds
the weights of every block (or LSTM direction) and takes the index as an input. `norm` is the mean
and the inverse deviation, (2,), from the moments that the stage before it returned.

| stage | inputs | outputs |
| --- | --- | --- |
| latent_entry | latent, norm | stream, hidden, moments |
| latent_depthwise | hidden with `reach` frames each side, inside, norm, block | hidden, moments |
| latent_advance | stream, skips, hidden, norm, block | stream, skips, hidden, moments |
| latent_exit | skips, hidden, norm | features (frames, 1, filters) |
| recurrent | sequence, hidden, cell, direction | sequence (frames, 1, units), hidden, cell |
| squeeze | sequence, mean_abs | mask, level |
| excite | level | gains |

Tensors are (1, channels, frames) unless stated otherwise; `moments` holds the sum and the sum of
squares of `hidden`, (2,); `block` is the index of the block whose weights are used, in
`latent_advance` that of the block before the norm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from export.latent_ops import array, onnx_gates, write_conv, write_excite, write_folded_conv
from export.ops import GraphWriter
from training.networks.blocks import TemporalBlock
from training.networks.fxnorm import FxNormNetwork


def latent_graphs(network: FxNormNetwork) -> dict[str, bytes]:
    """Serialised graph of every stage, by name."""
    return {
        "latent_entry": _entry(network),
        "latent_depthwise": _depthwise(network),
        "latent_advance": _advance(network),
        "latent_exit": _exit(network),
        "recurrent": _recurrent(network),
        "squeeze": _squeeze(network),
        "excite": _excite(network),
    }


def _entry(network: FxNormNetwork) -> bytes:
    hyper = network.hyper
    graph = GraphWriter("latent_entry")
    latent = graph.input("latent", (1, hyper.n_filters, "frames"))
    norm = _fixed_norm(graph, network.layerNorm)
    stream = write_folded_conv(graph, latent, norm, network.bottleneck_conv1x1)
    first = _blocks(network)[0]
    hidden = write_conv(graph, stream, first.conv1x1)
    hidden = graph.add("PRelu", hidden, graph.constant(array(first.nonlinearity1.weight)))
    graph.output(stream, "stream", (1, hyper.bottleneck_channels, "frames"))
    _hidden_outputs(graph, hidden, hyper.hidden_channels)
    return graph.build()


def _depthwise(network: FxNormNetwork) -> bytes:
    hyper = network.hyper
    blocks = _blocks(network)
    reach, middle = hyper.tcn_reach_frames, hyper.tcn_kernel_frames // 2
    graph = GraphWriter("latent_depthwise")
    wide = graph.input("hidden_wide", (1, hyper.hidden_channels, "frames_and_reach"))
    inside = graph.input("inside", (1, 1, "frames_and_reach"))
    block = graph.index("block")
    scale, shift = _selected_norm(graph, [item.norm1 for item in blocks], block)
    # Outside the song the filters see zeros, inserted after the norm's shift.
    normed = graph.add("Mul", graph.add("Add", graph.add("Mul", wide, scale), shift), inside)
    dilations = np.array([item.depthwise_conv.dilation[0] for item in blocks], dtype=np.int64)
    dilation = graph.add("Gather", graph.constant(dilations), block)  # (1,)
    n_frames = graph.add(
        "Sub", graph.slice(graph.add("Shape", wide), 0, 2, 3), graph.constant([2 * reach])
    )
    summed = _gathered(
        graph, [array(_bias(item.depthwise_conv))[:, None] for item in blocks], block
    )
    taps = [array(item.depthwise_conv.weight) for item in blocks]  # (hidden, 1, taps) each
    for tap in range(hyper.tcn_kernel_frames):
        offset = graph.add("Mul", dilation, graph.constant([tap - middle]))
        start = graph.add("Add", offset, graph.constant([reach]))
        stop = graph.add("Add", start, n_frames)
        shifted = graph.add("Slice", normed, start, stop, graph.constant([2]))
        weight = _gathered(graph, [item[:, :, tap] for item in taps], block)
        summed = graph.add("Add", summed, graph.add("Mul", shifted, weight))
    slopes = [array(item.nonlinearity2.weight)[:, None] for item in blocks]
    hidden = graph.add("PRelu", summed, _gathered(graph, slopes, block))
    _hidden_outputs(graph, hidden, hyper.hidden_channels)
    return graph.build()


def _advance(network: FxNormNetwork) -> bytes:
    hyper = network.hyper
    blocks = _blocks(network)
    graph = GraphWriter("latent_advance")
    stream = graph.input("stream", (1, hyper.bottleneck_channels, "frames"))
    skips = graph.input("skips", (1, hyper.skip_channels, "frames"))
    hidden = graph.input("hidden", (1, hyper.hidden_channels, "frames"))
    block = graph.index("block")
    norm = _selected_norm(graph, [item.norm2 for item in blocks[:-1]], block)
    # No block follows the last one, so its norm is applied in `latent_exit`.
    residual = _selected_conv(graph, hidden, [item.res_out for item in blocks[:-1]], block, norm)
    skip = _selected_conv(graph, hidden, [item.skip_out for item in blocks[:-1]], block, norm)
    stream, skips = graph.add("Add", stream, residual), graph.add("Add", skips, skip)
    following = _selected_conv(graph, stream, [item.conv1x1 for item in blocks[1:]], block)
    slopes = [array(item.nonlinearity1.weight)[:, None] for item in blocks[1:]]
    following = graph.add("PRelu", following, _gathered(graph, slopes, block))
    graph.output(stream, "stream_out", (1, hyper.bottleneck_channels, "frames"))
    graph.output(skips, "skips_out", (1, hyper.skip_channels, "frames"))
    _hidden_outputs(graph, following, hyper.hidden_channels)
    return graph.build()


def _exit(network: FxNormNetwork) -> bytes:
    hyper = network.hyper
    graph = GraphWriter("latent_exit")
    skips = graph.input("skips", (1, hyper.skip_channels, "frames"))
    hidden = graph.input("hidden", (1, hyper.hidden_channels, "frames"))
    block = _blocks(network)[-1]
    last = write_folded_conv(graph, hidden, _fixed_norm(graph, block.norm2), block.skip_out)
    prelu, conv = network.output[0], network.output[1]
    rectified = graph.add(
        "PRelu", graph.add("Add", skips, last), graph.constant(array(prelu.weight))
    )
    features = graph.add("Softplus", write_conv(graph, rectified, conv))
    by_frame = graph.add("Transpose", features, perm=[2, 0, 1])
    graph.output(by_frame, "features", ("frames", 1, hyper.n_filters))
    return graph.build()


def _recurrent(network: FxNormNetwork) -> bytes:
    hyper, lstm = network.hyper, network.blstm
    units = lstm.hidden_size
    suffixes = [f"_l{layer}{way}" for layer in range(lstm.num_layers) for way in ("", "_reverse")]

    def stacked(kind: str) -> list[NDArray[np.float32]]:
        return [onnx_gates(array(getattr(lstm, kind + suffix))) for suffix in suffixes]

    pairs = zip(stacked("bias_ih"), stacked("bias_hh"), strict=True)
    graph = GraphWriter("recurrent")
    sequence = graph.input("sequence", ("frames", 1, hyper.n_filters))
    state = graph.input("hidden", (1, 1, units)), graph.input("cell", (1, 1, units))
    direction = graph.index("direction")
    answer, last, cell = graph.add_many(
        3,
        "LSTM",
        sequence,
        _gathered(graph, stacked("weight_ih"), direction),
        _gathered(graph, stacked("weight_hh"), direction),
        _gathered(graph, [np.concatenate(pair) for pair in pairs], direction),
        "",  # every sequence is as long as the tensor
        *state,
        hidden_size=units,
    )
    graph.output(graph.reshape(answer, [-1, 1, units]), "sequence_out", ("frames", 1, units))
    graph.output(last, "hidden_out", (1, 1, units))
    graph.output(cell, "cell_out", (1, 1, units))
    return graph.build()


def _squeeze(network: FxNormNetwork) -> bytes:
    filters = network.hyper.n_filters
    graph = GraphWriter("squeeze")
    sequence = graph.input("sequence", ("frames", 1, filters))
    mean_abs = graph.input("mean_abs", (1, filters, "frames"))
    mask = graph.add("Softplus", graph.add("Transpose", sequence, perm=[1, 2, 0]))
    # The mask is constant in a latent frame and not negative: |p mask| = mask |p|.
    level = graph.add(
        "ReduceSum", graph.add("Mul", mask, mean_abs), graph.constant([2]), keepdims=0
    )
    graph.output(mask, "mask", (1, filters, "frames"))
    graph.output(level, "level", (1, filters))
    return graph.build()


def _excite(network: FxNormNetwork) -> bytes:
    filters = network.hyper.n_filters
    graph = GraphWriter("excite")
    gains = write_excite(graph, network, graph.input("mean_level", (1, filters)))
    graph.output(gains, "gains", (1, filters, 1))
    return graph.build()


def _blocks(network: FxNormNetwork) -> list[TemporalBlock]:
    return [block for repeat in network.repeats for block in repeat]


def _norm_affine(graph: GraphWriter, weight: str, bias: str) -> tuple[str, str]:
    """Scale and shift (1, channels, 1) of a norm whose mean and deviation are graph inputs."""
    norm = graph.input("norm", (2,))
    mean, inverse = graph.slice(norm, 0, 0, 1), graph.slice(norm, 0, 1, 2)
    scale = graph.add("Mul", weight, inverse)
    return scale, graph.add("Sub", bias, graph.add("Mul", scale, mean))


def _fixed_norm(graph: GraphWriter, norm: nn.GroupNorm) -> tuple[str, str]:
    weight, bias = array(norm.weight)[None, :, None], array(norm.bias)[None, :, None]
    return _norm_affine(graph, graph.constant(weight), graph.constant(bias))


def _selected_norm(graph: GraphWriter, norms: list[nn.GroupNorm], index: str) -> tuple[str, str]:
    weight = _gathered(graph, [array(norm.weight)[:, None] for norm in norms], index)
    bias = _gathered(graph, [array(norm.bias)[:, None] for norm in norms], index)
    return _norm_affine(graph, weight, bias)


def _hidden_outputs(graph: GraphWriter, hidden: str, channels: int) -> None:
    graph.output(hidden, "hidden_out", (1, channels, "frames"))
    everything = graph.constant([0, 1, 2])
    total = graph.add("ReduceSum", hidden, everything, keepdims=0)
    squares = graph.add("ReduceSumSquare", hidden, everything, keepdims=0)
    moments = [graph.reshape(value, [1]) for value in (total, squares)]
    graph.output(graph.add("Concat", *moments, axis=0), "moments", (2,))


def _gathered(graph: GraphWriter, arrays: list[NDArray[np.float32]], index: str) -> str:
    """The array at `index`, with a leading axis of 1."""
    return graph.add("Gather", graph.constant(np.stack(arrays)), index, axis=0)


def _selected_conv(
    graph: GraphWriter,
    tensor: str,
    convs: list[nn.Conv1d],
    index: str,
    norm: tuple[str, str] | None = None,
) -> str:
    """The 1x1 convolution at `index`, after a norm if one is given."""
    weight = _gathered(graph, [array(conv.weight)[:, :, 0] for conv in convs], index)
    bias = _gathered(graph, [array(_bias(conv)) for conv in convs], index)  # (1, outputs)
    if norm is not None:
        scale, shift = norm  # (1, inputs, 1)
        shifted = graph.add("MatMul", weight, shift)  # (1, outputs, 1)
        bias = graph.add("Add", bias, graph.reshape(shifted, [1, -1]))
        weight = graph.add("Mul", weight, graph.reshape(scale, [1, 1, -1]))
    outputs, inputs = convs[0].out_channels, convs[0].in_channels
    kernel = graph.reshape(weight, [outputs, inputs, 1])
    return graph.add("Conv", tensor, kernel, graph.reshape(bias, [outputs]), kernel_shape=[1])


def _bias(conv: nn.Conv1d) -> nn.Parameter:
    assert conv.bias is not None
    return conv.bias
