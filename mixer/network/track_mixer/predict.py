"""Predict a track mixer's settings for a set of tracks."""

from __future__ import annotations

from mixer.network.session import Network
from mixer.network.track_mixer.architecture import SETTINGS_GRAPH
from mixer.network.track_mixer.controls import read_controls
from mixer.network.track_mixer.graph_inputs import graph_inputs
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.parameters import GRAPH_OUTPUTS
from mixer.network.track_mixer.track_settings import ConsoleSettings


def predict_settings(network: Network, heard: HeardTracks) -> ConsoleSettings:
    """The settings of every strip and bus, bounded; equal for a track in any order of the tracks.

    Args:
        network: an open bundle of a track mixer.
        heard: at least one track, at most `mixer.network.track_mixer.parameters.MAX_TRACKS`.

    Raises:
        ValueError: no track, or an unknown role.
        ModelError: the graph answers with what it may not.
        DeviceError: the device failed.
    """
    answers = network.run(SETTINGS_GRAPH, graph_inputs(heard), GRAPH_OUTPUTS)
    return read_controls(dict(zip(GRAPH_OUTPUTS, answers, strict=True)), heard)
