"""The band mixer as the runtime knows it: a console, set for the song as a whole."""

from __future__ import annotations

from mixer.network.architecture import Architecture, Memory
from mixer.network.band_mixer.parameters import (
    CHANGES,
    STRIP_CONTROLS,
    VIEWS,
    BandMixerParameters,
)
from mixer.network.graph_roles import Role, Shape

CONTROLS_GRAPH = "controls"
# Levels in bands, of a second of song.
_LEVELS_BYTES = 40_000
# Seconds of one core that a stem takes, for each second of song.
_COST_A_STEM_S = 0.0012


def _roles(hyper: BandMixerParameters) -> dict[str, Role]:
    """Inputs and outputs of the graph: levels of the whole song in, settings out."""
    levels: Shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, "blocks")
    n_curves = hyper.n_stems * hyper.n_bands
    return {
        CONTROLS_GRAPH: Role(
            {"mean_db": levels, "peak_db": levels},
            {
                "gain_db": (1, n_curves, "blocks"),
                "balance_db": (1, n_curves),
                "side_db": (1, n_curves),
                "strips": (1, hyper.n_stems * len(STRIP_CONTROLS)),
            },
        )
    }


def _memory(hyper: BandMixerParameters, sample_rate: int) -> Memory:
    """Levels.

    The mix, its sends and the wet stems are bounded with all arrays that are as long as the song.
    """
    return Memory(bytes_per_s=_LEVELS_BYTES)


BAND_MIXER = Architecture(
    kind="band_mixer",
    title="a band mixer",
    parameters=BandMixerParameters,
    required_graphs=(CONTROLS_GRAPH,),
    roles=_roles,
    runs="mixer.network.band_mixer.run:run_band_mixer",
    memory=_memory,
    cost=lambda hyper, sample_rate: _COST_A_STEM_S * hyper.n_stems,
    changes=frozenset(CHANGES),
)
