"""Starts of recordings on the song's time line, by their time references.

Workstations and field recorders export a clip from where it begins; its Broadcast Wave chunk says
where that is. Starting all clips together would put a voice seconds early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# A pause in which nothing at all plays is longer than in any song: these are other takes, or other
# days.
LONGEST_GAP_S = 60.0
# Rounding of references at other rates; less than a sample at 44.1 kHz does not count.
_SAME_WITHIN_S = 1e-5


class Clip(NamedTuple):
    """A recording's own statement of its position.

    Attributes:
        file: its name, for messages.
        reference_s: time reference in seconds since midnight; None if it carries none.
        duration_s: its length.
    """

    file: str
    reference_s: float | None
    duration_s: float


@dataclass(frozen=True)
class TimeLine:
    """Start of each recording.

    Attributes:
        starts_s: seconds after the first, one for each clip; all 0 where references say nothing.
        note: what was done or not done, and why; None for no remark.
        is_stated: whether every clip has a reference, and all are plausible.
    """

    starts_s: tuple[float, ...]
    note: str | None = None
    is_stated: bool = False


def lay_out(clips: Sequence[Clip]) -> TimeLine:
    """Start recordings where their time references say, when all carry one and they are plausible.

    Args:
        clips: every recording that is mixed.

    Returns:
        Starts in seconds. All start together where no references differ; where some differ but a
        recording has none, or where nothing would play for `LONGEST_GAP_S`, they do too, and the
        note says so.
    """
    together = (0.0,) * len(clips)
    given = [clip for clip in clips if clip.reference_s is not None]
    references_s = [clip.reference_s for clip in given if clip.reference_s is not None]
    if not references_s or max(references_s) - min(references_s) <= _SAME_WITHIN_S:
        return TimeLine(together, is_stated=len(given) == len(clips) > 0)
    first_s = min(references_s)
    latest = max(given, key=lambda clip: clip.reference_s or 0.0)
    if len(given) < len(clips):
        without = next(clip.file for clip in clips if clip.reference_s is None)
        return TimeLine(
            together,
            f"time references differ ({latest.file} starts {_later(latest, first_s)}), but "
            f"{without} has none, so all files are started together; export all with a time "
            "reference, or give start_s in song.toml",
        )
    starts_s = tuple((clip.reference_s or 0.0) - first_s for clip in clips)
    gap_s = _longest_gap_s(
        [(start, clip.duration_s) for start, clip in zip(starts_s, clips, strict=True)]
    )
    if gap_s > LONGEST_GAP_S:
        return TimeLine(
            together,
            f"time references lie too far apart to belong to one song ({latest.file} starts "
            f"{_later(latest, first_s)}), so all files are started together; give start_s in "
            "song.toml if that is wrong",
        )
    n_later = sum(start > _SAME_WITHIN_S for start in starts_s)
    return TimeLine(
        starts_s,
        f"laid out by time references: {n_later} of {len(clips)} files start later than the first, "
        f"{latest.file} by {max(starts_s):.3f} s",
        is_stated=True,
    )


def _later(clip: Clip, first_s: float) -> str:
    return f"{(clip.reference_s or 0.0) - first_s:.3f} s after the first"


def _longest_gap_s(intervals: Sequence[tuple[float, float]]) -> float:
    """The longest time between two recordings in which none plays."""
    gap_s, end_s = 0.0, 0.0
    for start, duration in sorted(intervals):
        gap_s = max(gap_s, start - end_s)
        end_s = max(end_s, start + duration)
    return gap_s
