"""Recordings compared by their sound: which hold nothing that others do not hold already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.audio.excerpts import read_excerpts
from mixer.audio.formats import without_audio_suffix
from mixer.audio.source import AudioSource
from mixer.errors import InputError
from mixer.song.relations import Found, Relation, find_relations

# Excerpts of a song: spread over it, and so many that even a track which seldom plays is met.
N_EXCERPTS, EXCERPT_S = 16, 0.3
# Sound that is shorter says too little: two hits of one drum are not one recording.
SHORTEST_S = 1.0
# Waveforms up to 4 kHz tell recordings apart, and are left alone by lossy encoders.
_RATE_HZ = 8_000
_LOSSLESS = ("PCM_", "FLOAT", "DOUBLE", "ALAC")
# What file managers and browsers write behind a copy's name.
_COPY_MARK = re.compile(
    r"(\(\d+\)|[\s_-]+(copy|kopie|copie|copia|kopia|コピー|副本)(\s*\(?\d+\)?)?|"
    r"\(?conflicted copy.*\)?)\s*$",
    re.IGNORECASE,
)
_NAMED_PARTS = 3


@dataclass(frozen=True)
class Heard:
    """What listening to a folder says of one recording.

    Attributes:
        index: which recording.
        reason: a phrase for the user: "the same as Kick.wav".
        certain: nothing is lost without it; False where that is only likely.
    """

    index: int
    reason: str
    certain: bool


@dataclass(frozen=True)
class Candidate:
    """A recording to compare.

    Attributes:
        file: its name.
        source: where the samples are.
        side: "left" or "right" for half a pair, else None.
        start_s: where it begins on the song's time line, in seconds.
    """

    file: str
    source: AudioSource
    side: str | None = None
    start_s: float = 0.0


def compare_recordings(candidates: Sequence[Candidate]) -> list[Heard]:
    """Find copies, sums, mixes and takes among a song's recordings.

    A file that cannot be read is passed over: reading it in earnest says why.

    Args:
        candidates: all that would be mixed.
    """
    ends_s = [c.start_s + c.source.n_samples / c.source.sample_rate for c in candidates]
    if len(candidates) < 2 or max(ends_s) < SHORTEST_S:
        return []
    starts_s = _excerpt_starts_s(max(ends_s))
    excerpts = np.stack([_placed_excerpts(c, starts_s) for c in candidates])
    found = find_relations(excerpts, [_preference(c) for c in candidates], _twins(candidates))
    return [_heard(entry, candidates) for entry in found]


def _excerpt_starts_s(duration_s: float) -> list[float]:
    """Places that no bar line coincides with for long: steps of the golden ratio."""
    room_s = max(0.0, duration_s - EXCERPT_S)
    shares = sorted((0.5 + n * 0.6180339887) % 1.0 for n in range(N_EXCERPTS))
    return [share * room_s for share in shares]


def _placed_excerpts(candidate: Candidate, starts_s: Sequence[float]) -> np.ndarray:
    """(excerpts, 2 x samples): as the recording stands in a plain sum."""
    own_starts_s = [start - candidate.start_s for start in starts_s]
    try:
        own = read_excerpts(candidate.source, own_starts_s, EXCERPT_S, _RATE_HZ)
    except InputError:
        own = np.zeros((len(starts_s), 1, round(EXCERPT_S * _RATE_HZ)), np.float32)
    placed = np.zeros((own.shape[0], 2, own.shape[2]), np.float32)
    sides = {"left": slice(0, 1), "right": slice(1, 2)}.get(candidate.side or "", slice(0, 2))
    placed[:, sides] = own
    return placed.reshape(own.shape[0], -1)


def _preference(candidate: Candidate) -> int:
    """Rank of a recording among copies of it: the lowest stays."""
    name = without_audio_suffix(candidate.file)
    lossy = not candidate.source.encoding.startswith(_LOSSLESS)
    marked = _COPY_MARK.search(name) is not None
    return (
        1_000_000 * marked + 100_000 * lossy + 1_000 * (candidate.source.channels == 1) + len(name)
    )


def _twins(candidates: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Pairs of files whose names differ in their endings alone."""
    by_name: dict[str, list[int]] = {}
    for index, candidate in enumerate(candidates):
        by_name.setdefault(without_audio_suffix(candidate.file).lower(), []).append(index)
    return [(one, two) for same in by_name.values() for one in same for two in same if one < two]


def _heard(entry: Found, candidates: Sequence[Candidate]) -> Heard:
    others = [candidates[other].file for other in entry.others]
    more = f" and {len(others) - _NAMED_PARTS} more" if len(others) > _NAMED_PARTS else ""
    named = ", ".join(others[:_NAMED_PARTS]) + more
    if entry.relation is Relation.COPY:
        turned = ", its polarity inverted" if entry.inverted else ""
        reason = f"the same as {named}{turned}"
    elif entry.relation is Relation.TAKE:
        reason = f"a take that {named} was cut from"
    elif entry.relation is Relation.MIX:
        reason = "a mix of the other files" if len(others) > 2 else f"the sum of {named}"
    else:
        reason = f"the sum of {named}"
    if not entry.certain:
        share = 100.0 * (1.0 - 10.0 ** (entry.left_over_db / 10.0))
        reason = f"likely {reason} ({share:.0f} % of it): left in, so check that nothing is doubled"
    return Heard(entry.index, reason, entry.certain)
