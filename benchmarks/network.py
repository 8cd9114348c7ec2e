"""The network on this machine: exactness, speed against PyTorch, memory. Figures, not assertions.

    python -m benchmarks.network

Speeds are the better of two runs: other work on the machine only ever adds to them. The floor of
the default model is one short-time transform of the same stems and back, in turns with it, in
processor time: nothing that changes spectra can be quicker.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.floor import cpu_s, there_and_back
from benchmarks.machine import print_lines
from benchmarks.songs import song_of
from export.bundle import PAPER_EFFECTS, Description, write_bundle
from mixer.dsp.threads import one_blas_thread
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from tests.training.networks.plain_fxnorm import plain_forward
from training.networks.fxnorm import FxNormNetwork

SAMPLE_RATE_HZ = 44_100
_TORCH_S, _DEFAULT_S, _FLOOR_S = 20.0, 120.0, 60.0
_N_TURNS = 5
# An hour of song must run at low cost: the default's front-end with next to no mixer after it.
TINY = HyperParameters(
    n_filters=16,
    stride_samples=32,
    pool_frames=16,
    smoothing_frames=16,
    bottleneck_channels=8,
    hidden_channels=8,
    skip_channels=8,
    n_repeats=1,
    blstm_layers=1,
    se_ratio=1,
)


@dataclass(frozen=True)
class Speed:
    """Seconds per second of song."""

    wall: float
    cpu: float


def paper_network() -> FxNormNetwork:
    """The paper's full size, random weights that make a mix of ordinary level."""
    torch.manual_seed(0)
    return FxNormNetwork().eval()


def write_paper_bundle(folder: Path) -> Path:
    """Export the paper's full size with random weights; returns the folder."""
    return _write_bundle(paper_network(), folder)


def noise_song(duration_s: float, seed: int = 0) -> list[NDArray[np.float32]]:
    """Four stems of noise whose level moves, (2, samples) float32."""
    generator = np.random.default_rng(seed)
    n_samples = round(duration_s * SAMPLE_RATE_HZ)
    stems = []
    for index in range(4):
        stem = generator.standard_normal((2, n_samples), dtype=np.float32)
        stem *= (0.02 + 0.2 * np.abs(np.sin(np.arange(n_samples) / 9000.0 + index))).astype("f4")
        stems.append(stem)
    return stems


def streaming_speed(network: Network, duration_s: float, *, wet_stems: bool = False) -> Speed:
    """The runtime, without warm-up."""
    stems = noise_song(duration_s)
    return _best(lambda: run_network(network, stems, warm_up_s=0.0, wet_stems=wet_stems), stems)


def torch_speed(forward: Callable[[torch.Tensor], object], duration_s: float) -> Speed:
    """A whole-file forward pass of PyTorch on all cores."""
    stems = noise_song(duration_s)
    batch = torch.from_numpy(np.concatenate(stems)[None])
    with torch.inference_mode():
        forward(batch[..., :SAMPLE_RATE_HZ])
        return _best(lambda: forward(batch), stems)


def exactness(network: Network, model: torch.nn.Module, duration_s: float) -> float:
    """Largest absolute difference between the streamed mix and PyTorch's whole-file forward."""
    stems = noise_song(duration_s)
    mix = run_network(network, stems, warm_up_s=0.0).mix
    with torch.inference_mode():
        whole = model(torch.from_numpy(np.concatenate(stems)[None]))[0].numpy()
    return float(np.abs(mix - whole).max())


def chunk_spread(network: Network, duration_s: float, chunks: tuple[int, ...]) -> float:
    """Largest absolute difference between mixes of the same song in chunks of several sizes."""
    stems = noise_song(duration_s)
    mixes = (run_network(network, stems, warm_up_s=0.0, chunk_frames=size).mix for size in chunks)
    first = next(mixes)
    return max(float(np.abs(mix - first).max()) for mix in mixes)


def peak_memory(bundle: Path | str, duration_s: float) -> tuple[float, float]:
    """(GB at most, GB of stems) of a fresh process that only mixes noise, warm-up included."""
    module = "benchmarks.network_memory"
    command = [sys.executable, "-m", module, str(bundle), str(duration_s)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout) / 1e9, duration_s * SAMPLE_RATE_HZ * 8 * 4 / 1e9


