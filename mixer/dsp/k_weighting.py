"""The K-weighting of ITU-R BS.1770 as a power over frequency, for what works in bands.

The meter (`mixer.meters.loudness`) filters the waveform with the recommendation's own coefficients.
Measures with only powers in bands take a curve: the exact one, or the sketch of it that networks
were trained with and their graphs hold as constants.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def k_power(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power gain at frequencies in Hz, from the analogue prototypes of both stages.

    Source: ITU-R BS.1770-4 annex 1; prototypes after De Man (2018), "Evaluation of
    implementations of the EBU R128 loudness measurement".
    """
    s = 1j * frequency_hz / 1_681.974450955533
    high, q = 10.0 ** (3.999843853973347 / 20.0), 0.7071752369554196
    shelf = (high * s * s + high**0.4996667741545416 * s / q + 1.0) / (s * s + s / q + 1.0)
    s = 1j * frequency_hz / 38.13547087602444
    high_pass = s * s / (s * s + s / 0.5003270373238773 + 1.0)
    return np.asarray(np.square(np.abs(shelf * high_pass)))


def sketched_k_power(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power gain as in `k_power`, with rounded constants and a simpler curve of the shelf.

    Within 0.04 dB of `k_power` from 30 Hz to 18 kHz. Trained networks and exported graphs hold
    it: a change here would change what they hear.
    """
    ratio = frequency_hz / 38.0
    high_pass = ratio**4 / ((1.0 - ratio**2) ** 2 + (ratio / 0.5) ** 2)
    shelf_db = 4.0 / (1.0 + (1_500.0 / frequency_hz) ** 4)
    return np.asarray(high_pass * 10.0 ** (shelf_db / 10.0))
