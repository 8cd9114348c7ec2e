"""Recordings compared by their sound: which ones contain only what others already contain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from mixer.audio.excerpts import read_excerpts
from mixer.audio.formats import without_audio_suffix
from mixer.audio.reading import read_resampled_blocks
from mixer.audio.source import AudioSource
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import InputError
from mixer.song.duplicates.found import (
    CERTAIN_BELOW_DB,
    EXCERPTS_RATE_HZ,
    Found,
    Relation,
    sounding_excerpts,
)
from mixer.song.duplicates.late_copies import LATE_EXCERPT_S, late_copies
from mixer.song.duplicates.late_mixes import likely_moves_s, sketch_all, sounds_like_a_mix
from mixer.song.duplicates.likely_mixes import like_all_others
from mixer.song.duplicates.near_copies import MOVED_BELOW_DB
from mixer.song.duplicates.relations import find_relations
from mixer.song.duplicates.sums_by_sound import EQUAL_GAINS_BELOW_DB, find_moved_sum
from mixer.song.duplicates.throughout import left_over_throughout_db, plays_wherever
from mixer.song.load_progress import Loading, LoadProgress, LoadStep, unwatched
from mixer.song.names.sides import Side

# Excerpts of a song: spread over it, and so many that they catch a track that plays only rarely.
N_EXCERPTS, EXCERPT_S = 16, 0.3
# A whole number of samples at every usual rate: files at several are compared without resampling
# their place.
_GRID_S = 0.04
# Sound that is shorter says too little: two hits of one drum are not one recording.
SHORTEST_S = 1.0
# All of a recording is compared, by gains of its own for each half second, before it is left out.
_THROUGHOUT_BELOW_DB = {True: -10.0, False: -25.0}  # a lossy encoder or a limiter between, or none
# So many parts make up no single instrument's sound by accident.
_FEWEST_OF_BARE_SUM = 3
_LOSSLESS = ("PCM_", "FLOAT", "DOUBLE", "ALAC", "FLAC", "WAVPACK", "TTA", "APE", "TRUEHD", "MLP")
# Suffixes that file managers and browsers give to a copy's name.
_COPY_MARK = re.compile(
    r"(\(\d+\)|[\s_-]+(copy|kopie|copie|copia|kopia|コピー|副本)(\s*\(?\d+\)?)?|"
    r"\(?conflicted copy.*\)?)\s*$",
    re.IGNORECASE,
)
_NAMED_PARTS = 3
_MOVED_FROM_MS = 0.05
_AUDIBLE_FROM = 1e-3  # of full scale, -60 dBFS
_LIKE_ALL = (
    "likely already a mix: it correlates with the sum of all other files; "
    "set ignore = true in song.toml to leave it out"
)
_LIKE_THE_OTHER = "likely the same recording as the other file, which it correlates with"
_PLAUSIBLE_PEAK = 512.0
_PLACES = {Side.LEFT: slice(0, 1), Side.RIGHT: slice(1, 2)}


@dataclass(frozen=True)
class Heard:
    """Findings about one recording from listening to its folder.

    Attributes:
        index: of the recording.
        reason: a phrase for the user: "the same as Kick.wav".
        certain: nothing is lost without it; False if that is only likely.
        others: the recordings that contain it.
    """

    index: int
    reason: str
    certain: bool
    others: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Candidate:
    """A recording to compare.

    Attributes:
        file: its name.
        source: its audio file.
        side: "left", "right", "mid" or "side" for half a pair, else None.
        start_s: where it begins on the song's time line, in seconds.
        is_named: whether its name identifies the instrument.
    """

    file: str
    source: AudioSource
    side: Side | None = None
    start_s: float = 0.0
    is_named: bool = True

    @property
    def is_lossy(self) -> bool:
        return not self.source.encoding.upper().startswith(_LOSSLESS)


def compare_recordings(
    candidates: Sequence[Candidate], loading: Loading = unwatched
) -> list[Heard]:
    """Find copies, sums, mixes and takes among a song's recordings.

    Unreadable files are skipped: the error is reported when the mix reads them.

    Args:
        candidates: all recordings that would be mixed.
        loading: called for each that is read.
    """
    lengths_s = [c.source.n_samples / c.source.sample_rate for c in candidates]
    ends_s = [c.start_s + length_s for c, length_s in zip(candidates, lengths_s, strict=True)]
    if len(candidates) < 2 or max(ends_s) < SHORTEST_S:
        return []
    starts_s = _excerpt_starts_s(max(ends_s))
    with Workers(available_threads(), "listening") as pool:
        read = partial(_placed_excerpts, starts_s=starts_s)
        own, audio_s = list[np.ndarray](), sum(lengths_s)
        for candidate, each in zip(candidates, pool.map(read, candidates), strict=True):
            share = len(own) / len(candidates)
            loading(
                LoadProgress(LoadStep.EXCERPTS, share, len(candidates), audio_s, candidate.file)
            )
            own.append(each)
    excerpts = np.stack(own)
    loading(LoadProgress(LoadStep.COMPARE, 0.0, len(candidates), audio_s))
    found = find_relations(
        excerpts, [_preference(c) for c in candidates], _twins(candidates), channels=2
    )
    heard = [
        _heard(replace(one, certain=_is_certain(one, candidates)), candidates) for one in found
    ]
    heard += _late_mixes(excerpts, candidates, starts_s, {one.index for one in found})
    heard += _late_copies(excerpts, candidates, starts_s, {one.index for one in heard})
    return heard + _likely_mixes(excerpts, heard)


def _late_copies(
    excerpts: np.ndarray,
    candidates: Sequence[Candidate],
    starts_s: Sequence[float],
    known: set[int],
) -> list[Heard]:
    """Copies with another start: only reported, since a delayed copy may be intentional."""
    by_channel = excerpts.reshape(*excerpts.shape[:2], 2, -1)
    sounding = np.stack(
        [sounding_excerpts(np.mean(own.astype(np.float64) ** 2, axis=1)) for own in excerpts]
    )
    middles_s = np.array(starts_s) + EXCERPT_S / 2

    def read_around(index: int, places: np.ndarray) -> np.ndarray:
        around_s = [float(middle - LATE_EXCERPT_S / 2) for middle in middles_s[places]]
        audio = _placed_excerpts(candidates[index], around_s, LATE_EXCERPT_S)
        return audio.reshape(len(places), 2, -1).mean(axis=1)

    rest = sorted(
        (i for i in range(len(candidates)) if i not in known),
        key=lambda i: (_preference(candidates[i]), i),
    )
    moved: dict[int, tuple[int, float]] = {}
    # The halves of a pair may be equal: they are on one side each.
    for side in {candidates[index].side for index in rest}:
        own = [index for index in rest if candidates[index].side == side]
        moved |= late_copies(by_channel.mean(axis=2), sounding, own, read_around, EXCERPTS_RATE_HZ)
    return [
        _heard(
            Found(index, Relation.MOVED, (other,), MOVED_BELOW_DB, False, later_s=later_s),
            candidates,
        )
        for index, (other, later_s) in moved.items()
    ]


def _likely_mixes(excerpts: np.ndarray, heard: Sequence[Heard]) -> list[Heard]:
    """Recordings that sound like the mix of all others, unless a more exact relation is known."""
    by_channel = excerpts.reshape(*excerpts.shape[:2], 2, -1)
    left_out = {one.index for one in heard if one.certain}
    mixed = [
        index
        for index, own in enumerate(excerpts)
        if index not in left_out and np.abs(own).max() > _AUDIBLE_FROM
    ]
    known = {one.index for one in heard}
    return [
        Heard(index, _LIKE_ALL if len(mixed) > 2 else _LIKE_THE_OTHER, False, others)
        for index in like_all_others(by_channel, mixed)
        if index not in known
        for others in [tuple(other for other in mixed if other != index)]
    ]


def _late_mixes(
    excerpts: np.ndarray,
    candidates: Sequence[Candidate],
    starts_s: Sequence[float],
    known: set[int],
) -> list[Heard]:
    """Mixes of the others with another start, among recordings with unrecognised names."""
    rest = [index for index in range(len(candidates)) if index not in known]
    if len(rest) < 4:
        return []
    halves = excerpts.reshape(*excerpts.shape[:2], 2, -1)
    unnamed = [
        index
        for index in rest
        if not candidates[index].is_named
        and sounds_like_a_mix(
            halves[index], halves[[o for o in rest if o != index]], EXCERPTS_RATE_HZ
        )
    ]
    if not unnamed:
        return []
    whole, single = sketch_all(
        [(candidates[index].source, candidates[index].start_s) for index in rest],
        [rest.index(index) for index in unnamed],
    )
    heard = []
    for index in unnamed:
        for move_s in likely_moves_s(single[rest.index(index)], whole):
            moved = replace(candidates[index], start_s=candidates[index].start_s - move_s)
            placed = excerpts.copy()
            placed[index] = _placed_excerpts(moved, starts_s)
            placed[index, ~_lies_within(moved, starts_s)] = 0.0
            entry = find_moved_sum(placed, index, [o for o in rest if o != index], channels=2)
            if entry is not None:
                moved_candidates = [*candidates[:index], moved, *candidates[index + 1 :]]
                entry = replace(
                    entry,
                    certain=_is_certain(entry, moved_candidates),
                    later_s=entry.later_s + move_s,
                )
                heard.append(_heard(entry, candidates))
                break
    return heard


def _lies_within(candidate: Candidate, starts_s: Sequence[float]) -> np.ndarray:
    """Which excerpts lie entirely between the start and the end of a recording."""
    starts = np.array(starts_s) - candidate.start_s
    ends_s = candidate.source.n_samples / candidate.source.sample_rate
    return (starts >= 0.0) & (starts + EXCERPT_S <= ends_s)


def _is_certain(found: Found, candidates: Sequence[Candidate]) -> bool:
    """Whether a recording can be left out because others contain all of it.

    A recognised instrument name outweighs an inexact sum: the file may be a compressed bus that
    lies beside its parts on purpose. A mix from a lossy encoder is not such a bus, nor is a sum of
    many files with unrecognised names.
    """
    own = candidates[found.index]
    others = [candidates[other] for other in found.others]
    if found.relation is Relation.MIX and not own.is_named:
        return True
    if found.relation is Relation.MIX and found.left_over_db < EQUAL_GAINS_BELOW_DB:
        encoded = own.is_lossy and not all(other.is_lossy for other in others)
        exact = found.certain and found.left_over_db < CERTAIN_BELOW_DB
        return exact or (encoded and found.certain)
    is_bare_sum = (
        found.relation is Relation.SUM and not own.is_named and len(others) >= _FEWEST_OF_BARE_SUM
    )
    if not (found.certain or is_bare_sum):
        return False
    n_samples = max(1, own.source.n_samples * EXCERPTS_RATE_HZ // own.source.sample_rate)
    if is_bare_sum:  # what is soft in the whole may still play alone for a while
        others = [candidate for candidate in candidates if candidate is not own]
    try:
        blocks = [_placed_blocks(candidate, own.start_s) for candidate in (own, *others)]
        if found.relation is Relation.TAKE:
            return plays_wherever(blocks[0], blocks[1], EXCERPTS_RATE_HZ, n_samples)
        left_db = left_over_throughout_db(blocks[0], blocks[1:], EXCERPTS_RATE_HZ, n_samples)
    except InputError:
        return False
    changed = is_bare_sum or own.is_lossy or any(other.is_lossy for other in others)
    return left_db < _THROUGHOUT_BELOW_DB[changed]


def _placed_blocks(candidate: Candidate, from_s: float) -> Iterator[np.ndarray]:
    """A recording as it is in a plain sum, from a time on: blocks of float32 (2, samples)."""
    start = round((candidate.start_s - from_s) * EXCERPTS_RATE_HZ)
    if start > 0:
        yield np.zeros((2, start), np.float32)
    for block in read_resampled_blocks(candidate.source, EXCERPTS_RATE_HZ):
        before = min(max(-start, 0), block.shape[1])
        start += before
        yield _placed(candidate, block[:, before:])


def _placed(candidate: Candidate, audio: np.ndarray) -> np.ndarray:
    """Pan (..., channels, samples) to the sides that it is mixed to: (..., 2, samples)."""
    placed = np.zeros((*audio.shape[:-2], 2, audio.shape[-1]), np.float32)
    placed[..., _PLACES[candidate.side] if candidate.side in _PLACES else slice(0, 2), :] = audio
    if candidate.side == Side.SIDE:
        placed[..., 1, :] *= -1.0
    return placed


def _excerpt_starts_s(duration_s: float) -> list[float]:
    """Starts of excerpts in seconds, spaced by the golden ratio so that they never follow bars."""
    room_s = max(0.0, duration_s - EXCERPT_S)
    shares = sorted((0.5 + n * 0.6180339887) % 1.0 for n in range(N_EXCERPTS))
    return [round(share * room_s / _GRID_S) * _GRID_S for share in shares]


def _placed_excerpts(
    candidate: Candidate, starts_s: Sequence[float], length_s: float = EXCERPT_S
) -> np.ndarray:
    """Excerpts of the recording as it is in a plain sum, float32 (excerpts, 2 x samples)."""
    own_starts_s = [start - candidate.start_s for start in starts_s]
    try:
        own = read_excerpts(candidate.source, own_starts_s, length_s, EXCERPTS_RATE_HZ)
    except InputError:
        own = np.zeros((len(starts_s), 1, round(length_s * EXCERPTS_RATE_HZ)), np.float32)
    placed = _placed(candidate, own).reshape(own.shape[0], -1)
    peak = float(np.abs(placed).max(initial=0.0))
    if not np.isfinite(peak):
        return np.zeros_like(placed)
    # Float files may be scaled to integers, or damaged: no gain between recordings is lost.
    return placed / np.float32(peak) if peak > _PLAUSIBLE_PEAK else placed


def _preference(candidate: Candidate) -> int:
    """Rank of a recording among its copies: the lowest is kept."""
    name = without_audio_suffix(candidate.file)
    marked = _COPY_MARK.search(name) is not None
    return (
        1_000_000 * marked
        + 100_000 * candidate.is_lossy
        + 1_000 * (candidate.source.channels == 1)
        + len(name)
    )


def _twins(candidates: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Pairs of files whose names differ only in their extensions."""
    by_name: dict[str, list[int]] = {}
    for index, candidate in enumerate(candidates):
        by_name.setdefault(without_audio_suffix(candidate.file).lower(), []).append(index)
    return [(one, two) for same in by_name.values() for one in same for two in same if one < two]


