"""A synthesiser of wavetables: detuned oscillators whose brightness follows an envelope.

A table holds one period, limited to what fits under half the sample rate and shaped by a low-pass
filter's magnitude; a note fades between a bright and a dark one, which is what an opening and
closing filter does, without filtering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import as_stereo
from training.synthesis.humanise import PlayedNote

_TABLE = 2048
_EDGE_S = 0.004


@dataclass(frozen=True)
class Patch:
    """A sound.

    Attributes:
        wave: "saw", "square" or "soft" (odd harmonics falling fast).
        dark_hz, bright_hz: the filter's corner when closed and when open.
        attack_s, decay_s, sustain, release_s: envelope of the loudness.
        filter_decay_s: how fast the filter closes.
        voices: number of oscillators, spread over `detune_cents` and, in stereo, over both sides.
        octave_below: level of a sine an octave below.
    """

    wave: str
    dark_hz: float
    bright_hz: float
    attack_s: float
    decay_s: float
    sustain: float
    release_s: float
    filter_decay_s: float
    voices: int = 1
    detune_cents: float = 0.0
    octave_below: float = 0.0


PATCHES = {
    "warm_pad": Patch("saw", 700.0, 2200.0, 0.35, 0.8, 0.8, 0.6, 1.5, 4, 18.0),
    "glass_pad": Patch("soft", 1500.0, 6000.0, 0.25, 1.0, 0.75, 0.7, 2.0, 4, 12.0),
    "supersaw": Patch("saw", 3500.0, 12000.0, 0.02, 0.6, 0.8, 0.25, 0.8, 6, 30.0),
    "pluck": Patch("saw", 350.0, 7000.0, 0.003, 0.22, 0.0, 0.2, 0.12, 2, 8.0),
    "saw_arp": Patch("saw", 900.0, 6500.0, 0.003, 0.25, 0.3, 0.1, 0.15, 2, 10.0),
    "square_arp": Patch("square", 800.0, 5500.0, 0.003, 0.2, 0.25, 0.1, 0.12, 1, 0.0),
    "square_lead": Patch("square", 2200.0, 6500.0, 0.01, 0.4, 0.8, 0.12, 0.6, 2, 9.0),
    "saw_lead": Patch("saw", 2500.0, 9000.0, 0.008, 0.4, 0.85, 0.12, 0.5, 3, 14.0),
    "saw_bass": Patch("saw", 300.0, 2400.0, 0.004, 0.3, 0.7, 0.06, 0.2, 2, 7.0, 0.5),
    "square_bass": Patch("square", 350.0, 1800.0, 0.004, 0.35, 0.75, 0.06, 0.25, 1, 0.0, 0.6),
    "acid_bass": Patch("saw", 250.0, 4200.0, 0.003, 0.25, 0.55, 0.04, 0.14, 1, 0.0, 0.2),
}


def play_synth(
    notes: Sequence[PlayedNote],
    patch: Patch,
    n_samples: int,
    sample_rate: int,
    rng: np.random.Generator,
    *,
    is_stereo: bool,
) -> np.ndarray:
    """Play notes on a patch, float32 (2, samples), both channels equal unless stereo."""
    # Random deviations from the patch.
    turn = float(np.exp(rng.normal(0.0, 0.2)))
    tables: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    out = np.zeros((2 if is_stereo else 1, n_samples), np.float32)
    for note in notes:
        if note.midi not in tables:
            hz = 440.0 * 2.0 ** ((note.midi - 69) / 12.0)
            tables[note.midi] = (
                _table(patch.wave, hz, patch.bright_hz * turn, sample_rate),
                _table(patch.wave, hz, patch.dark_hz * turn, sample_rate),
            )
        sound = _note(note, patch, tables[note.midi], len(out), sample_rate, rng)
        start = round(note.start_s * sample_rate)
        stop = min(n_samples, start + sound.shape[1])
        if stop > start:
            out[:, start:stop] += sound[:, : stop - start]
    return as_stereo(out)


def _note(
    note: PlayedNote,
    patch: Patch,
    tables: tuple[np.ndarray, np.ndarray],
    n_channels: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> np.ndarray:
    held_s = note.stop_s - note.start_s
    n = round((held_s + patch.release_s) * sample_rate)
    t_s = np.arange(n, dtype=np.float32) / np.float32(sample_rate)
    loud = patch.sustain + (1.0 - patch.sustain) * np.exp(-t_s / np.float32(patch.decay_s))
    loud *= np.minimum(1.0, t_s / np.float32(max(patch.attack_s, _EDGE_S)))
    loud *= np.clip(1.0 - (t_s - np.float32(held_s)) / np.float32(patch.release_s), 0.0, 1.0) ** 2
    open_ = np.exp(-t_s / np.float32(patch.filter_decay_s)) * np.float32(0.4 + 0.6 * note.velocity)
    bright, dark = tables
    hz = 440.0 * 2.0 ** ((note.midi - 69) / 12.0)
    samples = np.arange(n, dtype=np.float64)
    out = np.zeros((n_channels, n), np.float32)
    offsets = np.linspace(-1.0, 1.0, patch.voices) if patch.voices > 1 else np.zeros(1)
    for index, offset in enumerate(offsets):
        step = hz * 2.0 ** (offset * patch.detune_cents / 1200.0) / sample_rate
        at = ((samples * step + rng.random()) * _TABLE).astype(np.int64) & (_TABLE - 1)
        wave = dark[at]
        wave += open_ * (bright[at] - wave)
        if n_channels == 2:
            side = 0.5 + 0.42 * (1.0 if index % 2 else -1.0) * abs(float(offset))
            out[0] += np.float32(np.sqrt(1.0 - side)) * wave
            out[1] += np.float32(np.sqrt(side)) * wave
        else:
            out[0] += wave
    out /= np.float32(np.sqrt(patch.voices))
    if patch.octave_below:
        turns = (0.5 * hz / sample_rate) * samples
        out += np.float32(patch.octave_below) * np.sin(2.0 * np.pi * turns).astype(np.float32)
    return out * (loud * np.float32(note.velocity))


def _table(wave: str, hz: float, corner_hz: float, sample_rate: int) -> np.ndarray:
    count = max(1, min(_TABLE // 2 - 1, int(0.45 * sample_rate / hz)))
    number = np.arange(1, count + 1)
    level = {
        "saw": 1.0 / number,
        "square": np.where(number % 2, 1.0 / number, 0.0),
        "soft": np.where(number % 2, 1.0 / number**2, 0.15 / number**2),
    }[wave]
    # Two poles and a little resonance.
    ratio = number * hz / corner_hz
    level = level / np.sqrt((1.0 - ratio**2) ** 2 + (1.1 * ratio) ** 2)
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
    spectrum[1 : count + 1] = -1j * level
    table = np.fft.irfft(spectrum)
    return np.asarray(0.5 * table / np.sqrt(np.mean(table**2)), np.float32)
