"""Sends after the fader: a stem's own share of the shared reverb and delay.

Both effects are linear, so a stem that carries its own return sums with the others to what a real
desk's shared effect would give.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypedDict

import numpy as np

from mixer.console.automation import Automation, mean_value
from mixer.console.delay import delay_time_s, return_delay
from mixer.console.reverb import return_reverb, room_response
from mixer.console.settings import Delay, Number, Reverb, Strip
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.long_audio import silence
from mixer.errors import PresetError

_BLOCK_SAMPLES = 1 << 16


class SendReport(TypedDict):
    """Level of a send, and of its return relative to the stem; None for silence."""

    send_db: float
    return_db: float | None


SendReports = Mapping[str, SendReport]


class SharedEffects(TypedDict):
    """Settings of the shared effects; the delay also with its time and whether it is the song's."""

    reverb: Mapping[str, object]
    delay: Mapping[str, object]


class Sends:
    """The shared effects of a desk, kept from stem to stem."""

    def __init__(
        self, reverb: Reverb, delay: Delay, sample_rate: int, tempo_bpm: float | None
    ) -> None:
        """Prepare.

        Args:
            reverb, delay: the shared effects.
            sample_rate: Hz.
            tempo_bpm: what a delay in beats follows; None if unknown.

        Raises:
            PresetError: one of their numbers is automated.
        """
        for name, setting in (("reverb", reverb), ("delay", delay)):
            _refuse_automation(name, setting)
        self._reverb, self._delay = reverb, delay
        self._sample_rate, self._tempo_bpm = sample_rate, tempo_bpm
        self._room: FloatArray | None = None

    def add_returns(self, audio: FloatArray, strip: Strip) -> tuple[FloatArray, SendReports]:
        """Add the returns of a stem's sends to it.

        Args:
            audio: float32 `(2, samples)`, after its strip; it is not changed.
            strip: its send levels, which are scaled by its amount.

        Returns:
            float32 `(2, samples)` (the same array without a send), and the levels of the sends and
            of their returns relative to the stem, in dB.
        """
        out, report = audio, dict[str, SendReport]()
        for name, level_db in (("reverb", strip.reverb_db), ("delay", strip.delay_db)):
            if level_db is None or Automation(strip.amount, self._sample_rate).constant == 0.0:
                continue
            send = self._send(audio, level_db, strip.amount)
            returned = self.come_back(name, send)
            report[name] = {
                "send_db": mean_value(level_db),
                "return_db": _relative_db(returned, audio),
            }
            if out is audio:
                returned += audio
                out = returned
            else:
                out += returned
        return out, report

    def report(self) -> SharedEffects:
        """Settings of the shared effects, for the report."""
        synced = self._delay.beats is not None and bool(self._tempo_bpm)
        return {
            "reverb": dataclasses.asdict(self._reverb),
            "delay": {
                **dataclasses.asdict(self._delay),
                "time_ms": 1e3 * delay_time_s(self._delay, self._tempo_bpm),
                "follows_tempo": synced,
            },
        }

    def _send(self, audio: FloatArray, level_db: Number, amount: Number) -> FloatArray:
        level = Automation(level_db, self._sample_rate)
        share = Automation(amount, self._sample_rate)
        send = silence(*audio.shape)
        for start in range(0, audio.shape[-1], _BLOCK_SAMPLES):
            stop = min(start + _BLOCK_SAMPLES, audio.shape[-1])
            gain = db_to_gain(level.over(start, stop)) * share.over(start, stop)
            np.multiply(audio[:, start:stop], gain.astype(np.float32), out=send[:, start:stop])
        return send

    def come_back(self, name: str, send: FloatArray) -> FloatArray:
        """Return of the "reverb" or "delay" send, in place of the send signal.

        Args:
            name: "reverb" or "delay".
            send: float32 `(2, samples)`; overwritten.
        """
        if name == "delay":
            return return_delay(send, self._sample_rate, self._delay, self._tempo_bpm)
        if self._room is None:
            self._room = room_response(self._reverb, self._sample_rate)
        return return_reverb(send, self._room, self._reverb.width)


def _refuse_automation(name: str, setting: Reverb | Delay) -> None:
    for field in dataclasses.fields(setting):
        if isinstance(getattr(setting, field.name), tuple):
            raise PresetError(
                f"{name}.{field.name} cannot be automated: all stems share it; write one number, "
                f"and automate the stems' {name}_db"
            )


def _relative_db(audio: FloatArray, reference: FloatArray) -> float | None:
    energies = [float(np.vdot(a, a)) for a in (audio, reference)]
    if min(energies) <= 0.0:
        return None
    return float(10.0 * np.log10(energies[0] / energies[1]))
