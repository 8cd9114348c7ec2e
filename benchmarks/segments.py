"""Cost of rendering a Wave-U-Net in segments: seams, time. Figures, not assertions.

    python -m benchmarks.segments

The reference is one forward pass of the same network over the whole song. Its norms span the song
where a segment's span the segment, so even a perfect seam leaves a difference.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from export.bundle import Description, write_bundle
from mixer.demo_song import compose_demo_song
from mixer.network.output import RunOptions
from mixer.network.session import Network
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from mixer.network.wave_u_net.run import FADE_SHARE, run_segments, segment_starts
from training.networks.wave_u_net import WaveUNet

SAMPLE_RATE_HZ = 44_100
# Small and with short segments: many seams in the demo song's 30 s.
SMALL = WaveUNetParameters(n_features=8, n_levels=3, output_samples=2 * SAMPLE_RATE_HZ)
_STEPS, _CROP_SAMPLES, _SEED = 150, 11_025, 0


@dataclass(frozen=True)
class SeamCost:
    """Error of a mix at its seams.

    Attributes:
        error_db: energy of the difference from the whole-file forward over that of the mix.
        step_db: largest step of that difference between the two samples at a seam, re full scale.
        seams: number of seams.
    """

    error_db: float
    step_db: float
    seams: int

    def __str__(self) -> str:
        return f"error {self.error_db:.1f} dB, largest step at a seam {self.step_db:.1f} dBFS"


def measure_seams(
    network: WaveUNet, runtime: Network, song: NDArray, fade_share: float
) -> SeamCost:
    """Render a song (inputs, samples) in segments and compare with one forward pass over it."""
    hyper = network.hyper
    with torch.inference_mode():
        whole = network.mix_whole(torch.from_numpy(song[None]))[0].numpy()
    listed = np.split(song, hyper.n_stems)
    mix = run_segments(runtime, listed, RunOptions(warm_up_s=0.0), fade_share=fade_share).mix
    difference = (mix - whole).astype(np.float64)
    starts = segment_starts(
        song.shape[1], hyper.output_samples, round(fade_share * hyper.output_samples)
    )
    seams = starts[1:]
    # With a fade the seam has no single place: its middle is where the neighbours weigh the same.
    middles = [
        (start + before + hyper.output_samples) // 2
        for before, start in zip(starts, seams, strict=False)
    ]
    steps = [np.abs(difference[:, at] - difference[:, at - 1]).max() for at in middles]
    return SeamCost(
        error_db=_db(float(np.sum(difference**2) / np.sum(whole.astype(np.float64) ** 2))),
        step_db=2.0 * _db(float(max(steps, default=0.0))),
        seams=len(seams),
    )


def trained_network(song: NDArray[np.float32]) -> WaveUNet:
    """A small network that has learnt, roughly, to sum the stems of a song."""
    torch.manual_seed(_SEED)
    network = WaveUNet(SMALL)
    generator = np.random.default_rng(_SEED)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(weights, 3e-3)
    margin = SMALL.margin_samples
    for _ in range(_STEPS):
        first = int(generator.integers(song.shape[1] - _CROP_SAMPLES))
        crop = torch.from_numpy(song[None, :, first : first + _CROP_SAMPLES])
        target = crop.unflatten(1, (SMALL.n_stems, 2)).sum(1)[..., margin:-margin]
        loss = functional.l1_loss(network(crop), target)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return network.eval()


def report() -> Iterator[str]:
    """The lines of the table."""
    stems = compose_demo_song(seed=1, sample_rate=SAMPLE_RATE_HZ)
    order = ("vocals", "bass", "drums", "other")
    n_samples = stems["drums"].shape[1]
    song = np.concatenate([np.broadcast_to(stems[name], (2, n_samples)) for name in order])
    torch.manual_seed(_SEED)
    networks = {"random weights": WaveUNet(SMALL).eval(), "trained to sum": trained_network(song)}
    for name, network in networks.items():
        with tempfile.TemporaryDirectory() as folder:
            description = Description("bench", (), "random", "none", warm_up_s=0.0)
            runtime = Network(
                write_bundle(network, Path(folder) / "bench", description), "cpu", is_own=True
            )
            for share in (0.0, FADE_SHARE, 0.25):
                cost = measure_seams(network, runtime, song, share)
                yield f"{name}, {cost.seams} seams, fade {share:.0%} of a segment: {cost}"
    yield published_speed()


def published_speed() -> str:
    """Time for one segment of a tenth of the published length, at the published size."""
    hyper = WaveUNetParameters(output_samples=SAMPLE_RATE_HZ)
    with tempfile.TemporaryDirectory() as folder:
        description = Description("bench", (), "random", "none", warm_up_s=0.0)
        runtime = Network(
            write_bundle(WaveUNet(hyper).eval(), Path(folder) / "bench", description),
            "cpu",
            is_own=True,
        )
        stems = [np.zeros((2, hyper.output_samples), np.float32)] * hyper.n_stems
        run_segments(runtime, stems, RunOptions())
        began, began_cpu = time.perf_counter(), time.process_time()
        run_segments(runtime, stems, RunOptions())
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return f"published size: {wall:.2f} s per second of song ({cpu:.2f} s of CPU)"


def _db(power: float) -> float:
    return 10.0 * float(np.log10(max(power, 1e-30)))


if __name__ == "__main__":
    for line in report():
        sys.stdout.write(line + "\n")
