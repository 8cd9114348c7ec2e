"""How any network is run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from mixer.model_settings import StripChanges

Audio = NDArray[np.float32]
# called with the fraction done
Progress = Callable[[float], None]
# Which stems are wanted as they are in the mix: all, none, or those of these names.
WetStems = bool | frozenset[str]


@dataclass(frozen=True)
class RunOptions:
    """How to run a network; a kind takes what it has a use for.

    Attributes:
        wet_stems: also return what the network sums, all of it or these stems of it.
        warm_up_s: wrapped audio put in front for recurrent layers and cut off again; the bundle's
            own where it is None, 0 for none.
        chunk_frames: latent frames a chunk of a network that streams; changes time and memory, not
            the result.
        progress: called with the fraction done, from the calling thread.
        threads: chunks, stems or segments at a time; the network's threads by default, one on a
            GPU. It changes time and memory, not the result.
        changes: by stem, of the settings that the network finds; a kind without settings has no use
            for them.
        consume: the stems, in a list, are no longer needed: what comes of one may take its
            memory, and it may be taken out of the list when its turn is over.
    """

    wet_stems: WetStems = False
    warm_up_s: float | None = None
    chunk_frames: int | None = None
    progress: Progress = lambda done: None
    threads: int | None = None
    changes: Mapping[str, StripChanges] = field(default_factory=dict)
    consume: bool = False


class StemRecord(TypedDict):
    """A stem's settings as they were used, and as the network found them where they were changed.

    The tables are the kind's own, e.g. `mixer.network.band_mixer.changes.StemTable`.
    """

    used: Mapping[str, object]
    found: NotRequired[Mapping[str, object]]


@dataclass(frozen=True)
class Output:
    """Output of a network.

    Attributes:
        mix: (2, samples), within -1 to 1.
        wet_stems: what was summed before the tanh, (2, samples) for each stem that was asked for,
            in the model's order; None if none was.
        device: what ran, e.g. "cpu", "cuda:0" or "cuda:0 in fp16".
        settings: by stem what the network set, and what became of it, ready for JSON; empty for a
            kind without settings.
    """

    mix: Audio
    wet_stems: list[Audio] | None
    device: str
    settings: Mapping[str, StemRecord] = field(default_factory=dict)


def is_wanted(stem: str, wet_stems: WetStems) -> bool:
    """Whether a stem is wanted as it is in the mix."""
    return wet_stems if isinstance(wet_stems, bool) else stem in wet_stems


def wanted_of(
    wet: Sequence[Audio], names: Sequence[str], wet_stems: WetStems
) -> list[Audio] | None:
    """The wet stems for an `Output`, out of all of them in the order of their names."""
    if not wet_stems:
        return None
    return [own for own, name in zip(wet, names, strict=True) if is_wanted(name, wet_stems)]
