"""The recording session: four players, four dry stems at the levels they were recorded at."""

import numpy as np
from scipy import signal

from mixer.demo_song.bass import play_bass
from mixer.demo_song.drums import play_drums
from mixer.demo_song.harmony import play_harmony
from mixer.demo_song.score import DEMO_SONG
from mixer.demo_song.singer import sing
from mixer.errors import SettingsError

# As recorded, not as mixed: drums hot, voice far too quiet under them.
PEAK_DBFS = {"vocals": -11.0, "bass": -7.0, "drums": -1.5, "other": -8.0}
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 22_050, 192_000
BLOCKED_HZ = 18.0
FADE_S, SILENCE_S = 0.5, 0.06


def compose_demo_song(seed: int = 1, sample_rate: int = 44_100) -> dict[str, np.ndarray]:
    """Play the demo song: dry, unmixed stems, the same for the same arguments.

    `seed` (0 or more) is the take: timing, velocity and every noise; the score stays. `sample_rate`
    is in Hz, 22 050 to 192 000. Returns float32 arrays of exactly thirty seconds, below full scale:
    `vocals` and `bass` `(1, samples)`, `drums` and `other` `(2, samples)`. Raises SettingsError for
    a seed or a rate out of range.
    """
    if seed < 0:
        raise SettingsError(f"seed must be 0 or a positive whole number, not {seed}")
    if not LOWEST_RATE_HZ <= sample_rate <= HIGHEST_RATE_HZ:
        raise SettingsError(
            f"sample rate {sample_rate} Hz is out of range; choose {LOWEST_RATE_HZ} to "
            f"{HIGHEST_RATE_HZ}"
        )
    # A generator each, so that a change to one player leaves the other takes as they are.
    voice, bass, drums, keys = np.random.default_rng(seed).spawn(4)
    takes = {
        "vocals": sing(DEMO_SONG, voice, sample_rate)[None, :],
        "bass": play_bass(DEMO_SONG, bass, sample_rate)[None, :],
        "drums": play_drums(DEMO_SONG, drums, sample_rate),
        "other": play_harmony(DEMO_SONG, keys, sample_rate),
    }
    return {stem: _record(take, PEAK_DBFS[stem], sample_rate) for stem, take in takes.items()}


def _record(take: np.ndarray, peak_dbfs: float, sample_rate: int) -> np.ndarray:
    """AC-coupled, at its recording level, faded out before the end: float32, the shape kept."""
    sos = signal.butter(2, BLOCKED_HZ, "highpass", fs=sample_rate, output="sos")
    track = signal.sosfilt(sos, take, axis=-1)
    fade, silence = round(FADE_S * sample_rate), round(SILENCE_S * sample_rate)
    track[:, -silence:] = 0.0
    fall = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade)
    track[:, -silence - fade : -silence] *= fall
    level = 10.0 ** (peak_dbfs / 20.0) / np.max(np.abs(track))
    return (track * level).astype(np.float32)
