"""Export a Wave-U-Net: its graph, and PyTorch's output for a segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from export.check import CHECK_SAMPLES, Audio, check_signal
from export.exporter import Errors, Exporter, largest
from export.wave_u_net_graph import segment_graph
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.wave_u_net.architecture import SEGMENT_GRAPH
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from training.networks.wave_u_net import WaveUNet


def _graphs(network: WaveUNet) -> dict[str, bytes]:
    return {SEGMENT_GRAPH: segment_graph(network)}


def _check_samples(hyper: WaveUNetParameters) -> int:
    return min(CHECK_SAMPLES, hyper.output_samples)  # one segment: no fades to work out


def _answer(network: WaveUNet, stems: Audio) -> Audio:
    """Mix of at most one segment, rendered with the segment length used in training."""
    # After wrapped audio, zeros around it.
    n_samples = stems.shape[1]
    missing = network.hyper.output_samples - n_samples
    wrapped = np.pad(stems, ((0, 0), (missing, 0)), mode="wrap")
    with torch.inference_mode():
        answer: Audio = network.mix_whole(torch.from_numpy(wrapped[None]))[0, :, missing:].numpy()
    return answer


def _errors(network: WaveUNet, bundle: Bundle, lengths_samples: Sequence[int]) -> list[Errors]:
    """Errors at the length of a segment, the only one that the graph supports."""
    # Shorter than a segment, so that the wrapping is checked together with the graph.
    stems = check_signal(network.hyper, _check_samples(network.hyper))
    listed = np.split(stems, network.hyper.n_stems)
    mix = run_network(Network(bundle, "cpu", is_own=True), listed, warm_up_s=0.0).mix
    error = largest(mix - _answer(network, stems))
    return [{"samples": network.hyper.output_samples, "segment_mix": error}]


WAVE_U_NET_EXPORTER = Exporter(
    graphs=_graphs,
    answer=_answer,
    errors=_errors,
    half_graphs=(SEGMENT_GRAPH,),
    check_samples=_check_samples,
)
