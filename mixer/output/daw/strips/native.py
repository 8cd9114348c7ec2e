"""Simulation of a workstation's own devices, as `native_strip` beside it describes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.dsp.biquad import eq_band, resonant_pass
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.recursive import filter_samples, filter_sections
from mixer.output.daw.daw_formats import Device
from mixer.output.daw.strips import ace
from mixer.output.daw.strips.native_strip import EqBand, Points, Strip, balance_gains

# How Ardour's amplifier follows automation: by one pole of 156.825 over the rate, which acts from
# the next sample on. Blocks of its engine, played without a screen by version 7.3, are this long
# and this late, and their last sample has the value that belongs to the first of the next.
_SMOOTHING_PER_S, _BLOCK_SAMPLES, _LATE_SAMPLES = 156.825, 1024, 256
_PASSES = ("high_pass", "low_pass")


def run_strip(
    audio: FloatArray, sample_rate: int, strip: Strip, devices: frozenset[Device]
) -> FloatArray:
    """A recording, or a bus, through a strip; mute and solo are the session's business.

    Args:
        audio: float32 (1 or 2, samples); it is not changed.
        sample_rate: in Hz.
        strip: its settings.
        devices: which of them the workstation has; the others pass the sound as it is.

    Returns:
        float32 (2, samples).
    """
    out = np.array(audio, dtype=np.float32)
    if Device.WIDTH in devices and strip.width != 1.0 and len(out) == 2:
        moved = (out[0] - out[1]) * np.float32(0.5 * (strip.width - 1.0))
        out = np.stack([out[0] + moved, out[1] - moved])
    bands = _played_bands(strip.bands, sample_rate, devices)
    if bands:
        out = filter_sections(sections(bands, sample_rate), out)[0].astype(np.float32)
    if strip.automation:
        follow = _smoothed_automation if Device.SMOOTHING in devices else automation_values
        out *= follow(strip.automation, out.shape[-1], sample_rate)
    left, right = (float(db_to_gain(strip.gain_db)) * side for side in balance_gains(strip.pan))
    return np.stack([out[0] * np.float32(left), out[-1] * np.float32(right)])


def _played_bands(
    bands: Sequence[EqBand], sample_rate: int, devices: frozenset[Device]
) -> Sequence[EqBand]:
    """The equaliser bands that the workstation plays, as it plays them."""
    if Device.EQ in devices:
        return bands
    return ace.played(bands, sample_rate) if Device.ACE_EQ in devices else ()


def sections(bands: Sequence[EqBand], sample_rate: int) -> np.ndarray:
    """Second-order sections of bands, in their order, float64 (bands, 6)."""
    made = np.empty((len(bands), 6))
    for kind in {band.kind for band in bands}:
        places = [place for place, band in enumerate(bands) if band.kind == kind]
        numbers = [(bands[p].frequency_hz, bands[p].gain_db, bands[p].q) for p in places]
        hz, gains_db, qs = np.array(numbers).T
        made[places] = _sections(kind, hz, gains_db, qs, sample_rate)
    return made


def response_db(bands: Sequence[EqBand], frequency_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Gain in dB of bands one after another at frequencies in Hz."""
    if not bands:
        return np.zeros(len(frequency_hz))
    turns = np.exp(-2j * np.pi * frequency_hz / sample_rate) ** np.arange(3)[:, None]
    made = sections(bands, sample_rate)
    ratios = np.abs((made[:, :3] @ turns) / (made[:, 3:] @ turns))
    return np.asarray(20.0 * np.log10(np.maximum(ratios, 1e-9)).sum(axis=0))


def automation_values(points: Points, n_samples: int, sample_rate: int) -> FloatArray:
    """Automation at every sample, float32 (samples,)."""
    times, values = np.array(points).T
    return np.interp(np.arange(n_samples), times * sample_rate, values).astype(np.float32)


def _smoothed_automation(points: Points, n_samples: int, sample_rate: int) -> FloatArray:
    """Automation at every sample as a workstation follows that smooths it, float32 (samples,)."""
    times, values = np.array(points).T
    block, within = np.divmod(np.arange(n_samples) - _LATE_SAMPLES, _BLOCK_SAMPLES)
    read = _BLOCK_SAMPLES * (block + within / (_BLOCK_SAMPLES - 1))
    wanted = np.interp(read, times * sample_rate, values)
    share = _SMOOTHING_PER_S / sample_rate
    start = np.array([(1.0 - share) * wanted[0]])
    smooth, _ = filter_samples(np.array([share]), np.array([1.0, share - 1.0]), wanted, start)
    return np.concatenate([wanted[:1], smooth[:-1]]).astype(np.float32)


def _sections(
    kind: str, hz: np.ndarray, gain_db: np.ndarray, q: np.ndarray, sample_rate: int
) -> np.ndarray:
    """Sections of bands of one kind, (bands, 6)."""
    if kind in _PASSES:
        return resonant_pass(kind, hz, q, sample_rate)
    kind = "peak" if kind == "bell" else kind
    return np.asarray(eq_band(kind, hz, gain_db, q, sample_rate)[:, 0])
