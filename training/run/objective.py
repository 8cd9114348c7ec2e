"""From a batch to the number that is minimised: network and loss of a stage in one module.

One module, because distributed training watches a module's forward pass.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.run.config import LossConfig
from training.run.losses import LossA, LossB, StemLoss, WaveformLoss

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Objective(nn.Module):
    """The loss of a batch under a stage.

    Args:
        network: what is trained.
        stage: "pretrain" or "train".
        loss: which one, its guard and the weight of wet stems.
        precision: a key of `PRECISIONS`, for the network alone; losses are always in float32.
        sample_rate: in Hz.
    """

    def __init__(
        self,
        network: nn.Module,
        stage: str,
        loss: LossConfig,
        *,
        precision: str = "float32",
        sample_rate: int = 44_100,
    ) -> None:
        super().__init__()
        self.network = network
        self.stage = stage
        self.precision = PRECISIONS[precision]
        self.stem_weight = loss.stem_weight
        self.loss: nn.Module
        if stage == "pretrain":
            self.loss = WaveformLoss(loss.guard_samples)
        else:
            self.loss = {"la": LossA, "lb": LossB}[loss.kind](loss.guard_samples, sample_rate)
        self.stem_loss = StemLoss(loss.guard_samples, sample_rate) if loss.stem_weight else None

    def forward(self, inputs: Tensor, target: Tensor, wet: Tensor | None = None) -> Tensor:
        """A scalar, the mean over the batch.

        Args:
            inputs: normalised stems (batch, stems * channels, samples).
            target: the wet mix (batch, channels, samples).
            wet: wet stems (batch, stems, channels, samples) where their loss has a weight.
        """
        with self._autocast(inputs):
            if self.stage == "pretrain":
                found = self.network.pretrain(inputs).flatten(1, 2)
                stems = None
                target = inputs
            elif self.stem_loss is not None:
                stems = self.network.wet_stems(inputs)
                found = torch.tanh(stems.sum(1))
            else:
                found, stems = self.network(inputs), None
        value: Tensor = self.loss(found, centre(target, found.shape[-1]))
        if stems is not None and self.stem_loss is not None and wet is not None:
            value = value + self.stem_weight * self.stem_loss(stems, wet, target)
        return value

    def mix(self, inputs: Tensor) -> Tensor:
        """What one would hear: the mix, or the sum of the rebuilt stems; (batch, 2, samples)."""
        with self._autocast(inputs):
            if self.stage == "pretrain":
                rebuilt: Tensor = self.network.pretrain(inputs).sum(1)
                return rebuilt.float()
            mixed: Tensor = self.network(inputs)
            return mixed.float()

    def _autocast(self, inputs: Tensor) -> torch.autocast:
        enabled = self.precision != torch.float32
        return torch.autocast(
            inputs.device.type, self.precision if enabled else None, enabled=enabled
        )


def centre(audio: Tensor, n_samples: int) -> Tensor:
    """The middle of a signal: what a network of valid convolutions answers for."""
    margin = (audio.shape[-1] - n_samples) // 2
    return audio[..., margin : margin + n_samples]
