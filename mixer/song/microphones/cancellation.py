"""Microphones on one source that cancel each other in part, and the effect of correcting them.

Names select tracks that may be microphones on one source, and their sound decides: between two
performances or two layered samples no delay is found. The halves of a stereo pair are never moved
against each other, since the delay between them makes the stereo image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mixer.dsp.threads import one_blas_thread
from mixer.song.fixes import FIXES, Fix
from mixer.song.microphones.close_microphones import MAX_DELAY_S, Offset, find_offset, gained_db
from mixer.song.microphones.microphone_names import microphone_groups
from mixer.song.microphones.microphone_sound import Hearing, around_peaks, read_microphone
from mixer.song.names.sides import Side
from mixer.song.song import Song
from mixer.song.tracks import Track, tracks_of

# 3 cm of air, less than engineers move by; found delays scatter about as much.
_SHORTEST_DELAY_S = 0.0001
# Delays longer than those of close microphones are looked for up to here, and reported.
_FAR_DELAY_S = 0.1
# Below this, a repair does not make the sum fuller.
_LEAST_GAIN_DB = 0.2
# Sides of a wide synthesiser cancel a little when they are summed, those of a miswired pair far
# more: their correlation is below -0.33.
_LEAST_GAIN_OF_PAIR_DB = 3.0
_NOTHING = Offset(0, False, 0.0)


@dataclass(frozen=True)
class Misplaced:
    """A track, or half a pair, whose polarity or delay does not match another at the same source.

    Attributes:
        files: its own files; both of a pair, which are corrected together.
        reference: the file that it is compared with.
        delay_s: delay against the reference; 0 if none needs correction.
        inverted: its polarity is the opposite.
        gains_db: increase of the power of the sum of both, by set of corrections.
        is_far: its delay is larger than close microphones can have, so it is not moved.
    """

    files: tuple[str, ...]
    reference: str
    delay_s: float
    inverted: bool
    gains_db: dict[tuple[str, ...], float] = field(default_factory=dict)
    is_far: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """Corrections that would be needed, any of `FIXES`."""
        faults = {Fix.POLARITY: self.inverted, Fix.DELAY: self.delay_s != 0.0 and not self.is_far}
        return tuple(fix for fix in FIXES if faults[fix])

    def repaired_by(self, allowed: Sequence[str]) -> tuple[str, ...]:
        """The given corrections that apply; none if they alone would make the sum thinner."""
        fixes = tuple(fix for fix in self.needed if fix in allowed)
        return fixes if self.gains_db.get(fixes, 0.0) >= _LEAST_GAIN_DB else ()

    def sentence(self) -> str:
        """The fault in words."""
        later = (
            f"{abs(1000.0 * self.delay_s):.2f} ms {'later' if self.delay_s > 0.0 else 'earlier'}"
        )
        if not self.inverted:
            return f"{later} than {self.reference}"
        if self.delay_s == 0.0:
            return f"inverted against {self.reference}"
        return f"inverted and {later} than {self.reference}"


@one_blas_thread
def find_misplaced(song: Song) -> list[Misplaced]:
    """Compare the microphones of each source, and the halves of each pair.

    Unreadable files are skipped: the error is reported when the mix reads them.

    Args:
        song: from `load_song`; starts and polarities of its recordings are taken into account.
    """
    tracks = tracks_of(song)
    found: dict[str, Misplaced] = {}
    for track in tracks:
        if (entry := _judge_pair(track, song)) is not None:
            found[track.name] = entry
    turned = {file for entry in found.values() for file in entry.files}
    placed = list(found.values())
    for group in microphone_groups(tracks):
        heard = [
            Hearing(microphone, excerpts)
            for microphone in group
            if (excerpts := read_microphone(microphone.track.recordings, song, turned)) is not None
        ]
        placed += _judge_group(heard, song.sample_rate)
    return placed


def _judge_pair(track: Track, song: Song) -> Misplaced | None:
    """Find halves of a pair with opposite polarity; the right one then counts as inverted."""
    sides = {recording.side: recording for recording in track.recordings}
    if set(sides) != {Side.LEFT, Side.RIGHT}:
        return None
    left, right = (read_microphone([sides[side]], song, ()) for side in (Side.LEFT, Side.RIGHT))
    if left is None or right is None:
        return None
    offset = find_offset(right, left, song.sample_rate)
    if offset is None or not offset.inverted:
        return None
    gain_db = gained_db(right, left, 0, inverted=True)
    if gain_db < _LEAST_GAIN_OF_PAIR_DB:
        return None
    return Misplaced(
        (sides[Side.RIGHT].file,), sides[Side.LEFT].file, 0.0, True, {(Fix.POLARITY,): gain_db}
    )


def _judge_group(heard: Sequence[Hearing], sample_rate: int) -> list[Misplaced]:
    """Compare microphones with the earliest one that has the source's polarity."""
    if len(heard) < 2:
        return []
    anchor = max(heard, key=lambda one: (not one.microphone.is_away, one.power))
    place_of_anchor = heard.index(anchor)
    whole, heard = heard, around_peaks(heard, anchor, sample_rate)
    anchor = heard[place_of_anchor]
    offsets = {
        place: find_offset(one.excerpts, anchor.excerpts, sample_rate)
        for place, one in enumerate(heard)
        if one is not anchor
    }
    offsets[place_of_anchor] = _NOTHING
    lost = [whole[place] for place, offset in offsets.items() if offset is None]
    far = (_judge_far(one, whole[place_of_anchor], sample_rate) for one in lost)
    found = [entry for entry in far if entry is not None]
    near = {place: offset for place, offset in offsets.items() if offset is not None}
    right = _right_way_round(heard, near)
    first = min(
        (place for place, offset in near.items() if offset.inverted == right),
        key=lambda place: (heard[place].microphone.is_away, near[place].delay_samples),
    )
    for place, offset in sorted(near.items(), key=lambda item: item[0]):
        delay = offset.delay_samples - near[first].delay_samples
        if heard[place].microphone.is_away or abs(delay) < _SHORTEST_DELAY_S * sample_rate:
            delay = 0
        inverted = offset.inverted != right
        if delay or inverted:
            found += _worth_mending(heard[place], heard[first], delay, inverted, sample_rate)
    return found


