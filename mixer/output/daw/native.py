"""What a workstation's own devices make of a recording, by `mixer.output.daw.strip`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal

from mixer.dsp.biquad import eq_band, resonant_pass
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.output.daw.formats import Device
from mixer.output.daw.strip import EqBand, Points, Strip, balance_gains

_SMOOTHING_HZ = 24.96  # as Ardour's amplifier has it
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
    if Device.EQ in devices and strip.bands:
        out = scipy.signal.sosfilt(sections(strip.bands, sample_rate), out, axis=-1).astype(
            np.float32
        )
    if strip.automation:
        gain = course(strip.automation, out.shape[-1], sample_rate)
        out *= _smooth(gain, sample_rate) if Device.SMOOTHING in devices else gain
    left, right = (float(db_to_gain(strip.gain_db)) * side for side in balance_gains(strip.pan))
    return np.stack([out[0] * np.float32(left), out[-1] * np.float32(right)])


def sections(bands: Sequence[EqBand], sample_rate: int) -> np.ndarray:
    """Second-order sections of bands, float64 (bands, 6)."""
    return np.stack([_section(band, sample_rate) for band in bands])


def response_db(bands: Sequence[EqBand], frequency_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Gain in dB of bands one after another at frequencies in Hz."""
    total = np.zeros(len(frequency_hz))
    turn = np.exp(-2j * np.pi * frequency_hz / sample_rate)
    for section in sections(bands, sample_rate) if bands else ():
        top = section[0] + section[1] * turn + section[2] * turn**2
        bottom = section[3] + section[4] * turn + section[5] * turn**2
        total += 20.0 * np.log10(np.maximum(np.abs(top / bottom), 1e-9))
    return total


def course(points: Points, n_samples: int, sample_rate: int) -> FloatArray:
    """Automation at every sample, float32 (samples,)."""
    times, values = np.array(points).T
    return np.interp(np.arange(n_samples), times * sample_rate, values).astype(np.float32)


def _smooth(gain: FloatArray, sample_rate: int) -> FloatArray:
    """A gain as a workstation follows that smooths it: one pole, a sample late, from its start."""
    pole = 1.0 - 2.0 * np.pi * _SMOOTHING_HZ / sample_rate
    late = np.concatenate([gain[:1], gain[:-1]]).astype(np.float64)
    start = np.array([pole * late[0]])
    smooth, _ = scipy.signal.lfilter([1.0 - pole], [1.0, -pole], late, zi=start)
    return np.asarray(smooth, dtype=np.float32)


def _section(band: EqBand, sample_rate: int) -> np.ndarray:
    hz, gain_db, q = (np.array([v]) for v in (band.frequency_hz, band.gain_db, band.q))
    if band.kind in _PASSES:
        return np.asarray(resonant_pass(band.kind, hz, q, sample_rate)[0])
    kind = "peak" if band.kind == "bell" else band.kind
    return np.asarray(eq_band(kind, hz, gain_db, q, sample_rate)[0, 0])
