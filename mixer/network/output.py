"""Options and output of any kind of network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from mixer.setting_changes import StripChanges

Audio = NDArray[np.float32]
# called with the fraction done
Progress = Callable[[float], None]
# Which stems are wanted as they are in the mix: all, none, or those of these names.
WetStems = bool | frozenset[str]


@dataclass(frozen=True)
class RunOptions:
    """Options for running a network; each kind ignores those that do not apply to it.

    Attributes:
        wet_stems: also return the wet stems, all or only these.
        warm_up_s: seconds of wrapped audio before the song for recurrent layers, cut off again;
            None for the bundle's own, 0 for none.
        chunk_frames: latent frames in each chunk of a streaming network; changes time and memory,
            not the result.
        progress: called with the fraction done, from the calling thread.
        threads: chunks, stems or segments at a time; the network's threads by default, one on a
            GPU. It changes time and memory, not the result.
        changes: by stem, changes to the network's settings; ignored by a kind without settings.
        consume: the stems, in a list, are no longer needed: a stem's memory may be reused for its
            wet stem, and the stem may be removed from the list once it is processed.
    """

    wet_stems: WetStems = False
    warm_up_s: float | None = None
    chunk_frames: int | None = None
    progress: Progress = lambda done: None
    threads: int | None = None
    changes: Mapping[str, StripChanges] = field(default_factory=dict)
    consume: bool = False


class StemTable(TypedDict, total=False):
    """One stem's settings as a record tells them; a kind of network leaves out what it has not.

    Fader and curve are means in time, the curve at `mixer.setting_changes.POINTS_HZ` around the
    fader; balance and side are means over the bands.
    """

    gain_db: float
    curve_db: list[float]
    balance_db: float
    side_db: float
    shape: float
    widen_db: float
    room_db: float


class StemRecord(TypedDict):
    """A stem's settings as used and, if the user changed them, as the network set them."""

    used: StemTable
    found: NotRequired[StemTable]


@dataclass(frozen=True)
class Output:
    """Output of a network.

    Attributes:
        mix: (2, samples), within -1 to 1.
        wet_stems: before the tanh, float32 (2, samples) for each requested stem in the model's
            order; None if none was requested.
        device: device of the run, e.g. "cpu", "cuda:0" or "cuda:0 in fp16".
        settings: by stem, the network's settings and their effect, ready for JSON; empty for a
            kind without settings.
    """

    mix: Audio
    wet_stems: list[Audio] | None
    device: str
    settings: Mapping[str, StemRecord] = field(default_factory=dict)


def is_wanted(stem: str, wet_stems: WetStems) -> bool:
    """Whether a wet stem is requested."""
    return wet_stems if isinstance(wet_stems, bool) else stem in wet_stems


def wanted_of(
    wet: Sequence[Audio], names: Sequence[str], wet_stems: WetStems
) -> list[Audio] | None:
    """Select the requested wet stems for an `Output` from all of them, in the order of `names`."""
    if not wet_stems:
        return None
    return [own for own, name in zip(wet, names, strict=True) if is_wanted(name, wet_stems)]