def _heard(entry: Found, candidates: Sequence[Candidate]) -> Heard:
    others = [candidates[other].file for other in entry.others]
    more = f" and {len(others) - _NAMED_PARTS} more" if len(others) > _NAMED_PARTS else ""
    named = ", ".join(others[:_NAMED_PARTS]) + more
    if entry.relation is Relation.COPY:
        reason = f"the same as {named}{_turned(entry)}"
    elif entry.relation is Relation.TAKE:
        reason = f"a take that {named} was cut from"
    elif entry.relation is Relation.COPIED:
        reason = f"copied out of {named}"
    elif entry.relation is Relation.MOVED:
        reason = f"the same as {named}{_moved(entry)}"
    elif entry.relation is Relation.MIX:
        reason = f"a mix of the other files{_moved(entry)}{_turned(entry)}"
    else:
        reason = f"the sum of {named}{_moved(entry)}{_turned(entry)}"
        if entry.reversible and not entry.certain:
            reason += ", or one of these is the difference of the others"
    if not entry.certain:
        reason = (
            f"likely {reason}{_share(entry)}, but mixed; "
            "set ignore = true in song.toml to leave it out"
        )
    return Heard(entry.index, reason, entry.certain, entry.others)


def _turned(entry: Found) -> str:
    return ", its polarity inverted" if entry.inverted else ""


def _moved(entry: Found) -> str:
    away_ms = 1000.0 * entry.later_s
    if abs(away_ms) < _MOVED_FROM_MS:
        return ""
    return f", {abs(away_ms):.1f} ms {'later' if away_ms > 0 else 'earlier'}"


def _share(entry: Found) -> str:
    """How much of it others contain, in words, if that was measured over its whole length."""
    if entry.relation not in (Relation.SUM, Relation.MIX):
        return ""
    return f" ({100.0 * (1.0 - 10.0 ** (entry.left_over_db / 10.0)):.0f} % of it)"
