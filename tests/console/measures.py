"""What the console's tests measure with."""

from collections.abc import Sequence

import numpy as np
import scipy.signal

from mixer.console.settings import Strip
from mixer.console.strip import apply_strip

RATE_HZ = 44_100


def response_db(strip: Strip, frequencies_hz: Sequence[float], rate_hz: int = RATE_HZ) -> list:
    """Gain in dB of a linear strip at some frequencies, from its impulse response."""
    impulse = np.zeros((2, rate_hz), np.float32)
    impulse[:, 0] = 1.0
    answer, _ = apply_strip(impulse, rate_hz, strip)
    turns = np.outer(frequencies_hz, np.arange(rate_hz) / rate_hz)
    gain = np.exp(-2j * np.pi * turns) @ answer[0].astype(np.float64)
    return list(20 * np.log10(np.maximum(np.abs(gain), 1e-12)))


def tone(frequency_hz: float, duration_s: float, level_db: float = -6.0) -> np.ndarray:
    """The same sine left and right, float32 (2, samples)."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.stack([wave, wave]).astype(np.float32)


def peak_db(audio: np.ndarray) -> float:
    return 20 * float(np.log10(np.abs(audio).max()))


def rms_db(audio: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(audio, dtype=np.float64))))


def spectrum_db(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz, and levels in dB below the strongest line, side lobes under -110 dB."""
    windowed = wave.astype(np.float64) * scipy.signal.windows.blackmanharris(wave.size) ** 2
    magnitude = np.abs(np.fft.rfft(windowed))
    frequencies_hz = np.fft.rfftfreq(wave.size, 1.0 / RATE_HZ)
    return frequencies_hz, 20 * np.log10(magnitude / magnitude.max() + 1e-12)
