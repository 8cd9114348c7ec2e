"""The paper's measures of validation mixes, a figure a family."""

from __future__ import annotations

import numpy as np

from mixer.errors import InputError
from mixer.meters.paper import paper_measures
from training.run.loading import NETWORK_RATE_HZ

FAMILIES = ("spectral", "panning", "dynamic", "loudness")


def paper_families(mix: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """The mean error of each family, as a fraction.

    Args:
        mix, target: float32 (channels, samples) at the network's rate, of one length.

    Returns:
        "paper_FAMILY" to its mean over what is defined: a target that is silent, mono or too
        short to measure leaves families out.
    """
    try:
        measures = paper_measures(mix, target, NETWORK_RATE_HZ)
    except InputError:
        return {}
    means = {}
    for family in FAMILIES:
        values = [v for name, v in measures.items() if name.startswith(f"{family}.")]
        defined = [value for value in values if np.isfinite(value)]
        if defined:
            means[f"paper_{family}"] = float(np.mean(defined))
    return means
