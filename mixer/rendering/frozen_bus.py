"""A frozen bus for all deliverables of a mix: it has the same effect on each part as on the mix.

A bus has linear stages (equaliser, width, pan, gain) and dynamics (compressor, limiter).
Linear stages act on each part as on the sum. The effect of the others on the mix is one gain for
each sample, measured on the mix itself; it is frozen and applied to each part. So the parts of the
mix sum to the mix, except for samples near zero, where no gain can be measured:
`FrozenBus.error_dbfs` measures that difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from mixer.console.sends import Sends
from mixer.console.settings import MASTER, Strip, following_level, without_effects
from mixer.console.strip import apply_strip
from mixer.dsp.blocks import FloatArray, db_to_gain, peak, sum_of
from mixer.dsp.gain_between import gain_between
from mixer.dsp.long_audio import add_to, copy_of, divide_by, gained, multiply_by, parts_of, silence
from mixer.network.track_mixer.track_settings import BusSettings, BusTable, Compression
from mixer.reference.mover import Mover
from mixer.reference.record import moves_of
from mixer.rendering.mix import Mix
from mixer.rendering.tracks.track_strip import run_bus

Linear = Callable[[FloatArray], FloatArray]
# A mix that is the sum of its parts except for rounding passes as it is.
_ROUNDING = 2e-6


@dataclass(frozen=True)
class FrozenBus:
    """Effect of a bus on a sum, ready to be applied to its parts.

    Attributes:
        linear: applies the linear stages to a part, float32 (2, samples), without changing it.
        gain: linear gain, float32 (2, samples); None if the bus was linear.
        total: output of the bus for the sum, float32 (2, samples).
    """

    linear: Linear
    gain: FloatArray | None
    total: FloatArray

    def apply(self, part: FloatArray) -> FloatArray:
        """Apply the bus to a part of the sum, float32 (2, samples)."""
        out = self.linear(part)
        if self.gain is None:
            return out
        own = silence(*part.shape) if out is part else out
        for place in parts_of(own):
            np.multiply(out[:, place], self.gain[:, place], out=own[:, place])
        return own

    def error_dbfs(self, parts: FloatArray) -> float:
        """Peak of the difference between the parts' sum and the total, in dBFS."""
        return float(20.0 * np.log10(max(_most_apart(self.total, parts), 1e-10)))


def _most_apart(one: FloatArray, other: FloatArray) -> float:
    """Largest absolute difference between two signals."""
    return max((peak(one[:, part] - other[:, part]) for part in parts_of(one)), default=0.0)


def freeze(
    sum_before: FloatArray, total: FloatArray, sample_rate: int, linear: Linear
) -> FrozenBus:
    """Express a bus's output by its input, as linear stages and a gain for each sample.

    Args:
        sum_before: float32 (2, samples), before the bus.
        total: the same after it.
        sample_rate: in Hz.
        linear: the linear stages of the bus.
    """
    passed = linear(sum_before)
    if _most_apart(total, passed) <= _ROUNDING * max(peak(total), 1e-6):
        return FrozenBus(linear, None, total)
    return FrozenBus(linear, gain_between(passed, total, sample_rate), total)


class MixParts:
    """The stems of a finished mix after its frozen bus, each computed on access."""

    def __init__(self, mix: Mix) -> None:
        """Freeze the bus.

        Args:
            mix: with its wet stems.

        Raises:
            ValueError: the mix has no wet stems.
        """
        if not mix.wet_stems:
            raise ValueError("parts of a mix need its wet stems")
        self._mix = mix
        total = sum_of(list(mix.wet_stems.values()))
        self._bus = freeze(total, mix.audio, mix.sample_rate, self._through_bus)

    def stem(self, name: str) -> FloatArray:
        """A stem as it is in the mix, float32 (2, samples)."""
        return self._bus.apply(self._mix.wet_stems[name])

    def without_tracks(self, stem: str, left_out: Callable[[str], bool]) -> FloatArray:
        """A stem as it is in the mix, without some of its tracks.

        Args:
            stem: of a mix of tracks that has wet tracks.
            left_out: returns whether to leave out a track, given its role.
        """
        shape = self._mix.audio.shape
        total, kept = silence(*shape), silence(*shape)
        for track in self._mix.plan.tracks:
            if track.stem == stem:
                wet = self._mix.wet_tracks[track.name]
                add_to(total, wet)
                if not left_out(track.role):
                    add_to(kept, wet)
        return self._bus.apply(self._through_group(stem, total, kept))

    @cached_property
    def error_dbfs(self) -> float:
        """Peak of the difference between the stems' sum and the mix, in dBFS."""
        parts = silence(*self._mix.audio.shape)
        for stem in self._mix.wet_stems:
            add_to(parts, self.stem(stem))
        return self._bus.error_dbfs(parts)

    def _through_bus(self, part: FloatArray) -> FloatArray:
        mix = self._mix
        out = self._linear_bus(part, mix.measurements["tracks"].get("mix"))
        return _linear_strip(out, mix.sample_rate, mix.plan.console.master, MASTER)

    def _through_group(self, stem: str, total: FloatArray, part: FloatArray) -> FloatArray:
        """Apply a group's bus and the stem's strip to a part of the group."""
        mix, rate = self._mix, self._mix.sample_rate
        measured, console = mix.measurements, mix.plan.console
        table, strip = measured["tracks"]["groups"][stem], console.strip(stem)
        # Levels as they were there: wet tracks have the gain of the master.
        gain = np.float32(db_to_gain(measured["master"]["gain_db"]))
        staging = np.float32(db_to_gain(measured["console"].get("staging_gain_db", 0.0)))
        for audio in (total, part):
            divide_by(audio, gain)
        behind = copy_of(total)
        run_bus(behind, rate, _bus_settings(table))
        part = freeze(total, behind, rate, lambda audio: self._linear_bus(audio, table)).apply(part)
        behind, part = (self._towards_reference(stem, audio) for audio in (behind, part))
        behind, part = gained(behind, staging), gained(part, staging)
        heard = replace(strip, mute=False, solo=False, duck=None)
        out, _ = apply_strip(behind, rate, heard, stem=stem)
        linear = partial(_linear_strip, sample_rate=rate, strip=strip, name=stem)
        part = freeze(behind, out, rate, linear).apply(part)
        sends = Sends(console.reverb, console.delay, rate, mix.song.tempo_bpm)
        returned = divide_by(sends.add_returns(part, strip)[0], staging)
        return multiply_by(returned, gain)

    def _towards_reference(self, stem: str, audio: FloatArray) -> FloatArray:
        """Apply a reference's moves to a stem or a part of it."""
        record = self._mix.measurements.get("reference")
        if record is None:
            return audio
        moves = moves_of(record["moves"])
        return Mover(moves, self._mix.sample_rate, audio.shape[-1]).apply(stem, audio)

    def _linear_bus(self, part: FloatArray, table: BusTable | None) -> FloatArray:
        """Apply the linear stages of a bus that a model of tracks set."""
        if table is None or self._mix.settings.amount == 0.0:
            return part
        out = copy_of(part)
        run_bus(
            out, self._mix.sample_rate, replace(_bus_settings(table), compression=Compression())
        )
        return out


def _bus_settings(table: BusTable) -> BusSettings:
    return BusSettings(
        table["gain_db"], tuple(table["curve_db"]), Compression(**table["compression"])
    )


def _linear_strip(audio: FloatArray, sample_rate: int, strip: Strip, name: str) -> FloatArray:
    linear = without_effects(replace(strip, mute=False, solo=False), following_level(strip))
    return apply_strip(audio, sample_rate, linear, stem=name)[0]
