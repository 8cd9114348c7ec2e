"""Differences between a session as written and as read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.learn.recall_reader import Written, WrittenMix
from mixer.output.daw.read_session import ReadSession, ReadTrack
from mixer.output.daw.reaper.write_reaper import track_identity
from mixer.output.daw.strips.native_strip import EqBand, Points, Strip
from mixer.output.daw.strips.strip_words import fader_words, pan_words

# Smaller differences are a workstation's roundings.
LEAST_DB, LEAST_PAN, LEAST_WIDTH = 0.02, 0.004, 0.005
# A fade to silence, whose change in dB would have no end.
LEAST_FACTOR = 1e-6
_LEAST_SHARE = 1e-3
_LEAST_FACTOR_DB = 0.05


@dataclass(frozen=True)
class Changed:
    """A track or a folder that was changed.

    Attributes:
        written: the session as written.
        now: its strip in the session now.
        is_group: it is a folder, of a stem or of the whole mix.
    """

    written: Written
    now: Strip
    is_group: bool

    @property
    def is_moved(self) -> bool:
        """Whether the fader or the pan was moved."""
        was = self.written.strip
        return (
            abs(self.now.gain_db - was.gain_db) >= LEAST_DB
            or abs(self.now.pan - was.pan) >= LEAST_PAN
        )

    @property
    def is_wider(self) -> bool:
        """Whether the width was changed; 1 is also read where a session has no width."""
        if self.now.width == 1.0:
            return False
        return abs(self.now.width - self.written.strip.width) >= LEAST_WIDTH

    @property
    def is_automated(self) -> bool:
        """Whether the automation was changed."""
        return not _is_same_automation(self.written.strip.automation, self.now.automation)

    @property
    def bands_gone(self) -> tuple[EqBand, ...]:
        """Bands that were removed, or that differ now."""
        return without(self.written.strip.bands, self.now.bands)

    @property
    def bands_new(self) -> tuple[EqBand, ...]:
        """Bands that were added, or that differed before."""
        return without(self.now.bands, self.written.strip.bands)

    @property
    def sends(self) -> dict[str, float | None]:
        """Returns whose send level changed, to the new level in dB; None for off."""
        was, now = dict(self.written.strip.sends), dict(self.now.sends)
        found: dict[str, float | None] = {}
        for name in dict.fromkeys((*was, *now)):
            if name not in now:
                found[name] = None
            elif name not in was or abs(now[name] - was[name]) >= LEAST_DB:
                found[name] = now[name]
        return found

    def words(self) -> list[str]:
        """Each difference as a phrase."""
        return list(_words(self))


@dataclass(frozen=True)
class Comparison:
    """An engineer's changes to a session.

    Attributes:
        changed: tracks and folders that were changed, in order.
        added: names of tracks that were not there.
        gone: names of tracks that no longer exist.
        foreign: track name to its devices that mixer does not understand.
        remarks: one line for each thing that was read only in part.
    """

    changed: tuple[Changed, ...]
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    foreign: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remarks: tuple[str, ...] = ()


def compare_session(written: WrittenMix, session: ReadSession) -> Comparison:
    """Compare a session with how it was written.

    Args:
        written: its settings as written.
        session: as it is now.
    """
    found = [*_pairs(written.tracks, session, False), *_pairs(written.groups, session, True)]
    places = {place for _, place, _ in found if place is not None}
    changed = []
    for was, place, is_group in found:
        if place is not None:
            one = Changed(was, session.tracks[place].strip, is_group)
            changed += [one] if one.words() else []
    others = [(i, t) for i, t in enumerate(session.tracks) if i not in places]
    return Comparison(
        changed=tuple(changed),
        added=tuple(t.name for i, t in others if not _is_own(i, session, places, written)),
        gone=tuple(was.name for was, place, _ in found if place is None),
        foreign=tuple((t.name, t.foreign) for t in session.tracks if t.foreign),
        remarks=tuple(f"{t.name}: {what}" for t in session.tracks for what in t.remarks),
    )


def without(bands: Sequence[EqBand], others: Sequence[EqBand]) -> tuple[EqBand, ...]:
    """Bands that are not among others; of equal ones as many as there are more."""
    left, rest = list(others), list[EqBand]()
    for band in bands:
        same = next((other for other in left if _is_same_band(band, other)), None)
        if same is None:
            rest.append(band)
        else:
            left.remove(same)
    return tuple(rest)


def _pairs(
    rows: Sequence[Written], session: ReadSession, is_group: bool
) -> Iterator[tuple[Written, int | None, bool]]:
    """Each track with its place in the session: by identity, else by name."""
    by_identity = {track.identity: place for place, track in enumerate(session.tracks)}
    kind = "group" if is_group else "track"
    for row in rows:
        place = by_identity.get(track_identity(kind, row.name))
        if place is None:
            place = _by_name(row.name, session.tracks, is_group)
        yield row, place, is_group


def _by_name(name: str, tracks: Sequence[ReadTrack], is_group: bool) -> int | None:
    named = [place for place, track in enumerate(tracks) if track.name == name]
    of_kind = [place for place in named if tracks[place].is_group is is_group]
    return next(iter(of_kind or named), None)


def _is_own(place: int, session: ReadSession, known: set[int], written: WrittenMix) -> bool:
    """Whether a track came with the session, or is one half of a pair that did."""
    track = session.tracks[place]
    parent = track.parent
    is_half = (
        parent in known
        and not track.is_group
        and parent is not None
        and (track.name.startswith(f"{session.tracks[parent].name} "))
    )
    return track.name in written.others or is_half


def _is_same_band(one: EqBand, other: EqBand) -> bool:
    return (
        one.kind == other.kind
        and abs(one.frequency_hz / other.frequency_hz - 1.0) < _LEAST_SHARE
        and abs(one.gain_db - other.gain_db) < LEAST_DB
        and abs(one.q / other.q - 1.0) < 5.0 * _LEAST_SHARE
    )


def _is_same_automation(one: Points, other: Points) -> bool:
    times, change_db = automation_change(one, other)
    return not len(times) or float(np.max(np.abs(change_db))) < _LEAST_FACTOR_DB


def automation_change(was: Points, now: Points) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds, and the change of the automation at each in dB."""
    times = np.array(sorted({time_s for time_s, _ in (*was, *now)}))
    values = [
        np.interp(times, *np.array(points).T) if points else np.ones(len(times))
        for points in (was, now)
    ]
    before, after = (np.maximum(each, LEAST_FACTOR) for each in values)
    return times, 20.0 * np.log10(after / before)


def _words(changed: Changed) -> Iterator[str]:
    was, now = changed.written.strip, changed.now
    if abs(now.gain_db - was.gain_db) >= LEAST_DB:
        yield f"fader {fader_words(was)} to {fader_words(now)}"
    if abs(now.pan - was.pan) >= LEAST_PAN:
        yield f"pan {pan_words(was.pan)} to {pan_words(now.pan)}"
    if changed.is_wider:
        yield f"width {100.0 * was.width:.0f} to {100.0 * now.width:.0f} %"
    if changed.bands_gone or changed.bands_new:
        yield f"EQ: {len(changed.bands_gone)} bands removed, {len(changed.bands_new)} added"
    if changed.is_automated:
        yield "automation"
    if now.muted != was.muted:
        yield "muted" if now.muted else "no longer muted"
    if now.soloed != was.soloed:
        yield "soloed" if now.soloed else "no longer soloed"
    for name, level_db in changed.sends.items():
        yield f"send to {name} " + ("off" if level_db is None else f"{level_db:+.1f} dB")
