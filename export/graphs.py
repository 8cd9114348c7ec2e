"""The ONNX graphs of a bundle: those of exact streaming, and the whole network in one.

| graph | inputs | outputs |
| --- | --- | --- |
| front_end | samples (1, inputs, chunk), inside (1, 1, frames) | latent, mean_abs (1, filters, J) |
| latent_entry ... excite | the stages of the latent mixer: `latent_graphs` | |
| back_end | samples, inside, mask (1, filters, J + 2 C) | mix (1, channels, J x hop) |
| back_end_stems | the same | wet_stems (1, inputs, J x hop), mix |
| model | stems (1, inputs, samples) | mix (1, channels, samples) |

A chunk is J latent frames with C context frames on both sides (`HyperParameters`). `inside` holds 1
at the front-end frames that count and 0 elsewhere: the smoothing filters see zeros outside the
signal, and only frames whose filter lies wholly inside it are decoded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from export.latent_graphs import latent_graphs
from export.latent_ops import array, write_recurrent, write_tcn
from export.ops import TO_THE_END, GraphWriter
from mixer.network.fxnorm.parameters import HyperParameters
from training.networks.fxnorm import FxNormNetwork


def streaming_graphs(network: FxNormNetwork) -> dict[str, bytes]:
    """Graphs that the runtime streams with, by name."""
    return {
        "front_end": _front_end(network),
        **latent_graphs(network),
        "back_end": _back_end(network, stems=False),
        "back_end_stems": _back_end(network, stems=True),
    }


def whole_graph(network: FxNormNetwork) -> bytes:
    """Serialise the whole network as one graph for other hosts, for any number of samples."""
    hyper = network.hyper
    graph = GraphWriter("model")
    stems = graph.input("stems", (1, hyper.n_inputs, "samples"))
    n_samples = graph.slice(graph.add("Shape", stems), 0, 2, 3)
    hop = graph.constant([hyper.hop_samples])
    missing = graph.add("Mod", graph.add("Neg", n_samples), hop)
    behind = graph.add("Add", missing, graph.constant([hyper.right_samples]))
    sides = graph.constant([0, 0, hyper.left_samples, 0, 0])
    padded = graph.add("Pad", stems, graph.add("Concat", sides, behind, axis=0))
    front = _analyse(graph, network, padded)
    border = hyper.context_frames * hyper.pool_frames
    around = graph.constant([0, 0, border, 0, 0, border])
    magnitude = graph.add("Pad", graph.add("Abs", front), around)
    latent, mean_abs = _pooled(graph, network, magnitude)
    mask = write_recurrent(graph, network, write_tcn(graph, network, latent), mean_abs)
    masked = _apply_mask(graph, hyper, front, mask)
    whole = graph.slice(
        masked, 2, hyper.first_whole_frame, -hyper.frames_after_last_whole or TO_THE_END
    )
    decoded = graph.add(
        "ConvTranspose", whole, graph.constant(_mix_kernel(network)), strides=[hyper.stride_samples]
    )
    before = hyper.first_whole_frame * hyper.stride_samples - hyper.left_samples
    after = hyper.frames_after_last_whole * hyper.stride_samples - hyper.right_samples
    decoded = graph.add("Pad", decoded, graph.constant([0, 0, before, 0, 0, after]))
    cropped = graph.slice(decoded, 2, 0, n_samples)
    graph.output(graph.add("Tanh", cropped), "mix", (1, hyper.n_channels, "samples"))
    return graph.build()


def _front_end(network: FxNormNetwork) -> bytes:
    hyper = network.hyper
    graph = GraphWriter("front_end")
    samples = graph.input("samples", (1, hyper.n_inputs, "chunk_samples"))
    inside = graph.input("inside", (1, 1, "front_frames"))
    magnitude = graph.add("Mul", graph.add("Abs", _analyse(graph, network, samples)), inside)
    latent, mean_abs = _pooled(graph, network, magnitude)
    graph.output(latent, "latent", (1, hyper.n_filters, "frames"))
    graph.output(mean_abs, "mean_abs", (1, hyper.n_filters, "frames"))
    return graph.build()


def _back_end(network: FxNormNetwork, *, stems: bool) -> bytes:
    hyper = network.hyper
    graph = GraphWriter("back_end_stems" if stems else "back_end")
    samples = graph.input("samples", (1, hyper.n_inputs, "chunk_samples"))
    inside = graph.input("inside", (1, 1, "front_frames"))
    mask = graph.input("mask", (1, hyper.n_filters, "mask_frames"))
    front = graph.add("Mul", _analyse(graph, network, samples), inside)
    border = hyper.context_frames * hyper.hop_samples
    decoded = graph.add(
        "ConvTranspose",
        _apply_mask(graph, hyper, front, mask),
        graph.constant(array(network.conv_1.weight) if stems else _mix_kernel(network)),
        strides=[hyper.stride_samples],
        # Crop the context and the reach of the filters, which leaves the chunk itself.
        pads=[border + hyper.left_samples, border + hyper.right_samples],
    )
    mix = decoded
    if stems:
        graph.output(decoded, "wet_stems", (1, hyper.n_inputs, "samples"))
        by_stem = graph.reshape(decoded, [1, hyper.n_stems, hyper.n_channels, -1])
        mix = graph.add("ReduceSum", by_stem, graph.constant([1]), keepdims=0)
    graph.output(graph.add("Tanh", mix), "mix", (1, hyper.n_channels, "samples"))
    return graph.build()


def _analyse(graph: GraphWriter, network: FxNormNetwork, padded: str) -> str:
    """Front-end frames (1, filters, frames) of a signal that is already padded."""
    kernel = graph.constant(array(network.conv_1.weight))
    return graph.add("Conv", padded, kernel, strides=[network.hyper.stride_samples])


def _pooled(graph: GraphWriter, network: FxNormNetwork, magnitude: str) -> tuple[str, str]:
    """Latent and mean magnitude (1, filters, J) from |p| with C context frames on both sides."""
    hyper = network.hyper
    context, pool = hyper.context_frames, hyper.pool_frames
    blocks = graph.reshape(magnitude, [hyper.n_filters, -1, pool])  # (filters, J + 2 C, pool)
    centre = graph.slice(blocks, 1, context, -context or TO_THE_END)
    mean_abs = graph.add("ReduceMean", centre, graph.constant([2]), keepdims=0)
    toeplitz = toeplitz_blocks(hyper, array(network.conv_2[0].weight)[:, 0])
    reach = (toeplitz.shape[1] // pool - 1) // 2
    neighbours = [
        graph.slice(blocks, 1, context + offset, offset - context or TO_THE_END)
        for offset in range(-reach, reach + 1)
    ]
    seen = graph.add("Concat", *neighbours, axis=2)  # (filters, J, blocks * pool)
    smoothed = graph.add("MatMul", seen, graph.constant(toeplitz))  # (filters, J, pool)
    # softplus grows with its argument, so it may follow the maximum.
    peaks = graph.add("ReduceMax", smoothed, graph.constant([2]), keepdims=0)
    shape = [1, hyper.n_filters, -1]
    return graph.reshape(graph.add("Softplus", peaks), shape), graph.reshape(mean_abs, shape)


def toeplitz_blocks(hyper: HyperParameters, kernels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smoothing filters as matrices that act on a latent frame and its neighbours.

    Args:
        hyper: the network's.
        kernels: (filters, smoothing_frames).

    Returns:
        (filters, (2 reach + 1) * pool, pool): column i answers for frame i of the middle block.
    """
    pool, left = hyper.pool_frames, hyper.smoothing_left_frames
    reach = -(-max(left, hyper.smoothing_right_frames) // pool)
    blocks = np.zeros((len(kernels), (2 * reach + 1) * pool, pool), dtype=np.float32)
    for frame in range(pool):
        first = reach * pool + frame - left
        blocks[:, first : first + kernels.shape[1], frame] = kernels
    return blocks


def _apply_mask(graph: GraphWriter, hyper: HyperParameters, front: str, mask: str) -> str:
    """Repeat the mask `pool_frames` times by broadcasting, and multiply."""
    blocks = graph.reshape(front, [hyper.n_filters, -1, hyper.pool_frames])
    masked = graph.add("Mul", blocks, graph.reshape(mask, [hyper.n_filters, -1, 1]))
    return graph.reshape(masked, [1, hyper.n_filters, -1])


def _mix_kernel(network: FxNormNetwork) -> NDArray[np.float32]:
    """The transposed kernels summed over stems: (filters, channels, kernel)."""
    hyper = network.hyper
    kernel = array(network.conv_1.weight).astype(np.float64)
    stems = kernel.reshape(hyper.n_filters, hyper.n_stems, hyper.n_channels, -1)
    return stems.sum(axis=1).astype(np.float32)
