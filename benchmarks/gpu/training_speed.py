"""Results of measuring training speed, apart from the measurement, which needs audio libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.gpu.shares import largest_part


@dataclass(frozen=True)
class TrainingSpeed:
    """Speed of training `paper-lb` on noise, which costs no reading.

    Attributes:
        precision, device: of the network.
        batch_size, segment_s: of a step.
        step_s: seconds of a step.
        audio_s_per_s: seconds of audio trained in a second.
        shares: of a step, by part; they add up to 1.
        peak_gpu_gb: most GPU memory in use; None without a GPU.
    """

    precision: str
    device: str
    batch_size: int
    segment_s: float
    step_s: float
    audio_s_per_s: float
    shares: Mapping[str, float]
    peak_gpu_gb: float | None

    @property
    def limit(self) -> str:
        """The part that takes most of a step."""
        return largest_part(self.shares)
