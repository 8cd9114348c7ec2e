"""Export a band mixer: its graph, and PyTorch's output with which the graph is checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from export.band_mixer_graph import controls_graph
from export.check import SEED, Audio, moving_noise
from export.exporter import Errors, Exporter, largest
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.band_mixer.run import LEVEL_INPUTS, mix_by_bands
from mixer.network.model import Bundle
from mixer.network.output import Output, RunOptions
from mixer.network.session import Network
from mixer.network.stream import run_network
from training.networks.band_mixer import BandMixer

SAMPLE_RATE = 44_100


def band_mixer_answer(network: BandMixer, stems: Audio, sample_rate: int = SAMPLE_RATE) -> Output:
    """Render the mix and wet stems of `stems` (inputs, samples) with settings computed by PyTorch.

    The settings are applied by the runtime's own console.
    """
    hyper = network.hyper

    def predict(levels: dict[str, Audio]) -> list[Audio]:
        with torch.inference_mode():
            settings = network.eval()(*(torch.from_numpy(levels[name]) for name in LEVEL_INPUTS))
        return [value.numpy() for value in settings]

    listed = np.split(np.ascontiguousarray(stems), hyper.n_stems)
    names = [str(place) for place in range(hyper.n_stems)]
    return mix_by_bands(predict, listed, names, hyper, sample_rate, RunOptions(wet_stems=True))


def _graphs(network: BandMixer) -> dict[str, bytes]:
    return {CONTROLS_GRAPH: controls_graph(network)}


def _answer(network: BandMixer, stems: Audio) -> Audio:
    return band_mixer_answer(network, stems).mix


def _band_errors(
    network: BandMixer, bundle: Bundle, lengths_samples: Sequence[int]
) -> list[Errors]:
    generator = np.random.default_rng(SEED)
    runtime, errors = Network(bundle, "cpu", is_own=True), []
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
                "mix": largest(answer.mix - expected.mix),
                "wet_stems": largest(np.stack(answer.wet_stems) - np.stack(expected.wet_stems)),
            }
        )
    return errors


BAND_MIXER_EXPORTER = Exporter(graphs=_graphs, answer=_answer, errors=_band_errors)
