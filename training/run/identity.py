"""What makes a run the same run: it goes into its state and into its checkpoints."""

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
    """What of the optimiser decides a run."""

    kind: str
    amsgrad: bool
    ema: bool


class SegmentsIdentity(TypedDict):
    """What of the reading of segments decides a run."""

    segment_s: float
    swap_channels: bool
    input_gain_db: float
    remix_share: float
    drop_share: NotRequired[float]


class Identity(TypedDict, total=False):
    """What must be the same when a run is resumed; a file from elsewhere may lack any of it.

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