def _right_way_round(heard: Sequence[Hearing], near: dict[int, Offset]) -> bool:
    """Whether the source's polarity is the opposite of the anchor's.

    The majority decides; if there is none, the microphone that is named for the side where the
    source is struck, or the anchor.
    """
    n_inverted = sum(offset.inverted for offset in near.values())
    if 2 * n_inverted != len(near):
        return 2 * n_inverted > len(near)
    top = [offset for place, offset in near.items() if heard[place].microphone.is_top]
    return top[0].inverted if top else False


def _worth_mending(
    own: Hearing, other: Hearing, delay: int, inverted: bool, sample_rate: int
) -> list[Misplaced]:
    """The fault, if correcting it raises the power of the sum of both.

    Args:
        own: the microphone.
        other: its reference.
        delay: in samples.
        inverted: its polarity is the opposite.
        sample_rate: in Hz.
    """

    def gain_db(fixes: Sequence[str]) -> float:
        moved = delay if Fix.DELAY in fixes else 0
        turned = inverted and Fix.POLARITY in fixes
        return gained_db(own.excerpts, other.excerpts, moved, inverted=turned)

    choices: tuple[tuple[str, ...], ...] = ((Fix.POLARITY,), (Fix.DELAY,), FIXES)
    gains_db = {fixes: gain_db(fixes) for fixes in choices}
    files = tuple(recording.file for recording in own.microphone.track.recordings)
    entry = Misplaced(files, other.microphone.track.name, delay / sample_rate, inverted, gains_db)
    return [entry] if entry.repaired_by(FIXES) else []


def _judge_far(own: Hearing, other: Hearing, sample_rate: int) -> Misplaced | None:
    """Find a track of the same source that is later than a close microphone can be."""
    if own.microphone.is_away:
        return None
    offset = find_offset(own.excerpts, other.excerpts, sample_rate, max_delay_s=_FAR_DELAY_S)
    # The wider search finds little of what the narrow one does not: repeats, echoes.
    if offset is None or abs(offset.delay_samples) <= MAX_DELAY_S * sample_rate:
        return None
    files = tuple(recording.file for recording in own.microphone.track.recordings)
    delay_s = offset.delay_samples / sample_rate
    return Misplaced(files, other.microphone.track.name, delay_s, False, is_far=True)
