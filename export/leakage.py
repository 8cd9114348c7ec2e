"""Leakage between a bundle's wet stems, measured by feeding one stem at a time."""

from __future__ import annotations

import numpy as np

from export.check import moving_noise
from mixer.dsp.blocks import power_to_db
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network

_N_SAMPLES = 44_100
_SEED = 20_220_828
# Reported when no leakage is measured; JSON cannot represent infinity.
LOWEST_DB = -200.0


def measure_leakage_db(bundle: Bundle) -> float:
    """Leakage in dB of the worst stem: energy in the other wet stems over that in its own.

    Each stem is fed alone. One that produces nothing in its own place counts as 0 dB.

    Args:
        bundle: a bundle whose kind of network has wet stems.
    """
    n_stems = bundle.manifest.hyper_parameters.n_stems
    network = Network(bundle, "cpu", is_own=True)
    noise = moving_noise(np.random.default_rng(_SEED), 2 * n_stems, _N_SAMPLES)
    worst_db = LOWEST_DB
    for alone, stem in enumerate(np.split(noise, n_stems)):
        stems = [stem if place == alone else None for place in range(n_stems)]
        output = run_network(network, stems, wet_stems=True, warm_up_s=0.0)
        assert output.wet_stems is not None
        energies = [float(np.sum(np.square(wet, dtype=np.float64))) for wet in output.wet_stems]
        own = energies.pop(alone)
        share = sum(energies) / own if own > 0.0 else 1.0
        worst_db = max(worst_db, float(power_to_db(share, 1e-20)))
    return round(worst_db, 1)
