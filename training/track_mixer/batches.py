"""Combine examples into tensors, padded to the same number of tracks and masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from mixer.roles import HINTS, UNKNOWN
from training.track_mixer.examples import Example


@dataclass(frozen=True)
class Batch:
    """A batch of examples, (batch, tracks, ...); see `Example` for the fields."""

    bands_db: Tensor
    dynamics: Tensor
    is_mono: Tensor
    role: Tensor
    group: Tensor
    mask: Tensor
    levels: Tensor
    target_lu: Tensor
    within_groups: Tensor
    wet_mid: Tensor
    wet_side: Tensor
    decisions: Tensor
    shape: Tensor
    curve_db: Tensor
    weight: Tensor

    def inputs(self) -> tuple[Tensor, ...]:
        """Inputs of the network, in order."""
        return (self.bands_db, self.dynamics, self.is_mono, self.role, self.group, self.mask,
                self.levels)  # fmt: skip


_BEYOND = {"bands_db": -120.0, "role": HINTS.index(UNKNOWN), "dynamics": 0.0,
           "is_mono": 0.0, "group": 0}  # fmt: skip
_OF_SONG = ("levels", "within_groups", "weight")


def collate(examples: Sequence[Example]) -> Batch:
    """Combine examples into one batch; padding tracks are masked."""
    n_tracks = max(len(example.role) for example in examples)
    values: dict[str, Tensor] = {}
    for field in fields(Batch):
        if field.name == "mask":
            rows = [np.ones(len(example.role), np.float32) for example in examples]
            values["mask"] = torch.from_numpy(np.stack([_padded(r, n_tracks, 0.0) for r in rows]))
        elif field.name in _OF_SONG:
            row = [float(getattr(example, field.name)) for example in examples]
            values[field.name] = torch.tensor(row)
        else:
            beyond = _BEYOND.get(field.name, float("nan"))
            rows = [_padded(getattr(e, field.name), n_tracks, beyond) for e in examples]
            values[field.name] = torch.from_numpy(np.stack(rows))
    return Batch(**values)


def _padded(array: np.ndarray, n_tracks: int, beyond: float) -> np.ndarray:
    width = [(0, n_tracks - len(array)), *[(0, 0)] * (array.ndim - 1)]
    return np.pad(array, width, constant_values=beyond)
