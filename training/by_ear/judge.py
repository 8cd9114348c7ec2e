"""Accuracy of the classifier on artists and songs that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.stems import STEMS
from training.by_ear.examples import Examples
from training.by_ear.fit import fit, stem_chances

_CERTAINTIES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.97)


def held_out_chances(
    others: Sequence[tuple[Examples, float]],
    real: Examples,
    real_weight: float,
    groups: Sequence[str],
    seeds: Sequence[int],
) -> NDArray[np.float64]:
    """Stem probabilities (recordings, stems) by classifiers that did not see the recording's group.

    Args:
        others: composed and played material, always trained on.
        real: real recordings.
        real_weight: weight of the real recordings.
        groups: group of each real recording; the recordings of a group are held out together.
        seeds: random seeds of each classifier's networks.
    """
    group = np.array(groups)
    chances = np.zeros((len(group), len(STEMS)))
    for name in sorted(set(groups)):
        rest = real.part(group != name)
        classifier = fit([*others, (rest, real_weight)], seeds)
        chances[group == name] = stem_chances(classifier, real.part(group == name))
    return chances


def in_words(chances: NDArray[np.float64], examples: Examples) -> list[str]:
    """Report accuracy by stem and by certainty, confusions, and the mistakes by name."""
    truth = np.array([STEMS.index(stem) for stem in examples.stems])
    said, certainty = chances.argmax(axis=1), chances.max(axis=1)
    right = said == truth
    by_stem = ", ".join(
        f"{stem} {right[truth == n].mean():.3f} of {(truth == n).sum()}"
        for n, stem in enumerate(STEMS)
        if (truth == n).any()
    )
    lines = [f"{len(truth)} recordings: {right.mean():.3f} correct ({by_stem})"]
    for least in _CERTAINTIES:
        sure = certainty >= least
        share = right[sure].mean() if sure.any() else np.nan
        lines.append(
            f"  certainty {least} or more: {sure.mean():.3f} of all, {share:.3f} of these correct, "
            f"{(sure & ~right).sum()} wrong"
        )
    lines.append("  said: " + " ".join(f"{stem:>7}" for stem in STEMS))
    for n, stem in enumerate(STEMS):
        counts = " ".join(f"{((truth == n) & (said == m)).sum():7}" for m in range(len(STEMS)))
        lines.append(f"{stem:>7} {counts}")
    order = np.argsort(-certainty)
    lines += [
        f"  {examples.names[row]}: {STEMS[said[row]]} ({certainty[row]:.2f})"
        for row in order
        if not right[row]
    ]
    return lines
