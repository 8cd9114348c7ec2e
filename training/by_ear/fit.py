"""Fit the classifier: small networks on features, regularised by noise and mixed examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mixer.roles import STEM_OF_ROLE
from mixer.song.by_ear import Classifier
from mixer.stems import STEMS
from training.by_ear.examples import ROLES, Examples

STEPS, BATCH = 1000, 128
_WIDTHS = (64, 32)
_DROPOUT = (0.35, 0.2)
_FEATURE_NOISE, _SMOOTHING, _MIXING = 0.15, 0.05, 0.3
_RATE, _WEIGHT_DECAY = 3e-3, 3e-2
# The target is the stem; the role, if known, is an auxiliary target.
_ROLE_WEIGHT = 0.4
# How far the stems of each set are moved towards equal shares.
_EVENNESS = 0.7
_STEM_OF = np.array([[STEM_OF_ROLE[role] == stem for stem in STEMS] for role in ROLES], np.float32)


def fit(sets: Sequence[tuple[Examples, float]], seeds: Sequence[int]) -> Classifier:
    """Fit a network for each seed, and combine them into one classifier.

    Args:
        sets: sets of examples, and the weight of each.
        seeds: random seeds; equal sets and seeds give equal weights on the same machine.
    """
    features, stems, roles, weights = _table(sets)
    mean, scale = features.mean(axis=0), features.std(axis=0) + 0.05
    signal = torch.from_numpy((features - mean) / scale)
    nets = [_fitted(signal, stems, roles, weights, seed) for seed in seeds]
    linear = [[layer for layer in net if isinstance(layer, nn.Linear)] for net in nets]
    layers = tuple(
        (
            np.stack([layer.weight.detach().numpy().T for layer in same]),
            np.stack([layer.bias.detach().numpy()[None] for layer in same]),
        )
        for same in zip(*linear, strict=True)
    )
    return Classifier(ROLES, mean, scale, layers)


def _table(
    sets: Sequence[tuple[Examples, float]],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Features, one-hot stems and roles (n, classes; zeros if unknown), and weights."""
    features, stems, roles, weights = [], [], [], []
    for examples, share in sets:
        n_variants = examples.features.shape[1]
        features.append(examples.features.reshape(-1, examples.features.shape[2]))
        stem = np.repeat([STEMS.index(name) for name in examples.stems], n_variants)
        names = np.repeat(examples.roles, n_variants)
        stems.append(np.eye(len(STEMS), dtype=np.float32)[stem])
        roles.append((names[:, None] == np.array(ROLES)).astype(np.float32))
        n_stems = len(set(examples.stems))
        weights.append(np.full(len(stem), share * n_stems / len(stem)))
    weight, stem = np.concatenate(weights), np.concatenate(stems)
    total = weight @ stem
    weight = weight * (stem @ (total.mean() / np.maximum(total, 1e-9)) ** _EVENNESS)
    return np.concatenate(features), stem, np.concatenate(roles), weight / weight.sum()


def _fitted(
    signal: torch.Tensor,
    stems: NDArray[np.float32],
    roles: NDArray[np.float32],
    weights: NDArray[np.float64],
    seed: int,
) -> nn.Sequential:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = nn.Sequential(
        nn.Linear(signal.shape[1], _WIDTHS[0]), nn.ReLU(), nn.Dropout(_DROPOUT[0]),
        nn.Linear(*_WIDTHS), nn.ReLU(), nn.Dropout(_DROPOUT[1]), nn.Linear(_WIDTHS[1], len(ROLES)),
    )  # fmt: skip
    optimiser = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    stem_target, role_target = torch.from_numpy(stems), torch.from_numpy(roles)
    stem_of = torch.from_numpy(_STEM_OF)
    for _ in range(STEPS):
        rows = rng.choice(len(signal), BATCH, p=weights)
        others = rng.permutation(rows)
        share = rng.beta(_MIXING, _MIXING, (BATCH, 1))
        share = torch.from_numpy(np.maximum(share, 1.0 - share).astype(np.float32))
        inputs, stem, role = (
            share * table[rows] + (1.0 - share) * table[others]
            for table in (signal, stem_target, role_target)
        )
        inputs = inputs + _FEATURE_NOISE * torch.randn(inputs.shape)
        stem = stem * (1.0 - _SMOOTHING) + _SMOOTHING / len(STEMS)
        log_roles = torch.log_softmax(net(inputs), dim=1)
        log_stems = torch.log(torch.exp(log_roles) @ stem_of + 1e-9)
        loss = -(stem * log_stems).sum(1).mean() - _ROLE_WEIGHT * (role * log_roles).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def stem_chances(classifier: Classifier, examples: Examples) -> NDArray[np.float64]:
    """Stem probabilities (recordings, stems) of the undisturbed recordings."""
    return classifier.chances(examples.features[:, 0]) @ _STEM_OF
