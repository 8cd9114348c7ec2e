"""The returns of a session: the rooms and the echo of a model of tracks, the user's own.

No workstation has these rooms, so each return appears twice: as a muted bus to which the tracks
send, for a reverb of one's own or for the room's impulse response, and as audio of what comes back.
"""

from __future__ import annotations

import numpy as np

from mixer.console.sends import Sends
from mixer.console.settings import Strip as UserStrip
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.network.track_mixer.track_settings import SpaceSettings, TrackSettings
from mixer.output.daw.strips.standby import Echo, Room
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.tracks.group_sends import HIGH_CUT_HZ, LOW_CUT_HZ, RoomReturns

SHORT_ROOM, LONG_ROOM, ECHO, REVERB, DELAY = "short_room", "long_room", "echo", "reverb", "delay"
# By key: what it is called on a track.
RETURN_NAMES = {
    SHORT_ROOM: "Room",
    LONG_ROOM: "Long room",
    ECHO: "Echo",
    REVERB: "Reverb",
    DELAY: "Delay",
}
ROOMS = (SHORT_ROOM, LONG_ROOM, REVERB)
_KEYS = {name: key for key, name in RETURN_NAMES.items()}
# Long enough for the longest room of the console and its pre-delay.
_IMPULSE_S = 1.15


class SessionReturns:
    """The returns of one mix."""

    def __init__(self, plan: RenderPlan, space: SpaceSettings) -> None:
        """Prepare.

        Args:
            plan: of the mix; its console has the user's reverb and delay.
            space: the model's rooms and echo.
        """
        self._space, self._console, self._rate = space, plan.console, plan.mix_rate
        self._rooms = RoomReturns(space, plan.mix_rate)
        self._user = Sends(
            plan.console.reverb, plan.console.delay, plan.mix_rate, plan.song.tempo_bpm
        )

    def sends(
        self, settings: TrackSettings | None, user: UserStrip | None
    ) -> tuple[tuple[str, float], ...]:
        """Levels in dB by the name of the return; a send that is automated is at its mean."""
        found = []
        for key, factor in self._rooms.levels(settings) if settings is not None else ():
            found.append((RETURN_NAMES[key], round(20.0 * float(np.log10(factor)), 3)))
        if user is not None and user.amount == 1.0:
            for key, level_db in ((REVERB, user.reverb_db), (DELAY, user.delay_db)):
                if isinstance(level_db, tuple):
                    level_db = float(np.mean([value for _, value in level_db]))
                if level_db is not None:
                    found.append((RETURN_NAMES[key], round(float(level_db), 3)))
        return tuple(found)

    def come_back(self, name: str, sent: FloatArray) -> FloatArray:
        """Output of a return, float32 (2, samples); `sent` is overwritten."""
        key = _KEYS[name]
        returns = self._user if key in (REVERB, DELAY) else self._rooms
        return returns.come_back(key, sent)

    def all_back(self, sends: tuple[tuple[str, float], ...], sent: FloatArray) -> FloatArray:
        """Sum of the returns of one track's sends, float32 (2, samples)."""
        total = np.zeros_like(sent)
        for name, level_db in sends:
            total += self.come_back(name, sent * np.float32(db_to_gain(level_db)))
        return total

    def impulse_response(self, name: str) -> FloatArray:
        """A room's answer to a click in the middle, float32 (2, samples)."""
        room = self.device(name)
        assert isinstance(room, Room)
        n_samples = round((_IMPULSE_S * room.decay_s + 1e-3 * room.pre_delay_ms) * self._rate) + 1
        click = np.zeros((2, n_samples), np.float32)
        click[:, 0] = 1.0
        return self.come_back(name, click)

    def device(self, name: str) -> Room | Echo:
        """The kind of device of a return."""
        key, space = _KEYS[name], self._space
        if key == REVERB:
            own = self._console.reverb
            return Room(own.decay_s, own.pre_delay_ms, own.low_cut_hz, own.high_cut_hz)
        if key == SHORT_ROOM:
            decay_s, pre_ms = space.short_decay_s, space.short_pre_delay_ms
            return Room(decay_s, pre_ms, LOW_CUT_HZ, HIGH_CUT_HZ)
        if key == LONG_ROOM:
            decay_s, pre_ms = space.long_decay_s, space.long_pre_delay_ms
            return Room(decay_s, pre_ms, LOW_CUT_HZ, HIGH_CUT_HZ)
        if key == ECHO:
            return Echo(1e3 * space.echo_s, space.echo_feedback, LOW_CUT_HZ, HIGH_CUT_HZ)
        delay = self._console.delay
        time_ms = float(self._user.report()["delay"]["time_ms"])  # type: ignore[arg-type]
        return Echo(time_ms, delay.feedback, delay.low_cut_hz, delay.high_cut_hz)

    def words(self, name: str) -> str:
        """Settings for a device on the return."""
        device = self.device(name)
        cuts = f"below {device.low_cut_hz:.0f} Hz and above {device.high_cut_hz:.0f} Hz"
        if isinstance(device, Echo):
            return (
                f"delay {device.time_ms:.0f} ms, feedback {100.0 * device.feedback:.0f} %, each "
                f"echo cut {cuts}, no dry sound"
            )
        return (
            f"reverb of {device.decay_s:.2g} s, pre-delay {device.pre_delay_ms:.0f} ms, cut "
            f"{cuts}, no dry sound; or a convolver with the impulse response beside the session, "
            "which takes the side signal at half"
        )