def table() -> Iterator[str]:
    """Speeds, in Markdown."""
    torch.set_num_threads(os.cpu_count() or 1)
    model = paper_network()
    yield "| network, seconds for each second of song | clock | CPU |"
    yield "| --- | --- | --- |"
    with tempfile.TemporaryDirectory() as name:
        paper = Network(read_bundle(write_paper_bundle(Path(name) / "paper")), "cpu", is_own=True)
        default = Network(read_bundle("default"), "cpu")
        size = "the paper's full size, 2.75 million parameters"
        rows: list[tuple[str, Callable[[], Speed]]] = [
            (
                f"{size}: PyTorch, whole file, plain layers as published",
                lambda: torch_speed(lambda batch: plain_forward(model, batch), _TORCH_S),
            ),
            (
                f"{size}: PyTorch, whole file, with this repository's algebra",
                lambda: torch_speed(model, _TORCH_S),
            ),
            (f"{size}: mixer, streamed, mix", lambda: streaming_speed(paper, _TORCH_S)),
            (
                f"{size}: mixer, streamed, mix and wet stems",
                lambda: streaming_speed(paper, _TORCH_S, wet_stems=True),
            ),
            ("default model: mix", lambda: streaming_speed(default, _DEFAULT_S)),
            (
                "default model: mix and wet stems",
                lambda: streaming_speed(default, _DEFAULT_S, wet_stems=True),
            ),
        ]
        for title, measure in rows:
            speed = measure()
            yield f"| {title} | {speed.wall:.4f} s | {speed.cpu:.4f} s |"
        yield from floor_rows(default)


def floor_rows(network: Network) -> Iterator[str]:
    """One transform there and back of four stems on one core, and how many of it a mix takes.

    Both write into memory that is there: the mix, as in a render, into that of its stems.
    """
    stems = list(song_of(_FLOOR_S).values())
    hyper = network.bundle.manifest.hyper_parameters
    assert isinstance(hyper, BandMixerParameters)
    own = [np.empty_like(stem) for stem in stems]

    def mixed(*, wet_stems: bool) -> float:
        given = [stem.copy() for stem in stems]
        return cpu_s(
            lambda: run_network(
                network, given, warm_up_s=0.0, wet_stems=wet_stems, threads=1, consume=True
            )
        )

    runs: dict[str, Callable[[], float]] = {
        "floor": lambda: cpu_s(lambda: there_and_back(stems, own, hyper.n_fft)),
        "mix": lambda: mixed(wet_stems=False),
        "stems": lambda: mixed(wet_stems=True),
    }
    with one_blas_thread:
        turns = [{what: run() for what, run in runs.items()} for _ in range(_N_TURNS)]
    least_s = {what: min(turn[what] for turn in turns) for what in runs}
    floor_s = least_s["floor"] / _FLOOR_S
    yield f"| one short-time transform of four stems and back | | {floor_s:.4f} s |"
    for what, title in (("mix", "mix"), ("stems", "mix and wet stems")):
        ratio = least_s[what] / least_s["floor"]
        yield f"| default model: {title}, beside that | | {ratio:.1f} times |"


def report() -> Iterator[str]:
    """Exactness and memory, line by line; several minutes."""
    model = paper_network()
    with tempfile.TemporaryDirectory() as name:
        paper_folder = write_paper_bundle(Path(name) / "paper")
        tiny_folder = _write_bundle(FxNormNetwork(TINY).eval(), Path(name) / "tiny")
        paper = Network(read_bundle(paper_folder), "cpu", is_own=True)
        for duration_s in (10, 30, 60):
            error = exactness(paper, model, duration_s)
            yield f"paper's size, {duration_s} s: largest error against PyTorch {error:.1e}"
        spread = chunk_spread(paper, 300, (50, 128, 333))
        yield f"paper's size, 300 s: three chunk sizes within {spread:.1e}"
        for label, bundle, duration_s in (
            ("paper's size", paper_folder, 600),
            ("default", "default", 600),
            ("tiny", tiny_folder, 3600),
        ):
            peak_gb, stems_gb = peak_memory(bundle, duration_s)
            yield f"{label}, {duration_s} s: {peak_gb:.2f} GB, of which stems {stems_gb:.2f}"


def _write_bundle(network: FxNormNetwork, folder: Path) -> Path:
    description = Description(
        name=folder.name, effects=PAPER_EFFECTS, provenance="random weights", licence="none"
    )
    return write_bundle(network, folder, description).folder


def _best(run: Callable[[], object], stems: list[NDArray[np.float32]]) -> Speed:
    duration_s = stems[0].shape[1] / SAMPLE_RATE_HZ
    taken = []
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Speed(*(min(values) / duration_s for values in zip(*taken, strict=True)))


def main() -> None:
    """Print both."""
    print_lines(itertools.chain(table(), report()))


if __name__ == "__main__":
    main()
