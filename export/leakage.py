"""How faithful a bundle's wet stems are: one stem goes in, what comes out of the others' places?"""

from __future__ import annotations

import numpy as np

from export.check import moving_noise
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.stream import run_network

_N_SAMPLES = 44_100
_SEED = 20_220_828
# A wet stem with nothing of another in it; JSON knows no infinity.
LOWEST_DB = -200.0


def measure_leakage_db(bundle: Bundle) -> float:
    """Energy in the other wet stems against that in a stem's own, fed alone: the worst stem's, dB.

    A stem that does not come out at all, not even in its own place, counts as 0 dB.

    Args:
        bundle: of a kind that has wet stems.
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
        worst_db = max(worst_db, 10.0 * float(np.log10(max(share, 1e-20))))
    return round(worst_db, 1)
