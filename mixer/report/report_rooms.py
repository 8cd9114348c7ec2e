"""The rooms and echoes that channels are sent to, as their picture shows them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

from mixer.console.delay import delay_time_s
from mixer.rendering.mix import Mix


class Room(TypedDict):
    """Response of a send: a room that dies away, or an echo.

    Attributes:
        name: as channels' sends have it.
        pre_delay_s: until it begins.
        decay_s: until a room has fallen by 60 dB; None for an echo.
        feedback: level of an echo over the one before; None for a room.
    """

    name: str
    pre_delay_s: float
    decay_s: float | None
    feedback: float | None


def rooms_of(mix: Mix, used: Collection[str]) -> list[Room]:
    """The rooms and echoes of a mix.

    Args:
        mix: of which those of the model come first.
        used: names that something is sent to; of the console only these are there.
    """
    found: list[Room] = []
    if mix.measurements["tracks"]:
        space = mix.measurements["tracks"]["space"]
        found.append(_room("short room", space["short_pre_delay_ms"], space["short_decay_s"]))
        found.append(_room("long room", space["long_pre_delay_ms"], space["long_decay_s"]))
        found.append(_echo("echo", space["echo_s"], space["echo_feedback"]))
    if "reverb" in used:
        reverb = mix.console.reverb
        found.append(_room("reverb", reverb.pre_delay_ms, reverb.decay_s))
    if "delay" in used:
        delay = mix.console.delay
        found.append(_echo("delay", delay_time_s(delay, mix.song.tempo_bpm), delay.feedback))
    return found


def _room(name: str, pre_delay_ms: float, decay_s: float) -> Room:
    pre_delay_s = pre_delay_ms / 1_000.0
    return {"name": name, "pre_delay_s": pre_delay_s, "decay_s": decay_s, "feedback": None}


def _echo(name: str, time_s: float, feedback: float) -> Room:
    return {"name": name, "pre_delay_s": time_s, "decay_s": None, "feedback": feedback}
