"""Devices of each part of the check, and its size."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from export.fxnorm_exporter import WARM_UP_S
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.runtime import cuda_is_likely


@dataclass(frozen=True)
class Places:
    """Devices by part: PyTorch and ONNX Runtime find a GPU each for themselves.

    Attributes:
        network: device of ONNX Runtime, as `--device` takes it.
        torch: device of PyTorch.
        batch: as `--devices` of a batch takes it.
    """

    network: str
    torch: str
    batch: str

    @property
    def has_gpu(self) -> bool:
        """Whether anything runs on one."""
        return "cuda" in (self.network + self.torch)


def find_places() -> Places:
    """A GPU wherever one works."""
    network = "cuda:0" if cuda_is_likely() else "cpu"
    return Places(network, "cuda:0" if torch.cuda.is_available() else "cpu", network)


@dataclass(frozen=True)
class Sizes:
    """Amount to measure.

    Attributes:
        durations_s: songs of these lengths are mixed.
        parity_s: length of the noise that both devices mix.
        chunks_samples: sizes of the network's chunks that are tried.
        batch_songs, batch_song_s: of the batch.
        hyper: of the network of the paper's kind.
        warm_up_s: of music that the runtime prepends for it.
        training: overrides of `paper-lb`.
        larger_batches: batch sizes of the training to try beside the configuration's.
    """

    durations_s: tuple[float, ...]
    parity_s: float
    chunks_samples: tuple[int, ...]
    batch_songs: int
    batch_song_s: float
    hyper: HyperParameters = field(default_factory=HyperParameters)
    warm_up_s: float = WARM_UP_S
    training: tuple[str, ...] = ()
    larger_batches: tuple[int, ...] = ()


# Under eight minutes with a GPU, and on two cores without one.
ON_GPU = Sizes((60.0, 180.0, 600.0), 30.0, (8_192, 65_536, 262_144), 8, 60.0, larger_batches=(16,))
ON_CPU = Sizes(
    (30.0,),
    10.0,
    (8_192, 65_536),
    2,
    15.0,
    training=("data.segment_s=3", "run.batch_size=1"),
)
