"""Export a network of the paper's kind: its graphs, and PyTorch's output for whole signals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
import torch

from export.check import SEED, Audio, moving_noise
from export.exporter import Errors, Exporter, largest
from export.graphs import streaming_graphs, whole_graph
from mixer.network.fxnorm.architecture import WHOLE_GRAPH
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from training.networks.fxnorm import FxNormNetwork

# As in the published code.
WARM_UP_S = 30.0


def _graphs(network: FxNormNetwork) -> dict[str, bytes]:
    return {**streaming_graphs(network), WHOLE_GRAPH: whole_graph(network)}


def _answer(network: FxNormNetwork, stems: Audio) -> Audio:
    with torch.inference_mode():
        mix: Audio = network(torch.from_numpy(stems[None]))[0].numpy()
    return mix


def _streaming_errors(
    network: FxNormNetwork, bundle: Bundle, lengths_samples: Sequence[int]
) -> list[Errors]:
    generator = np.random.default_rng(SEED)
    runtime = Network(bundle, "cpu", is_own=True)
    whole = onnxruntime.InferenceSession(
        bundle.read_graph(WHOLE_GRAPH), providers=["CPUExecutionProvider"]
    )
    signals = [moving_noise(generator, network.hyper.n_inputs, n) for n in lengths_samples]
    return [
        {"samples": stems.shape[1], **_errors(network, runtime, whole, stems)} for stems in signals
    ]


def _errors(
    network: FxNormNetwork,
    runtime: Network,
    whole: onnxruntime.InferenceSession,
    stems: Audio,
) -> dict[str, float]:
    batch = torch.from_numpy(stems[None])
    with torch.inference_mode():
        wet = network.wet_stems(batch)[0].numpy()
        mix = network(batch)[0].numpy()
    listed = np.split(stems, network.hyper.n_stems)
    alone = run_network(runtime, listed, warm_up_s=0.0, chunk_frames=19)
    both = run_network(runtime, listed, warm_up_s=0.0, wet_stems=True)
    (at_once,) = whole.run(["mix"], {"stems": stems[None]})
    assert both.wet_stems is not None
    return {
        "streamed_mix": largest(alone.mix - mix),
        "streamed_wet_stems": largest(np.stack(both.wet_stems) - wet),
        "whole_mix": largest(at_once[0] - mix),
    }


FXNORM_EXPORTER = Exporter(
    graphs=_graphs,
    answer=_answer,
    errors=_streaming_errors,
    # The parts that run at the sample rate take most of the time; the latent mixer stays in
    # float32.
    half_graphs=("front_end", "back_end", "back_end_stems"),
    warm_up_s=WARM_UP_S,
)
