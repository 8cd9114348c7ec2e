"""Whether a recording is speech: by its pauses, its syllables, and what it lacks.

Speech stops between words, pulses with its syllables, glides where music holds its tones, and has
next to nothing below a voice. Music may do some of that; only all of it together is speech. Mixes
of the songs at hand miss three to five of the five bounds, synthetic speech in four languages meets
each with room to spare.

Source: Scheirer and Slaney, "Construction and evaluation of a robust multifeature speech/music
discriminator", ICASSP 1997 (low-energy frames, modulation at 4 Hz).
"""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import FloatArray, power_to_db

_FRAME_S, _WINDOW_FRAMES = 0.02, 50
_PAUSE_DB, _LOUD_PERCENTILE = -30.0, 90.0
_LOW_HZ = 80.0
_SYLLABLES_HZ, _SLOWEST_HZ = (2.0, 8.0), 0.4
_TONES_HZ, _TONE_FRAME_S, _HELD_FRAMES = (100.0, 4_000.0), 0.064, 8
# Bounds, all of which speech meets.
LEAST_PAUSES, LEAST_LOW_FRAMES, LEAST_SYLLABLES = 0.08, 0.3, 0.5
MOST_LOW_DB, MOST_HELD = -18.0, 0.35
# So much is listened to, from the middle.
_LONGEST_S = 60.0
_TINY = 1e-20


def speech_words(audio: FloatArray, sample_rate: int) -> str | None:
    """Evidence of speech, in words; None if it may be music.

    Args:
        audio: float32 (1 or 2, samples), not silent.
        sample_rate: Hz.
    """
    longest = int(_LONGEST_S * sample_rate)
    start = max(0, (audio.shape[-1] - longest) // 2)
    mono = audio[:, start : start + longest].mean(axis=0, dtype=np.float64)
    frame = int(_FRAME_S * sample_rate)
    power = np.square(mono[: mono.size // frame * frame].reshape(-1, frame)).mean(axis=1)
    if power.size < 2 * _WINDOW_FRAMES or not power.any():
        return None
    pauses = _share_of_pauses(power)
    # Most music misses one of these two; SciPy's spectra below take most of a second to load.
    if pauses < LEAST_PAUSES or _share_of_low_frames(power) < LEAST_LOW_FRAMES:
        return None
    if _share_of_syllables(power) < LEAST_SYLLABLES or _low_db(mono, sample_rate) > MOST_LOW_DB:
        return None
    if _held(mono, sample_rate) > MOST_HELD:
        return None
    return (
        f"sounds like speech: it pauses {100 * pauses:.0f} % of the time, pulses in syllables, and "
        f"holds no tones and nothing below {_LOW_HZ:.0f} Hz"
    )


def _share_of_pauses(power: np.ndarray) -> float:
    loud = np.percentile(power, _LOUD_PERCENTILE)
    return float(np.mean(power < loud * 10.0 ** (_PAUSE_DB / 10.0)))


def _share_of_low_frames(power: np.ndarray) -> float:
    """Frames with less than half of the mean amplitude of their second."""
    rms = np.sqrt(power[: power.size // _WINDOW_FRAMES * _WINDOW_FRAMES])
    windows = rms.reshape(-1, _WINDOW_FRAMES)
    return float(np.mean(windows < 0.5 * windows.mean(axis=1, keepdims=True)))


def _share_of_syllables(power: np.ndarray) -> float:
    """Share of the modulation of the envelope that is as fast as syllables."""
    from scipy.signal import welch

    envelope = np.sqrt(power)
    hz, density = welch(envelope - envelope.mean(), 1.0 / _FRAME_S, nperseg=min(256, envelope.size))
    within = (hz >= _SYLLABLES_HZ[0]) & (hz <= _SYLLABLES_HZ[1])
    return float(density[within].sum() / max(density[hz >= _SLOWEST_HZ].sum(), _TINY))


def _low_db(mono: np.ndarray, sample_rate: int) -> float:
    from scipy.signal import welch

    hz, density = welch(mono, sample_rate, nperseg=min(8_192, mono.size))
    share = density[hz < _LOW_HZ].sum() / max(density.sum(), _TINY)
    return float(power_to_db(share, _TINY))


def _held(mono: np.ndarray, sample_rate: int) -> float:
    """Mean correlation of the spectra of the louder frames with those 160 ms later."""
    from scipy.signal import stft

    size, hop = int(_TONE_FRAME_S * sample_rate), int(_FRAME_S * sample_rate)
    hz, _, spectra = stft(mono, sample_rate, nperseg=size, noverlap=size - hop)
    within = (hz > _TONES_HZ[0]) & (hz < _TONES_HZ[1])
    level = np.log10(np.abs(spectra[within]) + 1e-7)
    loudness = level.mean(axis=0)
    level -= loudness
    level /= np.sqrt(np.square(level).sum(axis=0)) + 1e-9
    is_loud = loudness > np.percentile(loudness, 40.0)
    both = is_loud[:-_HELD_FRAMES] & is_loud[_HELD_FRAMES:]
    alike = (level[:, :-_HELD_FRAMES] * level[:, _HELD_FRAMES:]).sum(axis=0)
    return float(alike[both].mean()) if both.any() else 1.0
