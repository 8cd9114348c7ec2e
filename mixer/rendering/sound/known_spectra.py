"""Spectra of one mix after different desks, computed from its spectrum before the desk.

The effect of a vocal fader, a bus equaliser and a stereo width on band powers is known in advance:
the mix and its vocals are measured once, and the spectrum of every variation is computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from mixer.console.response import filter_curve_db
from mixer.console.settings import Console, Strip
from mixer.dsp.blocks import db_to_gain
from mixer.meters.stereo_spectrum import (
    N_FFT,
    StereoSpectrum,
    measure_stereo_spectrum,
    measure_with_part,
)
from mixer.rendering.mix import Premaster, WetMix
from mixer.rendering.plans.plan import RenderPlan
from mixer.stems import VOCALS


class KnownSpectra:
    """Spectra of what desks make of one wet mix, which must not change; None knows nothing."""

    def __init__(self, wet: WetMix | None = None) -> None:
        self._wet = wet

    def listen(self) -> None:
        """Measure the mix before its desk now, if the spectrum after it will be computed."""
        if self._wet is not None and self._desk_of(self._wet.plan) is not None:
            _ = self._measured

    def of(self, made: Premaster) -> StereoSpectrum:
        """Spectrum of a mix before its master: computed if possible, otherwise measured."""
        rate, master, desk = made.plan.mix_rate, made.plan.console.master, self._desk_of(made.plan)
        if desk is None:
            return measure_stereo_spectrum(made.audio, rate)
        gain_db, width = desk
        whole, vocals, common = self._measured
        k = float(db_to_gain(gain_db)) - 1.0
        hz = np.arange(N_FFT // 2 + 1) * rate / N_FFT
        power = 10.0 ** (filter_curve_db(master, hz, rate) / 10.0)
        left, right, cross = (
            power
            * (getattr(whole, name) + k * getattr(common, name) + k**2 * getattr(vocals, name))
            for name in ("left", "right", "cross")
        )
        return _widened(StereoSpectrum(left, right, cross, rate), width)

    def _desk_of(self, plan: RenderPlan) -> tuple[float, float] | None:
        """As `_plain_desk`; None also if the mix before the desk tells too little."""
        wet = self._wet
        if wet is None or VOCALS not in wet.wet_stems or wet.output_curve is not None:
            return None
        return _plain_desk(plan.console, {*plan.song.stems, *wet.wet_stems})

    @cached_property
    def _measured(self) -> tuple[StereoSpectrum, StereoSpectrum, StereoSpectrum]:
        assert self._wet is not None
        wet = self._wet
        return measure_with_part(wet.audio, wet.wet_stems[VOCALS], wet.plan.mix_rate)


def _plain_desk(console: Console, stems: Iterable[str]) -> tuple[float, float] | None:
    """Gain of the vocals in dB and width of the bus, if a desk has only these and constant EQ."""
    strips = {stem: console.strip(stem) for stem in stems}
    vocals, master = strips.pop(VOCALS), console.master
    gain_db, width = vocals.gain_db, master.width
    moving = any(isinstance(n, tuple) for band in master.eq for n in vars(band).values())
    if moving or isinstance(gain_db, tuple) or isinstance(width, tuple):
        return None
    only = vocals == Strip(gain_db=gain_db) and all(strip == Strip() for strip in strips.values())
    return (gain_db, width) if only and replace(master, eq=(), width=1.0) == Strip() else None


def _widened(spectrum: StereoSpectrum, width: float) -> StereoSpectrum:
    """The spectrum with the side signal multiplied by the width."""
    both = spectrum.left + spectrum.right
    mid, side = (0.25 * (both + sign * 2.0 * spectrum.cross) for sign in (1, -1))
    apart = 0.5 * width * (spectrum.left - spectrum.right)
    side = width**2 * side
    return StereoSpectrum(mid + side + apart, mid + side - apart, mid - side, spectrum.sample_rate)
