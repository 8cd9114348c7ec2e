"""Sends of a group's tracks to the rooms and the echo, and their returns.

Every return is linear and time-invariant, so the sends of all tracks of a group are summed and
convolved once; a track's own return is the response to its own send.
"""

from __future__ import annotations

import numpy as np

from mixer.console.delay import return_delay
from mixer.console.reverb import return_reverb, room_response
from mixer.console.settings import Delay, Reverb
from mixer.dsp.blocks import FloatArray, db_to_gain, sum_of
from mixer.dsp.long_audio import gained, silence
from mixer.network.track_mixer.track_settings import SEND_OFF_DB, SpaceSettings, TrackSettings

RETURNS = ("short_room", "long_room", "echo")
# Corner frequencies of the returns, as in training.
LOW_CUT_HZ, HIGH_CUT_HZ = 250.0, 7_000.0


def echo_of(space: SpaceSettings) -> Delay:
    """Convert the echo of a space to the console's delay."""
    return Delay(
        time_ms=1e3 * space.echo_s,
        feedback=space.echo_feedback,
        low_cut_hz=LOW_CUT_HZ,
        high_cut_hz=HIGH_CUT_HZ,
    )


class RoomReturns:
    """The rooms and the echo of a space, each created at the first send to it."""

    def __init__(self, space: SpaceSettings, sample_rate: int) -> None:
        self._space = space
        self._sample_rate = sample_rate
        self._rooms: dict[str, FloatArray] = {}

    def levels(self, settings: TrackSettings) -> list[tuple[str, np.float32]]:
        """Send levels of a track: names of `RETURNS` and linear gains."""
        asked_db = {name: getattr(settings, f"{name}_db") for name in RETURNS}
        # All echoes together come back at the level of the send.
        echoes = np.sqrt(1.0 - self._space.echo_feedback**2)
        return [
            (name, np.float32(db_to_gain(level_db) * (echoes if name == "echo" else 1.0)))
            for name, level_db in asked_db.items()
            if level_db > SEND_OFF_DB
        ]

    def come_back(self, name: str, sent: FloatArray) -> FloatArray:
        """Output of a return, float32 (2, samples), which overwrites the send signal."""
        if name == "echo":
            return return_delay(sent, self._sample_rate, echo_of(self._space), None)
        if name not in self._rooms:
            self._rooms[name] = room_response(self._room(name), self._sample_rate)
        return return_reverb(sent, self._rooms[name], 1.0)

    def _room(self, name: str) -> Reverb:
        if name == "short_room":
            decay_s, pre_delay_ms = self._space.short_decay_s, self._space.short_pre_delay_ms
        else:
            decay_s, pre_delay_ms = self._space.long_decay_s, self._space.long_pre_delay_ms
        return Reverb(decay_s, pre_delay_ms, LOW_CUT_HZ, HIGH_CUT_HZ)


class GroupSends:
    """The sends of one group, accumulated over its tracks."""

    def __init__(self, space: SpaceSettings, sample_rate: int) -> None:
        self._returns = RoomReturns(space, sample_rate)
        self._sent: dict[str, FloatArray] = {}

    def fed_by(
        self, settings: TrackSettings, n_samples: int
    ) -> list[tuple[FloatArray, np.float32]]:
        """Sums of sends that a track is to be added to, float32 (2, n_samples), with its levels.

        Args:
            settings: of the track.
            n_samples: of the mix.
        """
        levels = self._returns.levels(settings)
        for name, _ in levels:
            if name not in self._sent:
                self._sent[name] = silence(2, n_samples)
        return [(self._sent[name], level) for name, level in levels]

    def add_returns(self, group: FloatArray) -> None:
        """Add the returns of all sends to the group, float32 (2, samples), in place."""
        for name in RETURNS:
            if name in self._sent:
                group += self._returns.come_back(name, self._sent.pop(name))

    def with_returns(
        self, audio: FloatArray, sent: FloatArray, settings: TrackSettings
    ) -> FloatArray:
        """A track with the returns of its own sends; the same array if it has no sends.

        Args:
            audio: float32 (2, samples), the track as it is in its group.
            sent: float32 (2, samples), the signal that was sent, without other returns.
            settings: of the track, which hold its send levels.
        """
        out = audio
        for name, level in self._returns.levels(settings):
            out = sum_of([out, self._returns.come_back(name, gained(sent, level))])
        return out
