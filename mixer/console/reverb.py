"""The shared reverb: a generated room, the same for every stem and at every run.

Noise, independent left and right, whose frequencies die away each at its own pace, as air and
walls take the high ones first. A convolution, and so linear and time-invariant: the return of a sum
of stems is the sum of their returns.
"""

from __future__ import annotations

import numpy as np

from mixer.console.settings import Reverb
from mixer.dsp.biquad import butterworth
from mixer.dsp.blocks import FloatArray, convolve
from mixer.dsp.fourier import next_fast_len, rfft
from mixer.dsp.noise_room import decaying_noise
from mixer.dsp.recursive import filter_sections

# Reverberation time at these frequencies over that at 1 kHz: a hall with some curtains.
_DECAY_HZ = (63.0, 125.0, 1_000.0, 8_000.0, 16_000.0)
_DECAY_RATIOS = (1.1, 1.15, 1.0, 0.45, 0.3)
# The first reflections do not come at once: the field grows in this time.
_BUILD_UP_MS = 8.0
# Time in which the slowest frequencies fall by 60 dB; the last tenth is faded.
_LENGTH_RATIO, _FADE_SHARE = 1.15, 0.1
# Where the room has unit gain on average: the weight of voices and most instruments.
_MIDDLE_HZ = (300.0, 3_000.0)
_SEED = 1_962
# Share of a stem's side signal that is sent: a stem panned hard is heard in the whole room, yet
# more on its own side.
_SENT_SIDE = np.float32(0.5)
_BLOCK_SAMPLES = 1 << 16


def room_response(setting: Reverb, sample_rate: int) -> FloatArray:
    """Impulse response of the room, fully wet, pre-delay and cuts included.

    At a send level of 0 dB, mid frequencies return at their own level; high frequencies, which
    decay faster, return more softly.

    Returns:
        float32 `(2, taps)`.
    """
    taps = max(1, round(_LENGTH_RATIO * setting.decay_s * sample_rate))
    rng = np.random.default_rng(_SEED)
    room = decaying_noise(rng, taps, sample_rate, setting.decay_s, _DECAY_HZ, _DECAY_RATIOS)
    time_s = np.arange(taps) / sample_rate
    room *= (1.0 - np.exp(-time_s / (1e-3 * _BUILD_UP_MS))).astype(np.float32)
    n_fade = max(1, int(_FADE_SHARE * taps))
    room[:, -n_fade:] *= np.cos(0.5 * np.pi * np.arange(1, n_fade + 1) / n_fade).astype(np.float32)
    room /= np.float32(_middle_gain(room, sample_rate))
    sections = cut_sections(setting.low_cut_hz, setting.high_cut_hz, sample_rate)
    cut, _ = filter_sections(sections, room)
    n_delay = round(1e-3 * setting.pre_delay_ms * sample_rate)
    return np.pad(cut, ((0, 0), (n_delay, 0))).astype(np.float32)


def return_reverb(send: FloatArray, room: FloatArray, width: float) -> FloatArray:
    """Replace the send signal by the reverb's return.

    Args:
        send: float32 `(2, samples)`; overwritten.
        room: from `room_response`.
        width: of the return: 0 is mono, 1 the room's own, 2 doubles the side signal.

    Returns:
        `send`, as long as it was: the tail ends with the song.
    """
    _scale_side(send, _SENT_SIDE)
    convolve(send, room, out=send)
    if width != 1.0:
        _scale_side(send, np.float32(width))
    return send


def cut_sections(low_cut_hz: float, high_cut_hz: float, sample_rate: int) -> np.ndarray:
    """Second-order sections of a return's low cut and high cut, 12 dB an octave each."""
    low = butterworth("high_pass", np.array([low_cut_hz]), 12, sample_rate)
    high = butterworth("low_pass", np.array([high_cut_hz]), 12, sample_rate)
    return np.concatenate([low[0], high[0]])


def _middle_gain(room: FloatArray, sample_rate: int) -> float:
    """Root of the mean power gain of both channels in the middle of the spectrum."""
    # At least 1 s, so that the shortest room has bins enough there.
    n_fft = next_fast_len(max(room.shape[-1], sample_rate))
    bin_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    middle = (bin_hz >= _MIDDLE_HZ[0]) & (bin_hz <= _MIDDLE_HZ[1])
    spectrum = rfft(room, n_fft, axis=-1)[:, middle]
    return float(np.sqrt(np.mean(np.square(np.abs(spectrum), dtype=np.float64))))


def _scale_side(audio: FloatArray, scale: np.float32) -> None:
    """Multiply the side signal (L - R) / 2 in place."""
    for start in range(0, audio.shape[-1], _BLOCK_SAMPLES):
        part = audio[:, start : start + _BLOCK_SAMPLES]
        moved = (part[0] - part[1]) * (np.float32(0.5) * (np.float32(1.0) - scale))
        part[0] -= moved
        part[1] += moved
