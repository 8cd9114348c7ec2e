"""Gains over time of the network's bus compressors in the last exact render.

A page plays tracks without those gains and applies them itself. If an edit has changed the input
of a bus, it also runs the compressor on the old and the new input, and applies the ratio of the two
gains.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixer.console.settings import MASTER
from mixer.dsp.blocks import FloatArray
from mixer.network.track_mixer.track_settings import BusSettings, Compression, ConsoleSettings
from mixer.rendering.tracks.track_strip import run_bus

# A gain is kept once in so many frames, and is straight between: attacks last longer.
STEP_FRAMES = 32
_TOP = 65_535


@dataclass(frozen=True)
class BusGains:
    """Gains of one bus in the last exact render.

    Attributes:
        version: increases whenever its gains or settings change.
        compression: settings, with the threshold relative to the channels' samples.
        gains: linear gain, float32 (steps,), 0 to 1.
        settings: of the bus, as the network set them or the user changed them.
    """

    version: int
    compression: Compression
    gains: FloatArray
    settings: BusSettings

    def encoded(self) -> bytes:
        """The gains as little-endian unsigned 16-bit integers; 65535 means 1."""
        return np.rint(self.gains * _TOP).astype("<u2").tobytes()


class SongBuses:
    """The buses of one song; only the worker's thread may call `hear` and `told`."""

    def __init__(self) -> None:
        self._heard: dict[str, FloatArray] = {}

    def hear(
        self, name: str, before: FloatArray, after: FloatArray, bus: BusSettings, rate: int
    ) -> None:
        """Record the effect of a bus on the network's own mix.

        Args:
            name: of the stem, or "master".
            before, after: float32 (2, samples), input and output of the bus.
            bus: its settings.
            rate: in Hz.
        """
        self._heard[name] = _gains(before, after, bus, rate)

    def told(
        self,
        before: Mapping[str, BusGains],
        settings: ConsoleSettings,
        rate: int,
        total: FloatArray | None,
    ) -> dict[str, BusGains]:
        """All buses by name; unchanged ones keep their versions.

        Args:
            before: the previous result.
            settings: of the console.
            rate: in Hz.
            total: input of the mix bus, float32 (2, samples), if strips have changed the stems
                before it; None otherwise.
        """
        heard = dict(self._heard)
        if total is not None:
            after = total.copy()
            run_bus(after, rate, settings.mix)
            heard[MASTER] = _gains(total, after, settings.mix, rate)
        told = {}
        for name, gains in heard.items():
            if name != MASTER and name not in settings.groups:
                continue
            buses = [settings.mix] if name == MASTER else [settings.groups[name], settings.mix]
            # Samples of channels have the linear part of the buses after them already.
            raised_db = sum(bus.gain_db for bus in buses)
            compression = buses[0].compression
            compression = dataclasses.replace(
                compression, threshold_db=compression.threshold_db + raised_db
            )
            there = before.get(name)
            is_same = (
                there is not None
                and there.compression == compression
                and np.array_equal(there.gains, gains)
            )
            version = 1 if there is None else there.version + (not is_same)
            told[name] = BusGains(version, compression, gains, buses[0])
        return told


def _gains(before: FloatArray, after: FloatArray, bus: BusSettings, rate: int) -> FloatArray:
    """Gain of a bus's compressor over time, float32 (steps,); a single 1 if it is off."""
    if bus.compression.is_off:
        return np.ones(1, np.float32)
    linear = before.copy()
    run_bus(linear, rate, dataclasses.replace(bus, compression=Compression()))
    return gain_over_time(linear, after)


def gain_over_time(before: FloatArray, after: FloatArray) -> FloatArray:
    """Linear gain between two signals, one value per `STEP_FRAMES` frames, float32 (steps,).

    Args:
        before, after: float32 (2, samples).
    """
    n_steps = before.shape[-1] // STEP_FRAMES
    if not n_steps:
        return np.ones(1, np.float32)
    n_frames = n_steps * STEP_FRAMES
    powers = [
        np.square(audio[:, :n_frames]).reshape(2, n_steps, STEP_FRAMES).sum(axis=(0, 2))
        for audio in (before, after)
    ]
    sounding = powers[0] > 1e-10
    ratio = np.sqrt(np.divide(powers[1], powers[0], out=np.ones_like(powers[0]), where=sounding))
    return np.clip(ratio, 0.0, 1.0).astype(np.float32)
