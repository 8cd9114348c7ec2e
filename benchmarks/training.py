"""Training speed and memory of the paper's network against the plain formulation, side by side.

`python -m benchmarks.training` prints the figures as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from tests.training.networks.plain_fxnorm import plain_forward
from training.networks.fxnorm import FxNormNetwork
from training.run.kinds import choose_trained
from training.run.losses import LossA

SEGMENT_S, BATCH, THREADS = 3.0, 2, 2
RATE_HZ = 44_100


@dataclass(frozen=True)
class TrainingSpeed:
    """Speed of forward, loss, backward and optimiser together.

    Attributes:
        seconds: wall clock of the fastest step.
        cpu_s: processor time of the fastest step; more reliable on a busy machine.
        audio_s_per_s: seconds of audio a second of wall clock.
        peak_bytes: most memory that the process ever had, libraries included.
    """

    seconds: float
    cpu_s: float
    audio_s_per_s: float
    peak_bytes: int


def _mix_plainly(network: FxNormNetwork, stems: Tensor) -> Tensor:
    return torch.tanh(plain_forward(network, stems)[0])


FORMULATIONS: dict[str, Callable[[FxNormNetwork, Tensor], Tensor]] = {
    "exact_algebra": lambda network, stems: network(stems),
    "plain": _mix_plainly,
}


def training_speed(
    formulation: str,
    *,
    batch: int = BATCH,
    segment_s: float = SEGMENT_S,
    steps: int = 3,
    threads: int = THREADS,
) -> TrainingSpeed:
    """Train the paper's network on noise in this process.

    Args:
        formulation: a key of `FORMULATIONS`.
        batch, segment_s: of a step.
        steps: measured, after one that is not.
        threads: of PyTorch.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network, loss = FxNormNetwork(), LossA(32_446)
    choose_trained(network, "train")
    moving = [value for value in network.parameters() if value.requires_grad]
    optimiser = torch.optim.Adam(moving, amsgrad=True)
    stems = 0.1 * torch.randn(batch, 8, round(segment_s * RATE_HZ))
    target = stems.unflatten(1, (4, 2)).sum(1)
    walls, processors = [], []
    for _ in range(steps + 1):
        wall, processor = time.perf_counter(), time.process_time()
        optimiser.zero_grad(set_to_none=True)
        loss(FORMULATIONS[formulation](network, stems), target).backward()
        torch.nn.utils.clip_grad_norm_(moving, 0.2)
        optimiser.step()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    fastest = min(walls[1:])
    return TrainingSpeed(fastest, min(processors[1:]), batch * segment_s / fastest, peak)


def compare_formulations(
    *, batch: int = BATCH, segment_s: float = SEGMENT_S, steps: int = 3
) -> dict[str, TrainingSpeed]:
    """Every formulation one after the other, each in a process of its own for its memory."""
    found = {}
    for name in FORMULATIONS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            options = {"batch": batch, "segment_s": segment_s, "steps": steps}
            found[name] = pool.apply(training_speed, (name,), options)
    return found


if __name__ == "__main__":
    figures = {name: asdict(speed) for name, speed in compare_formulations().items()}
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
