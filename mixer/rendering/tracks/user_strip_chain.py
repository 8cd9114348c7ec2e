"""The user's track strips: applied to each wet track after the model's strip, before summing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, NotRequired, TypedDict

from mixer.console.sends import SendReports, Sends
from mixer.console.settings import Console, Strip
from mixer.console.strip import StripEffects, apply_strip
from mixer.preset.schema import plain_strip
from mixer.rendering.tracks.placed_track import PlacedTrack
from mixer.rendering.user_strips import UserStrips


class Handled(NamedTuple):
    """A wet track after the user's strip.

    Attributes:
        audio: without the returns of the user's sends.
        with_returns: the same with these returns; the same object if the strip has no sends.
    """

    audio: PlacedTrack
    with_returns: PlacedTrack


class UserStripRecord(TypedDict):
    """Record of the user's strip of a track, ready for JSON; only its settings if it is not heard.

    `set` is the strip in the form of a preset.
    """

    heard: bool
    set: Mapping[str, Any]
    effects: NotRequired[StripEffects]
    sends: NotRequired[SendReports]


class UserStripChain:
    """The user's strips for the tracks of one mix; safe to call from several threads at once.

    Attributes:
        report: by name of each track with such a strip: whether it is heard, its settings, and
            measurements of each effect; ready for JSON.
    """

    def __init__(
        self, user: UserStrips, console: Console, sample_rate: int, tempo_bpm: float | None
    ) -> None:
        """Prepare the strips.

        Args:
            user: the user's strips of the song's tracks.
            console: has the reverb and delay that the user's sends feed.
            sample_rate: of the mix, in Hz.
            tempo_bpm: tempo for delays that are set in beats; None if unknown.
        """
        self._user, self._sample_rate = user, sample_rate
        self._sends = Sends(console.reverb, console.delay, sample_rate, tempo_bpm)
        self._shared = console.reverb, console.delay, tempo_bpm
        self.report: dict[str, UserStripRecord] = {}

    def is_heard(self, track_name: str) -> bool:
        """Whether a track is neither muted nor silenced by others' solo; says so in the report."""
        if track_name not in self._user.not_heard:
            return True
        strip = self._user.strips.get(track_name, Strip())
        self.report[track_name] = {"heard": False, "set": plain_strip(strip)}
        return False

    def key(self, track_name: str) -> tuple[object, ...]:
        """Key of all that determines the strip's effect on a track; equal keys, equal samples."""
        strip = self._user.strips.get(track_name)
        sends = strip is not None and (strip.reverb_db is not None or strip.delay_db is not None)
        return track_name in self._user.not_heard, strip, self._shared if sends else None

    def __call__(self, track_name: str, wet: PlacedTrack) -> Handled:
        """Run a wet track through the user's strip.

        Args:
            track_name: of a track that is heard.
            wet: as the model's strip leaves it.

        Raises:
            PresetError, InputError: as `mixer.console.strip.apply_strip`.
        """
        strip = self._user.strips.get(track_name)
        if strip is None:
            return Handled(wet, wet)
        done, effects = apply_strip(wet.whole(), self._sample_rate, strip, stem=track_name)
        full, sent = self._sends.add_returns(done, strip)
        self.report[track_name] = {
            "heard": True,
            "set": plain_strip(strip),
            "effects": effects,
            "sends": sent,
        }
        placed = PlacedTrack(done)
        return Handled(placed, placed if full is done else PlacedTrack(full))
