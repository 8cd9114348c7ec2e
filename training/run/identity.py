"""Identity of a run, stored in its state and its checkpoints."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class DatasetIdentity(TypedDict):
    """The data set's hash, and how it was made.

    Attributes:
        profile: what its stems were normalised to.
        stems: of its examples; absent if they are single tracks.
        songs, human_mixes: how many it has of each, where tracks are mixed.
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
    """Settings of reading segments that identify a run."""

    segment_s: float
    swap_channels: bool
    input_gain_db: float
    remix_share: float
    drop_share: NotRequired[float]


class Identity(TypedDict, total=False):
    """Values that must be equal when a run is resumed; a file from elsewhere may lack any of them.

    Beside these, each kind of network has the parts of its configuration that it draws from.
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
