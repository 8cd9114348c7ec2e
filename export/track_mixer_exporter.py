"""Export a track mixer: its graph, compared with PyTorch for any number of tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from export.check import SEED, Audio
from export.exporter import Errors, Exporter, largest
from export.track_mixer_graph import settings_graph
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.track_mixer.architecture import SETTINGS_GRAPH
from mixer.network.track_mixer.parameters import (
    GRAPH_INPUTS,
    GRAPH_OUTPUTS,
    N_BANDS,
    N_DYNAMICS,
    VIEWS,
)
from mixer.network.track_mixer.run import mix_by_faders
from mixer.roles import HINTS
from mixer.stems import STEMS
from training.networks.track_mixer import TrackMixer

SAMPLE_RATE = 44_100
# Numbers of tracks with which the graph is checked, each also in another order.
TRACK_NUMBERS = (1, 4, 17, 64)


def check_inputs(generator: np.random.Generator, n_tracks: int) -> dict[str, NDArray[np.generic]]:
    """Test inputs of a graph for `n_tracks` tracks, one of them silent if there are several."""
    shape = (1, n_tracks)
    mask = np.ones(shape, np.float32)
    mask[0, 1:2] = 0.0
    return {
        "bands_db": generator.uniform(-90, -10, (*shape, len(VIEWS), N_BANDS)).astype(np.float32),
        "dynamics": generator.standard_normal((*shape, N_DYNAMICS)).astype(np.float32),
        "is_mono": generator.integers(0, 2, shape).astype(np.float32),
        "role": generator.integers(0, len(HINTS), shape),
        "group": generator.integers(0, len(STEMS), shape),
        "mask": mask,
        "levels": generator.uniform(0.0, 1.0, 1).astype(np.float32),
    }


def predict(network: TrackMixer, feeds: Mapping[str, NDArray[np.generic]]) -> list[Audio]:
    """PyTorch's outputs for a graph's inputs, in the order of `GRAPH_OUTPUTS`."""
    with torch.inference_mode():
        answers = network.eval()(*(torch.from_numpy(feeds[name]) for name in GRAPH_INPUTS))
    return [answer.numpy() for answer in answers]


def _graphs(network: TrackMixer) -> dict[str, bytes]:
    return {SETTINGS_GRAPH: settings_graph(network)}


def _answer(network: TrackMixer, stems: Audio) -> Audio:
    listed = list(np.split(np.ascontiguousarray(stems), len(STEMS)))
    return mix_by_faders(lambda feeds: predict(network, feeds), listed, SAMPLE_RATE)[0]


def _errors(network: TrackMixer, bundle: Bundle, lengths_samples: Sequence[int]) -> list[Errors]:
    """Errors by number of tracks instead of length, since the graph has no samples."""
    del lengths_samples
    generator = np.random.default_rng(SEED)
    runtime, errors = Network(bundle, "cpu", is_own=True), []
    for n_tracks in TRACK_NUMBERS:
        feeds = check_inputs(generator, n_tracks)
        answers = runtime.run(SETTINGS_GRAPH, feeds, GRAPH_OUTPUTS)
        expected = predict(network, feeds)
        order = generator.permutation(n_tracks)
        shuffled = {k: v if k == "levels" else v[:, order] for k, v in feeds.items()}
        again = runtime.run(SETTINGS_GRAPH, shuffled, GRAPH_OUTPUTS)
        found = {
            f"{name}_settings": largest(answer - wanted)
            for name, answer, wanted in zip(GRAPH_OUTPUTS, answers, expected, strict=True)
        }
        found["another_order"] = max(
            largest(again[0] - answers[0][:, order]), *map(_apart, again[1:], answers[1:])
        )
        errors.append({"tracks": n_tracks, **found})
    return errors


def _apart(one: Audio, other: Audio) -> float:
    return largest(one - other)


TRACK_MIXER_EXPORTER = Exporter(graphs=_graphs, answer=_answer, errors=_errors)
