"""Amplifiers: a pre-filter, a clipping valve, and a loudspeaker without treble.

A waveshaper between filters is the usual model of an amplifier (Pakarinen and Yeh, "A review of
digital techniques for modeling vacuum-tube guitar amplifiers", CMJ 2009). The signal is upsampled
for the shaper, so that its harmonics do not fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

_OVERSAMPLING = 2
# Moments further below the loudest tenth do not count as playing.
_ACTIVE_SHARE = 0.1


@dataclass(frozen=True)
class Amp:
    """An amplifier and its cabinet.

    Attributes:
        drive_db: level in dB by which the part's own level exceeds the shaper's threshold.
        low_cut_hz: low cut before the shaper; tightens a distorted guitar.
        bias: asymmetry of the shaper, which produces even harmonics.
        cabinet_hz: lowest and highest frequency of the loudspeaker.
        presence_db: gain at about 2.5 kHz.
        clean_share: share of the input that bypasses the amplifier, like a bass player's DI, 0 to
            1.
    """

    drive_db: float
    low_cut_hz: float
    bias: float
    cabinet_hz: tuple[float, float]
    presence_db: float
    clean_share: float = 0.0


AMPS = {
    "clean": Amp(-6.0, 60.0, 0.1, (70.0, 6500.0), 3.0),
    "crunch": Amp(14.0, 120.0, 0.2, (80.0, 5600.0), 4.0),
    "high_gain": Amp(34.0, 180.0, 0.15, (75.0, 5200.0), 5.0),
    "lead": Amp(24.0, 150.0, 0.2, (85.0, 5800.0), 4.0),
    "bass_di": Amp(-10.0, 20.0, 0.1, (25.0, 7500.0), 0.0, 0.7),
    "bass_amp": Amp(4.0, 25.0, 0.2, (40.0, 4500.0), 2.0, 0.3),
    "bass_driven": Amp(22.0, 60.0, 0.2, (45.0, 5000.0), 3.0, 0.4),
}


def amplify(audio: np.ndarray, amp: Amp, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Process a mono part (samples,) through an amplifier; float32, about as loud as the input."""
    level = _playing_level(audio)
    if level == 0.0:
        return audio
    turn = float(np.exp(rng.normal(0.0, 0.08)))
    pre = signal.butter(1, amp.low_cut_hz, "highpass", fs=sample_rate, output="sos")
    driven = signal.sosfilt(pre, audio / level)
    drive = 10.0 ** ((amp.drive_db + rng.normal(0.0, 2.0)) / 20.0)
    hot = signal.resample_poly(driven.astype(np.float32), _OVERSAMPLING, 1, window=("kaiser", 4.0))
    bias = np.float32(amp.bias)
    shaped = np.tanh(np.float32(drive) * hot + bias) - np.tanh(bias)
    if amp.drive_db < 0.0:
        shaped /= np.float32(drive)
    cool = signal.resample_poly(shaped, 1, _OVERSAMPLING, window=("kaiser", 4.0))[: len(audio)]
    out = signal.sosfilt(_cabinet(amp, turn, sample_rate), cool).astype(np.float32)
    out *= level / max(_playing_level(out), 1e-9)
    return np.asarray(out * (1.0 - amp.clean_share) + amp.clean_share * audio, np.float32)


def _cabinet(amp: Amp, turn: float, sample_rate: int) -> np.ndarray:
    low_hz, high_hz = amp.cabinet_hz
    low = signal.butter(2, low_hz * turn, "highpass", fs=sample_rate, output="sos")
    high = signal.butter(3, min(high_hz * turn, 0.45 * sample_rate), fs=sample_rate, output="sos")
    b, a = signal.iirpeak(2500.0 * turn, 0.9, fs=sample_rate)
    # 1 + (gain - 1) * band-pass is a bell of that gain.
    gain = 10.0 ** (amp.presence_db / 20.0) - 1.0
    bell = np.concatenate([a + gain * b, a])[None, :]
    return np.vstack([low, high, bell])


def _playing_level(audio: np.ndarray) -> float:
    """Level of the parts that sound: the root of the mean square of the louder blocks."""
    block = 2048
    whole = audio[: len(audio) // block * block].reshape(-1, block)
    power = np.mean(np.square(whole, dtype=np.float32), axis=1) if len(whole) else np.zeros(1)
    loud = power[power > _ACTIVE_SHARE * power.max()] if power.max() > 0.0 else np.zeros(1)
    return float(np.sqrt(np.mean(loud)))
