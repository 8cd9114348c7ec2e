"""Compressors of strips and buses follow the level of a low tone, not its waveform."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.network.track_mixer.glue import ATTACK_MS, RATIO, RELEASE_MS
from mixer.network.track_mixer.holding import HELD, MOST_HELD_DB
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.track_settings import Compression
from mixer.rendering.tracks.track_strip import run_compressor

RATE_HZ = 44_100
LEVEL_DBFS = -6.0
# Settings by role, and of the buses.
RATIOS_AND_TIMES = {
    role: (held.ratio, USUAL[role].attack_ms, USUAL[role].release_ms) for role, held in HELD.items()
} | {"bus": (RATIO, ATTACK_MS, RELEASE_MS)}


def distortion(audio: np.ndarray, frequency_hz: int) -> float:
    """Harmonics over the tone, of whole periods of it."""
    power = np.square(np.abs(np.fft.rfft(audio)))
    harmonics = power[2 * frequency_hz : 20 * frequency_hz + 1 : frequency_hz]
    return float(np.sqrt(harmonics.sum() / power[frequency_hz]))


@pytest.mark.parametrize("frequency_hz", [40, 50, 60])
@pytest.mark.parametrize("name", RATIOS_AND_TIMES)
def test_a_low_tone_is_not_distorted(name: str, frequency_hz: int) -> None:
    ratio, attack_ms, release_ms = RATIOS_AND_TIMES[name]
    threshold_db = LEVEL_DBFS - MOST_HELD_DB / (1.0 - 1.0 / ratio)
    tone = np.sin(2.0 * np.pi * frequency_hz * np.arange(3 * RATE_HZ) / RATE_HZ)
    audio = (10.0 ** (LEVEL_DBFS / 20.0) * tone)[None].astype(np.float32)
    before = audio.copy()
    run_compressor(audio, RATE_HZ, Compression(threshold_db, ratio, attack_ms, release_ms))
    held_db = 20.0 * np.log10(np.abs(before).max() / np.abs(audio[0, -RATE_HZ:]).max())
    assert held_db == pytest.approx(MOST_HELD_DB, abs=0.1)
    # 0.01 % at 40 Hz; half the hold of the level comes to 0.2 %, none to 0.9 %.
    assert distortion(audio[0, -RATE_HZ:], frequency_hz) < 0.001
