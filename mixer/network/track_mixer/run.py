"""Finished stems mixed by faders and widths alone, to check a bundle of tracks.

A render asks for the settings (`mixer.network.track_mixer.predict`) and runs whole strips on single
tracks (`mixer.rendering`). A bundle carries a check that any kind of network can answer, four
stems in and a mix out; here they pass what of a strip is a plain sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import db_to_gain
from mixer.network.output import Audio, Output, RunOptions, wanted_of
from mixer.network.session import Network
from mixer.network.song_reader import SongReader
from mixer.network.track_mixer.architecture import SETTINGS_GRAPH
from mixer.network.track_mixer.controls import read_controls
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.graph_inputs import graph_inputs
from mixer.network.track_mixer.heard_tracks import finished_stems
from mixer.network.track_mixer.parameters import GRAPH_OUTPUTS
from mixer.network.track_mixer.track_settings import TrackSettings
from mixer.stems import STEMS

# Inputs of the graph by name, to its outputs in the order of `GRAPH_OUTPUTS`.
Predict = Callable[[Mapping[str, NDArray[np.generic]]], Sequence[NDArray[np.float32]]]


def run_track_mixer(
    network: Network, inputs: Sequence[Audio | None], options: RunOptions
) -> Output:
    """Mix four finished stems; see `mixer.network.stream.run_network`."""
    sample_rate = network.bundle.manifest.sample_rate
    mix, wet = mix_by_faders(
        lambda feeds: network.run(SETTINGS_GRAPH, feeds, GRAPH_OUTPUTS), inputs, sample_rate
    )
    options.progress(1.0)
    return Output(mix, wanted_of(wet, STEMS, options.wet_stems), network.description)


def mix_by_faders(
    predict: Predict, stems: Sequence[Audio | None], sample_rate: int
) -> tuple[Audio, list[Audio]]:
    """The sum of finished stems at the faders and widths that are set for them.

    Args:
        predict: answers as the graph does.
        stems: (2, samples) float32 for each of `STEMS`, or None for silence.
        sample_rate: in Hz.

    Returns:
        The mix, and each stem in it, (2, samples).

    Raises:
        InputError: stems of the wrong number, shape or type, or empty.
    """
    n_samples = SongReader(stems, STEMS, 0).n_samples
    audible = [np.zeros((2, n_samples), np.float32) if each is None else each for each in stems]
    features = tuple(listen_to(audio, sample_rate) for audio in audible)
    heard = finished_stems(features, STEMS)
    answers = predict(graph_inputs(heard))
    settings = read_controls(dict(zip(GRAPH_OUTPUTS, answers, strict=True)), heard)
    wet = [_faded(audio, each) for audio, each in zip(audible, settings.tracks, strict=True)]
    return np.add.reduce(wet), wet


def _faded(audio: Audio, settings: TrackSettings) -> Audio:
    mid, side = 0.5 * (audio[0] + audio[1]), 0.5 * (audio[0] - audio[1])
    side *= np.float32(settings.width)
    return np.stack([mid + side, mid - side]) * np.float32(db_to_gain(settings.gain_db))
