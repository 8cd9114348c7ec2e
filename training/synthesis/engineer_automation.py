"""Fader automation: sections, levelling of the voice, ducking for the voice.

Song sections are ridden by about 1 to 2 dB and voices are levelled by hand before any compressor
(Senior, "Mixing secrets for the small studio"; De Man and Reiss 2013 list both among the rules of
practice). The depths are the style's. Curves have a point every 50 ms or so, where the engineer's
frames are, and are smoothed over half a second and more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.ndimage

from training.synthesis.engineer_hearing import HOP_SAMPLES, N_FFT, Heard

MOST_RIDE_DB = 3.0
SECTION_FADE_S, RIDE_SMOOTHING_S, DUCK_SMOOTHING_S = 0.8, 1.5, 0.6
# How much of the chorus's lift each stem gets; verse, intro and the rest stay. Chosen.
_LIFT = {"vocals": 0.5, "bass": 0.4, "drums": 0.8, "other": 1.0}
_QUIETER = ("intro", "outro", "bridge", "break")


def frame_times_s(sound: Heard) -> np.ndarray:
    """Middle of every frame in seconds, `(frames,)`."""
    frames = np.arange(sound.power.shape[-1])
    return np.asarray((frames * HOP_SAMPLES + 0.5 * N_FFT) / sound.sample_rate)


def section_ride_db(
    sections: Sequence[tuple[str, float, float]], stem: str, chorus_db: float, times_s: np.ndarray
) -> np.ndarray:
    """Raise choruses and lower introductions and breaks by half as much, with fades between.

    Args:
        sections: (name, start_s, end_s).
        stem: name of the stem.
        chorus_db: gain of a chorus in dB.
        times_s: times of the frames in seconds, `(frames,)`.

    Returns:
        dB `(frames,)`, 0 on average.
    """
    ride_db = np.zeros(times_s.size)
    for name, start_s, end_s in sections:
        inside = (times_s >= start_s) & (times_s < end_s)
        if any(word in name.lower() for word in ("chorus", "hook", "drop", "refrain")):
            ride_db[inside] = chorus_db * _LIFT[stem]
        elif any(word in name.lower() for word in _QUIETER):
            ride_db[inside] = -0.5 * chorus_db * _LIFT[stem]
    smooth_db = _smooth(ride_db, SECTION_FADE_S, times_s)
    return smooth_db - smooth_db.mean()


def voice_ride_db(voice: Heard, share: float) -> np.ndarray:
    """Compensate a share of a voice's slow level changes, at most 3 dB; held in pauses.

    Returns:
        dB `(frames,)`.
    """
    times_s = frame_times_s(voice)
    playing = voice.playing().astype(np.float64)
    power = np.where(playing > 0.0, k_power(voice), 0.0)
    sung = _smooth(playing, RIDE_SMOOTHING_S, times_s)
    level_db = 10.0 * np.log10(
        np.maximum(_smooth(power, RIDE_SMOOTHING_S, times_s), 1e-14) / np.maximum(sung, 1e-3)
    )
    # The median, so that a shout or a whisper does not move what counts as usual.
    usual_db = float(np.median(level_db[playing > 0.0]))
    ride_db = np.clip(-share * (level_db - usual_db), -MOST_RIDE_DB, MOST_RIDE_DB)
    # A fader that moved in pauses would lift breath and room.
    frames = np.arange(times_s.size)
    held = np.interp(frames, frames[playing > 0.0], ride_db[playing > 0.0])
    return _smooth(held, 0.5 * RIDE_SMOOTHING_S, times_s)


def duck_ride_db(voice: Heard, duck_db: float) -> np.ndarray:
    """Gain of up to -`duck_db` while the voice sounds, in dB `(frames,)`, at most 0."""
    playing = voice.playing().astype(np.float64)
    return np.asarray(-duck_db * _smooth(playing, DUCK_SMOOTHING_S, frame_times_s(voice)))


def ride_gain(ride_db: np.ndarray, times_s: np.ndarray, n_samples: int, rate: int) -> np.ndarray:
    """Linear gain of a ride for every sample, float32 `(n_samples,)`."""
    # Interpolating at a hundredth of the rate and repeating lines is far cheaper, and as smooth.
    step = 256
    knots_s = np.arange(n_samples // step + 2) * (step / rate)
    knots = 10.0 ** (np.interp(knots_s, times_s, ride_db) / 20.0)
    share = np.arange(step) / step
    gain = knots[:-1, np.newaxis] + np.diff(knots)[:, np.newaxis] * share
    return np.asarray(gain.reshape(-1)[:n_samples], dtype=np.float32)


def k_power(sound: Heard) -> np.ndarray:
    """K-weighted power of every frame, `(frames,)`."""
    return np.asarray(10.0 ** (sound.level_db() / 10.0))


def _smooth(curve: np.ndarray, window_s: float, times_s: np.ndarray) -> np.ndarray:
    """Triangular moving average, its ends held."""
    if times_s.size < 2:
        return np.asarray(curve, dtype=np.float64)
    half = max(1, round(0.5 * window_s / (times_s[1] - times_s[0])))
    once = scipy.ndimage.uniform_filter1d(np.asarray(curve, dtype=np.float64), half, mode="nearest")
    return np.asarray(scipy.ndimage.uniform_filter1d(once, half, mode="nearest"))
