"""How the demo song is measured: level, pitch, onsets of a piece of a stem."""

import numpy as np
from scipy import signal

from mixer.demo_song.score import DEMO_SONG, midi_to_hz

RATE = 44_100
BEAT_S = DEMO_SONG.beat_s


def level_db(sound: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def between(stem: np.ndarray, start_s: float, stop_s: float, rate: int = RATE) -> np.ndarray:
    return stem[:, round(start_s * rate) : round(stop_s * rate)]


def band_db(sound: np.ndarray, low_hz: float, high_hz: float) -> float:
    sos = signal.butter(4, [low_hz, high_hz], "bandpass", fs=RATE, output="sos")
    return level_db(signal.sosfilt(sos, sound))


def pitch_hz(sound: np.ndarray, near_hz: float, rate: int = RATE) -> float:
    """Autocorrelation peak within a fourth of `near_hz`, refined by a parabola."""
    sound = sound - sound.mean()
    padded = np.fft.rfft(sound, 4 * len(sound))
    correlation = np.fft.irfft(np.abs(padded) ** 2)[: len(sound)]
    correlation /= np.arange(len(sound), 0, -1)
    low, high = int(rate / near_hz / 1.33), int(rate / near_hz * 1.33) + 1
    at = low + int(np.argmax(correlation[low:high]))
    before, here, after = correlation[at - 1 : at + 2]
    return float(rate / (at + 0.5 * (before - after) / (before - 2.0 * here + after)))


def cents(frequency_hz: float, midi: float) -> float:
    return float(1200.0 * np.log2(frequency_hz / midi_to_hz(midi)))


def onset_times_s(sound: np.ndarray) -> np.ndarray:
    """Where the energy of 3 ms frames jumps up by 9 dB against the 20 ms before."""
    frame = round(0.003 * RATE)
    energy = np.square(sound[: len(sound) // frame * frame].astype(np.float64)).reshape(-1, frame)
    energy_db = 10.0 * np.log10(energy.mean(axis=1) + 1e-7)
    jump = np.zeros(len(energy_db))
    for index in range(7, len(energy_db)):
        jump[index] = energy_db[index] - energy_db[index - 7 : index].max()
    found = signal.find_peaks(jump, height=9.0, distance=20)[0]
    return found * frame / RATE
