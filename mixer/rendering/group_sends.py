"""Sends of a group's tracks to the rooms and the echo, and their returns.

Every return is linear and time-invariant, so what all tracks of a group send is summed before it is
convolved once; a track's own share is what it alone would get back.
"""

from __future__ import annotations

import numpy as np

from mixer.console.delay import return_delay
from mixer.console.reverb import return_reverb, room_response
from mixer.console.settings import Delay, Reverb
from mixer.dsp.blocks import FloatArray, db_to_gain, sum_of
from mixer.dsp.long_audio import gained, parts_of, silence
from mixer.network.track_mixer.settings import SEND_OFF_DB, SpaceSettings, TrackSettings

RETURNS = ("short_room", "long_room", "echo")
# What comes back has these corners, as the model was told in training.
LOW_CUT_HZ, HIGH_CUT_HZ = 250.0, 7_000.0


def echo_of(space: SpaceSettings) -> Delay:
    """The echo of a space, as the console's delay."""
    return Delay(
        time_ms=1e3 * space.echo_s,
        feedback=space.echo_feedback,
        low_cut_hz=LOW_CUT_HZ,
        high_cut_hz=HIGH_CUT_HZ,
    )


class RoomReturns:
    """The rooms and the echo of a space, each made when something is first sent to it."""

    def __init__(self, space: SpaceSettings, sample_rate: int) -> None:
        self._space = space
        self._sample_rate = sample_rate
        self._rooms: dict[str, FloatArray] = {}

    def levels(self, settings: TrackSettings) -> list[tuple[str, np.float32]]:
        """Send levels of a track: names of `RETURNS`, and factors."""
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
    """The sends of one group, held open from track to track."""

    def __init__(self, space: SpaceSettings, sample_rate: int) -> None:
        self._returns = RoomReturns(space, sample_rate)
        self._sent: dict[str, FloatArray] = {}

    def send(self, audio: FloatArray, settings: TrackSettings) -> None:
        """Add a track's share to what is sent; float32 (2, samples), after its strip."""
        for name, level in self._returns.levels(settings):
            if name not in self._sent:
                self._sent[name] = silence(*audio.shape)
            sent = self._sent[name]
            for part in parts_of(audio):
                sent[:, part] += audio[:, part] * level

    def add_returns(self, group: FloatArray) -> None:
        """Add what comes back to the group, in place; nothing else is sent."""
        for name in RETURNS:
            if name in self._sent:
                group += self._returns.come_back(name, self._sent.pop(name))

    def with_returns(
        self, audio: FloatArray, sent: FloatArray, settings: TrackSettings
    ) -> FloatArray:
        """A track with what comes back of it alone; the same array where it sends nothing.

        Args:
            audio: float32 (2, samples), as it is in its group.
            sent: the same without other returns, as it was sent.
            settings: its sends.
        """
        out = audio
        for name, level in self._returns.levels(settings):
            out = sum_of([out, self._returns.come_back(name, gained(sent, level))])
        return out
