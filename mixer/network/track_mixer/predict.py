"""Predict a track mixer's settings for a set of tracks."""

from __future__ import annotations

from collections.abc import Sequence

from mixer.network.session import Network
from mixer.network.track_mixer.architecture import SETTINGS_GRAPH
from mixer.network.track_mixer.controls import read_controls
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.graph_inputs import graph_inputs
from mixer.network.track_mixer.one_source import OneSource
from mixer.network.track_mixer.parameters import GRAPH_OUTPUTS
from mixer.network.track_mixer.track_settings import ConsoleSettings


def predict_settings(
    network: Network,
    tracks: Sequence[TrackLevels],
    roles: Sequence[str],
    stems: Sequence[str],
    sides: Sequence[str | None],
    levels: float,
    *,
    dry: bool,
    sources: Sequence[OneSource] = (),
) -> ConsoleSettings:
    """The settings of every strip and bus, bounded; equal for a track in any order of the tracks.

    Args:
        network: an open bundle of a track mixer.
        tracks: features, at least one, at most
            `mixer.network.track_mixer.parameters.MAX_TRACKS`.
        roles: of each track, one of `mixer.roles.ROLE_NAMES`.
        stems: the group that each is summed into.
        sides: "left" or "right" of a track that is one half of a pair, else None.
        levels: how much incoming levels mean, 0 (raw) to 1 (a finished mix).
        dry: the tracks are known to be dry recordings.
        sources: those with several microphones.

    Raises:
        ValueError: no track, or an unknown role.
        ModelError: the graph answers with what it may not.
        DeviceError: the device failed.
    """
    inputs = graph_inputs(tracks, roles, stems, levels)
    answers = network.run(SETTINGS_GRAPH, inputs, GRAPH_OUTPUTS)
    return read_controls(
        dict(zip(GRAPH_OUTPUTS, answers, strict=True)),
        tracks,
        roles,
        stems,
        sides,
        levels,
        dry=dry,
        sources=sources,
    )
