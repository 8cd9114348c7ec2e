"""The ONNX graph of the track mixer, from figures of any number of tracks to settings.

| graph | input | output |
| --- | --- | --- |
| settings | bands_db (1, tracks, views, bands), dynamics (1, tracks, figures), is_mono, role, group, mask (1, tracks), levels (1,) | tracks (1, tracks, controls), groups (1, stems, controls), mix (1, controls) |
"""  # noqa: E501

from __future__ import annotations

import torch

from export.traced_graph import traced_graph
from mixer.network.track_mixer.parameters import (
    GRAPH_INPUTS,
    GRAPH_OUTPUTS,
    MAX_TRACKS,
    N_BANDS,
    N_DYNAMICS,
    VIEWS,
)
from training.networks.track_mixer import TrackMixer

# The number of tracks in the traced example; the axis is dynamic.
_TRACED_TRACKS = 7


def settings_graph(network: TrackMixer) -> bytes:
    """Serialise the network as an ONNX graph that accepts any number of tracks."""
    of_tracks = (1, _TRACED_TRACKS)
    example = (
        torch.full((*of_tracks, len(VIEWS), N_BANDS), -50.0),
        torch.zeros((*of_tracks, N_DYNAMICS)),
        torch.ones(of_tracks),
        torch.zeros(of_tracks, dtype=torch.int64),
        torch.zeros(of_tracks, dtype=torch.int64),
        torch.ones(of_tracks),
        torch.zeros(1),
    )
    tracks = torch.export.Dim("tracks", min=1, max=MAX_TRACKS)
    shapes = (*[{1: tracks}] * 6, {})
    return traced_graph(network, example, GRAPH_INPUTS, GRAPH_OUTPUTS, shapes)
