"""Songs to measure with: the demo song, repeated to a length.

Without audio libraries until a song is written: a bare machine measures with arrays.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.demo_song import compose_demo_song

SAMPLE_RATE_HZ = 44_100
TRACK_NAMES = {"vocals": "Vox", "drums": "Percussion", "bass": "Bass", "other": "Synth"}


def song_of(duration_s: float) -> dict[str, np.ndarray]:
    """The demo song's stems, repeated to a length, float32 (2, samples)."""
    n_samples = round(duration_s * SAMPLE_RATE_HZ)
    stems = {}
    for stem, audio in _demo_song().items():
        repeats = -(-n_samples // audio.shape[1])
        whole = np.tile(audio, repeats)[:, :n_samples]
        stems[stem] = np.ascontiguousarray(np.broadcast_to(whole, (2, n_samples)))
    return stems


@functools.cache
def _demo_song() -> dict[str, np.ndarray]:
    return compose_demo_song(seed=1, sample_rate=SAMPLE_RATE_HZ)


def write_song(folder: Path, duration_s: float) -> Path:
    """Write `song_of` a length to a folder, a file a stem."""
    for stem, audio in song_of(duration_s).items():
        audio_io.write_audio(folder / f"{stem}.wav", audio, SAMPLE_RATE_HZ)
    return folder


def write_tracks(folder: Path, duration_s: float, n_tracks: int) -> Path:
    """Write a song of single tracks: the demo's stems over and over, each a little another."""
    stems = list(song_of(duration_s).items())
    rng = np.random.default_rng(1)
    for number in range(n_tracks):
        stem, audio = stems[number % len(stems)]
        # Played again, not copied: another level, a little later, another noise.
        other = np.roll(audio, 97 * number, axis=1) * np.float32(rng.uniform(0.4, 0.9))
        other += rng.standard_normal(other.shape).astype(np.float32) * np.float32(1e-3)
        name = f"{number + 1:02d} {TRACK_NAMES[stem]} {number // len(stems) + 1}.wav"
        audio_io.write_audio(folder / name, other, SAMPLE_RATE_HZ)
    return folder
