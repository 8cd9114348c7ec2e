"""Peak over RMS level: how far a mix's peaks stand out of it."""

from __future__ import annotations

import numpy as np

from mixer.meters.signal import Signal


def crest_factor_db(signal: Signal) -> float:
    """Crest factor of a whole mix in dB, over all its channels: 3.01 for a sine."""
    energy = sum(float(np.dot(channel, channel)) for channel in signal.audio)
    return signal.peak_dbfs - 10.0 * float(np.log10(energy / signal.audio.size))
