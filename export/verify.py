"""PyTorch's forward pass against the bundle in the real runtime, and fp16 against float32."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from export.check import band_mixer_answer, check_signal, moving_noise, pytorch_answer
from export.half_precision import to_half_precision
from mixer.errors import ModelError
from mixer.network.manifest import WHOLE_GRAPH
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.verify import TOLERANCE, signal_to_noise_db
from training.checkpoint import AnyNetwork
from training.networks.band_mixer import BandMixer
from training.networks.fxnorm import FxNormNetwork
from training.networks.wave_u_net import WaveUNet

# Not multiples of anything: a few latent frames, a second, several chunks.
LENGTHS_SAMPLES = (4_099, 44_100, 120_011)
_SEED = 20_220_828


def verify_bundle(
    network: AnyNetwork, bundle: Bundle, lengths_samples: Sequence[int] = LENGTHS_SAMPLES
) -> dict[str, Any]:
    """Measure how far ONNX Runtime is from PyTorch, on the CPU.

    Args:
        network: the weights that the bundle was made from.
        bundle: the exported graphs.
        lengths_samples: lengths of the test signals; a Wave-U-Net has one length only, its segment.

    Returns:
        The manifest's `parity`: largest absolute errors of the streamed mix, the streamed wet stems
        and the whole-network graph's mix at each length (of a segment's mix for a Wave-U-Net), and
        their maximum.

    Raises:
        ModelError: an error is above 1e-4 or not finite.
    """
    if isinstance(network, WaveUNet):
        by_length = [_segment_error(network, bundle)]
    elif isinstance(network, BandMixer):
        by_length = _band_errors(network, bundle, lengths_samples)
    else:
        by_length = _streaming_errors(network, bundle, lengths_samples)
    worst = max(value for check in by_length for name, value in check.items() if name != "samples")
    if not worst <= TOLERANCE:
        raise ModelError(
            f"{bundle.name}: ONNX Runtime differs from PyTorch by {worst:.2e}, more than"
            f" {TOLERANCE:g}: the export is not usable"
        )
    return {"max_abs_error": worst, "tolerance": TOLERANCE, "lengths": by_length}


def fp16_snr_db(bundle: Bundle, graphs: Collection[str]) -> dict[str, Any]:
    """Measure what half precision costs, on the CPU: the manifest's `fp16`.

    Without fp16 kernels the products run in float32; their inputs, weights and answers are rounded
    to fp16 as on a GPU, which accumulates in float32 too.

    Args:
        bundle: the exported graphs.
        graphs: those that run in half precision on a GPU.

    Raises:
        ModelError: the answer is not finite.
    """
    hyper = bundle.manifest.hyper_parameters
    stems = np.split(check_signal(hyper), hyper.n_stems)
    rounded = _RoundedBundle(bundle.folder, bundle.manifest, bundle.sha256, frozenset(graphs))
    exact = run_network(Network(bundle, "cpu"), stems, warm_up_s=0.0).mix
    try:
        half = run_network(Network(rounded, "cpu", optimise=False), stems, warm_up_s=0.0).mix
    except ModelError as error:
        raise ModelError(f"{bundle.name}: export without fp16, it overflows: {error}") from None
    return {
        "snr_db": round(signal_to_noise_db(exact, half) or 399.0, 1),
        "measured": "on the CPU in float32, rounding inputs, weights and answers of every product",
    }


@dataclass(frozen=True)
class _RoundedBundle(Bundle):
    """A bundle whose graphs round as their twins in half precision do."""

    rounded: frozenset[str]

    def read_graph(self, name: str) -> bytes:
        content = super().read_graph(name)
        return to_half_precision(content, keep_roundings=True) if name in self.rounded else content


def _segment_error(network: WaveUNet, bundle: Bundle) -> dict[str, float]:
    # Shorter than a segment: the wrapping is checked with the graph.
    stems = check_signal(network.hyper)
    listed = np.split(stems, network.hyper.n_stems)
    mix = run_network(Network(bundle, "cpu"), listed, warm_up_s=0.0).mix
    error = _largest(mix - pytorch_answer(network, stems))
    return {"samples": network.hyper.output_samples, "segment_mix": error}


def _band_errors(
    network: BandMixer, bundle: Bundle, lengths_samples: Sequence[int]
) -> list[dict[str, float]]:
    generator = np.random.default_rng(_SEED)
    runtime, errors = Network(bundle, "cpu"), []
    for n_samples in lengths_samples:
        stems = moving_noise(generator, network.hyper.n_inputs, n_samples)
        listed = np.split(stems, network.hyper.n_stems)
        answer = run_network(runtime, listed, wet_stems=True)
        expected = band_mixer_answer(network, stems, bundle.manifest.sample_rate)
        assert answer.wet_stems is not None
        assert expected.wet_stems is not None
        errors.append(
            {
                "samples": n_samples,
                "mix": _largest(answer.mix - expected.mix),
                "wet_stems": _largest(np.stack(answer.wet_stems) - np.stack(expected.wet_stems)),
            }
        )
    return errors


def _streaming_errors(
    network: FxNormNetwork, bundle: Bundle, lengths_samples: Sequence[int]
) -> list[dict[str, float]]:
    generator = np.random.default_rng(_SEED)
    runtime = Network(bundle, "cpu")
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
    stems: NDArray[np.float32],
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
        "streamed_mix": _largest(alone.mix - mix),
        "streamed_wet_stems": _largest(np.stack(both.wet_stems) - wet),
        "whole_mix": _largest(at_once[0] - mix),
    }


def _largest(difference: NDArray[np.float32]) -> float:
    return float(np.abs(difference).max())
