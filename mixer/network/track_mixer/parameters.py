"""Hyper-parameters of a track mixer, and the inputs and outputs of its graph."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.network.flat_integers import FlatIntegers, check_ranges
from mixer.network.track_mixer.track_settings import CURVE_HZ
from mixer.setting_changes import STRIP_KEYS
from mixer.stems import STEMS

MAX_TRACKS = 128
# Bands in which a track is heard, and what is read in each: left, right, half sum, half difference.
N_BANDS = 40
VIEWS = ("left", "right", "mid", "side")
# How a track moves: percentiles of its level, and seven more figures; see
# `mixer.network.track_mixer.graph_inputs.describe_dynamics`.
PERCENTILES = (10.0, 25.0, 50.0, 75.0, 90.0, 97.0, 100.0)
N_DYNAMICS = len(PERCENTILES) + 7
# See `mixer.network.track_mixer.graph_inputs.graph_inputs`.
GRAPH_INPUTS = ("bands_db", "dynamics", "is_mono", "role", "group", "mask", "levels")
# How much incoming levels mean: 0 nothing (raw recordings), 0.5 a rough mix, 1 a finished mix.
RAW, ROUGH, MIX = 0.0, 0.5, 1.0
# The graph's output for each track, (1, tracks, controls), in engineers' units. `spread` is the
# distance from the middle, 0 to 1: which side is `mixer.network.track_mixer.placing`'s matter, so
# that two equal tracks can go apart.
CURVE_CONTROLS = tuple(f"curve_{hz:g}_hz_db" for hz in CURVE_HZ)
TRACK_CONTROLS = (
    "gain_db",
    "spread",
    "width",
    "widen_db",
    "high_pass_hz",
    *CURVE_CONTROLS,
    "shape",
    "ride",
    "threshold_db",
    "ratio",
    "short_room_db",
    "long_room_db",
    "echo_db",
)
# For the groups (1, stems, controls) and for the mix (1, controls). Their compressors are set by
# `mixer.network.track_mixer.glue`, which knows how the sum moves.
BUS_CONTROLS = ("gain_db", *CURVE_CONTROLS, "threshold_db", "ratio")
# Settings of `mixer.setting_changes.StripChanges` that such a console has.
CHANGES = tuple(key for key in STRIP_KEYS if key not in ("motion", "balance_db"))
GRAPH_OUTPUTS = ("tracks", "groups", "mix")

_LARGEST = {"channels": 1024, "n_heads": 16, "n_layers": 16}


@dataclass(frozen=True)
class TrackMixerParameters(FlatIntegers):
    """All hyper-parameters of the network.

    Attributes:
        channels: in which a track is described; a multiple of `n_heads`.
        n_heads: of the attention over tracks.
        n_layers: of the attention within groups and between them.

    Raises:
        ValueError: a value is out of range.
    """

    channels: int = 96
    n_heads: int = 4
    n_layers: int = 2

    def __post_init__(self) -> None:
        check_ranges(self, _LARGEST)
        if self.channels % self.n_heads:
            raise ValueError(f"channels is {self.channels}; it must be a multiple of n_heads")

    @property
    def n_stems(self) -> int:
        """Groups; any number of tracks is summed into each."""
        return len(STEMS)

    @property
    def n_channels(self) -> int:
        """Channels of a group and of the mix."""
        return 2

    @property
    def n_inputs(self) -> int:
        """Channels of one finished stem for each group, the least that a song is."""
        return self.n_stems * self.n_channels
