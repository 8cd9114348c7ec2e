"""Identity of a run, stored in its state and its checkpoints."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class DatasetIdentity(TypedDict):
    """Identity of a data set: its hash, and how it was made.

    Attributes:
        profile: the profile to which its stems were normalised.
        stems: names of the stems in its examples; absent if the examples are single tracks.
        songs, human_mixes: numbers of songs and of human mixes; only in data sets of tracks.
    """

    sha256: str
    sample_rate: int
    effects: list[str]
    profile: dict[str, object]
    stems: NotRequired[list[str]]
    songs: NotRequired[int]
    human_mixes: NotRequired[int]


class OptimiserIdentity(TypedDict):
    """Settings of the optimiser that identify a run."""

    kind: str
    amsgrad: bool
    ema: bool


class SegmentsIdentity(TypedDict):
    """Settings of the segments that identify a run."""

    segment_s: float
    swap_channels: bool
    input_gain_db: float
    remix_share: float
    drop_share: NotRequired[float]


class Identity(TypedDict, total=False):
    """Values that must match when a run is resumed; files from elsewhere may lack any of them.

    Each kind of network adds the sections of the configuration that determine its examples.
    """

    network: dict[str, str | int]
    stage: str
    dataset: DatasetIdentity
    seed: int
    batch_size: int
    batches_per_epoch: int
    precision: str
    optimiser: OptimiserIdentity
    segments: SegmentsIdentity
