"""The track mixer as the runtime knows it: strips for any number of tracks, set once a song."""

from __future__ import annotations

from mixer.network.architecture import Architecture, Memory
from mixer.network.graph_roles import Role
from mixer.network.track_mixer.parameters import (
    BUS_CONTROLS,
    CHANGES,
    N_BANDS,
    N_DYNAMICS,
    TRACK_CONTROLS,
    VIEWS,
    TrackMixerParameters,
)
from mixer.stems import STEMS

SETTINGS_GRAPH = "settings"
# A level and a peak for each frame of 23 ms, of a second of each of the stems.
_LEVELS_BYTES = 4 * 2 * 4 * 44
# Seconds of one core that a stem takes, for each second of song.
_COST_A_STEM_S = 0.0007


def _roles(hyper: TrackMixerParameters) -> dict[str, Role]:
    """Inputs and outputs of the graph: features of every track in, settings out."""
    del hyper
    of_tracks = (1, "tracks")
    return {
        SETTINGS_GRAPH: Role(
            {
                "bands_db": (*of_tracks, len(VIEWS), N_BANDS),
                "dynamics": (*of_tracks, N_DYNAMICS),
                "is_mono": of_tracks,
                "role": of_tracks,
                "group": of_tracks,
                "mask": of_tracks,
                "levels": (1,),
            },
            {
                "tracks": (*of_tracks, len(TRACK_CONTROLS)),
                "groups": (1, len(STEMS), len(BUS_CONTROLS)),
                "mix": (1, len(BUS_CONTROLS)),
            },
        )
    }


def _memory(hyper: TrackMixerParameters, sample_rate: int) -> Memory:
    """Levels; its groups are bounded with all arrays that are as long as the song."""
    return Memory(bytes_per_s=_LEVELS_BYTES)


TRACK_MIXER = Architecture(
    kind="track_mixer",
    title="a track mixer",
    parameters=TrackMixerParameters,
    required_graphs=(SETTINGS_GRAPH,),
    roles=_roles,
    runs="mixer.network.track_mixer.run:run_track_mixer",
    memory=_memory,
    cost=lambda hyper, sample_rate: _COST_A_STEM_S * hyper.n_stems,
    mixes_tracks=True,
    changes=frozenset(CHANGES),
)
