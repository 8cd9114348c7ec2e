"""Songs of known tone, width, levels and range, and what a render makes of them with references."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from mixer.meters.stem_powers import measure_stem_powers
from mixer.reference.mover import Mover
from mixer.reference.moves import N_NODES, Moves, StemMoves
from mixer.reference.reference_figures import MixFigures, figures_of
from tests.signals import demo_song

RATE_HZ = 44_100
Stems = dict[str, np.ndarray]


def demo_stems(seconds: float = 20.0) -> Stems:
    """The demo song's stems, float32 (2, samples), moved into stereo so that there is a width."""
    n_samples = round(seconds * RATE_HZ)
    stems = {}
    for name, audio in demo_song().items():
        cut = audio[:, :n_samples]
        stems[name] = np.repeat(cut, 2, axis=0) if cut.shape[0] == 1 else cut.copy()
    return stems


def moved(stems: Stems, moves: Moves) -> Stems:
    """Stems with known moves done to them."""
    mover = Mover(moves, RATE_HZ, next(iter(stems.values())).shape[1])
    return {name: mover.apply(name, audio) for name, audio in stems.items()}


def tilt(low_db: float, high_db: float) -> tuple[float, ...]:
    """A curve that runs straight over the third octaves."""
    return tuple(np.linspace(low_db, high_db, N_NODES).tolist())


def all_stems(stems: Stems, eq_db: tuple[float, ...]) -> Mapping[str, StemMoves]:
    """One curve for every stem: that of the bus."""
    return {name: StemMoves(0.0, eq_db) for name in stems}


def backwards(audio: np.ndarray) -> np.ndarray:
    """The same spectrum, width and levels, and nothing that could be told for the same song."""
    return np.ascontiguousarray(audio[:, ::-1])


def another_song(seconds: float, seed: int = 5) -> np.ndarray:
    """Noise that falls towards the treble, wider than mono: music enough for figures."""
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * RATE_HZ)
    hz = np.maximum(np.fft.rfftfreq(n_samples, 1.0 / RATE_HZ), 30.0)
    both, left, right = (
        np.fft.irfft(np.fft.rfft(rng.normal(size=n_samples)) * hz**-0.6, n_samples)
        for _ in range(3)
    )
    audio = np.stack([both + 0.4 * left, both + 0.4 * right])
    return (0.3 * audio / np.abs(audio).max()).astype(np.float32)


def total(stems: Stems) -> np.ndarray:
    mix: np.ndarray = np.add.reduce(list(stems.values()))
    return mix


def measure(stems: Stems) -> MixFigures:
    return figures_of(measure_stem_powers(stems, RATE_HZ), total(stems), RATE_HZ)


def write(path: Path, audio: np.ndarray) -> Path:
    soundfile.write(path, audio.T, RATE_HZ, subtype="FLOAT")
    return path


def write_stems(folder: Path, stems: Stems) -> Path:
    folder.mkdir(exist_ok=True)
    for name, audio in stems.items():
        write(folder / f"{name}.wav", audio)
    return folder
