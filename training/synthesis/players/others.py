"""Small players: a plucked bass string, a sub bass, and a riser of noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.demo_song.score import midi_to_hz
from mixer.demo_song.strings import StringTone, pluck
from mixer.demo_song.timeline import soften_edges
from training.synthesis.humanise import PlayedNote

_RELEASE_S = 0.07


def play_string(
    notes: Sequence[PlayedNote], n_samples: int, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """A bass guitar's part on a modelled string, float32 (samples,)."""
    tone = StringTone(
        pluck_position=float(rng.uniform(0.1, 0.3)),
        contact_s=float(rng.uniform(0.00012, 0.00035)),
        damping_s=float(rng.uniform(0.00003, 0.00007)),
        decay_s=float(rng.uniform(4.0, 9.0)),
        roughness=0.15,
    )
    track = np.zeros(n_samples, np.float32)
    for note in notes:
        length_s = note.stop_s - note.start_s + _RELEASE_S
        string = pluck(midi_to_hz(note.midi), length_s, tone, rng, sample_rate)
        sound = soften_edges(note.velocity * string, 0.0, _RELEASE_S, sample_rate)
        _add(track, sound.astype(np.float32), note.start_s, sample_rate)
    return track


def play_sub(
    notes: Sequence[PlayedNote], n_samples: int, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """A drum computer's bass drum, tuned and long, driven into a few harmonics."""
    drive = float(rng.uniform(1.2, 4.0))
    decay_s = float(rng.uniform(0.5, 1.6))
    track = np.zeros(n_samples, np.float32)
    for note in notes:
        n = round((note.stop_s - note.start_s + _RELEASE_S) * sample_rate)
        t_s = np.arange(n) / sample_rate
        pitch_hz = midi_to_hz(note.midi) * (1.0 + 1.5 * np.exp(-t_s / 0.012))
        wave = np.sin(2.0 * np.pi * np.cumsum(pitch_hz) / sample_rate) * np.exp(-t_s / decay_s)
        sound = note.velocity * np.tanh(drive * wave) / np.tanh(drive)
        sound = soften_edges(sound, 0.002, _RELEASE_S, sample_rate)
        _add(track, sound.astype(np.float32), note.start_s, sample_rate)
    return track


def play_noise(
    notes: Sequence[PlayedNote], n_samples: int, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Risers: noise that swells and brightens over each note, float32 (2, samples)."""
    track = np.zeros((2, n_samples), np.float32)
    for note in notes:
        n = round((note.stop_s - note.start_s) * sample_rate)
        rise = np.linspace(0.0, 1.0, n, dtype=np.float32) ** 2
        for channel in track:
            noise = rng.standard_normal(n, np.float32)
            # The difference of neighbours is bright, their mean is dark.
            step = np.diff(noise, prepend=noise[:1])
            mean = np.convolve(noise, np.full(12, 1.0 / 12.0, np.float32), "same")
            sound = 0.2 * note.velocity * rise * (rise * step + (1.0 - rise) * 3.0 * mean)
            sound = soften_edges(sound, 0.01, 0.02, sample_rate)
            _add(channel, sound.astype(np.float32), note.start_s, sample_rate)
    return track


def _add(track: np.ndarray, sound: np.ndarray, start_s: float, sample_rate: int) -> None:
    start = round(start_s * sample_rate)
    stop = min(len(track), start + len(sound))
    if stop > start:
        track[start:stop] += sound[: stop - start]
