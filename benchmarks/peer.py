"""One of the ways of `benchmarks.peers`: `python -m benchmarks.peer NAME SONG mix.wav`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 44_100
# How demucs runs its model unless it is told otherwise.
_OVERLAP = 0.25


def _stems(song: Path) -> dict[str, np.ndarray]:
    """By name, float32 (2, samples)."""
    return {
        path.stem: soundfile.read(path, dtype="float32", always_2d=True)[0].T
        for path in sorted(song.glob("*.wav"))
    }


def _write(out: Path, mix: np.ndarray) -> None:
    soundfile.write(out, np.clip(mix, -1.0, 1.0).T, RATE_HZ, "PCM_24")


def plain_sum(song: Path, out: Path) -> None:
    """The plain sum, which a model has to beat."""
    _write(out, np.add.reduce(list(_stems(song).values())))


def pedalboard_chain(song: Path, out: Path) -> None:
    """A strip a stem and a bus, of a compiled library's effects."""
    import pedalboard as pb

    strip = pb.Pedalboard(
        [
            pb.HighpassFilter(60.0),
            pb.PeakFilter(3_000.0, 2.0, 0.8),
            pb.Compressor(-20.0, 3.0, 10.0, 100.0),
            pb.Gain(1.0),
        ]
    )
    bus = pb.Pedalboard([pb.Compressor(-12.0, 2.0, 30.0, 120.0), pb.Limiter(-1.0, 100.0)])
    total = np.add.reduce([strip(stem, RATE_HZ) for stem in _stems(song).values()])
    _write(out, bus(total, RATE_HZ))


def plain_network(song: Path, out: Path) -> None:
    """The published layers over the whole file at once, random weights."""
    import torch

    from benchmarks.network import paper_network
    from tests.training.networks.plain_fxnorm import plain_forward

    model = paper_network()
    batch = torch.from_numpy(np.concatenate(list(_stems(song).values()))[None])
    with torch.inference_mode():
        _write(out, plain_forward(model, batch)[0][0].tanh().numpy())


def demucs(song: Path, out: Path) -> None:
    """Its own model and way of cutting a song, random weights; the sum of its stems is written."""
    import torch
    from demucs_infer.apply import apply_model
    from demucs_infer.htdemucs import HTDemucs

    model = HTDemucs(["drums", "bass", "other", "vocals"], segment=7.8).eval()
    total = np.add.reduce(list(_stems(song).values()))
    with torch.inference_mode():
        parts = apply_model(
            model, torch.from_numpy(total)[None], shifts=0, split=True, overlap=_OVERLAP
        )
    _write(out, parts[0].sum(0).numpy())


WAYS: dict[str, Callable[[Path, Path], None]] = {
    each.__name__: each for each in (plain_sum, pedalboard_chain, plain_network, demucs)
}


if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
