"""Progress of loading a song, which takes seconds with hundreds of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from mixer.song.recording import Recording


class LoadStep(StrEnum):
    """Steps of loading a song, in order."""

    HEADERS = "headers"
    OFFSETS = "offsets"
    EXCERPTS = "excerpts"
    COMPARE = "compare"
    BY_EAR = "by ear"


@dataclass(frozen=True)
class LoadProgress:
    """A moment of loading a song.

    Attributes:
        step: that is under way.
        share: of it that is done, 0 to 1.
        n_files: that the step reads.
        audio_s: seconds of all recordings together; 0 until their headers are read.
        file: that is being read; empty for none.
    """

    step: LoadStep
    share: float
    n_files: int
    audio_s: float
    file: str = ""


def audio_seconds(recordings: Iterable[Recording]) -> float:
    """The length of all recordings that are mixed, together."""
    mixed = (r for r in recordings if r.stem is not None and r.fault is None)
    return sum(r.source.n_samples / r.source.sample_rate for r in mixed)


# Is told each moment, from the thread that loads the song.
Loading = Callable[[LoadProgress], None]


def unwatched(now: LoadProgress) -> None:
    """Listener of a song whose loading nobody watches."""
