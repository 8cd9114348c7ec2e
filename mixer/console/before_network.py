"""Gains and mutes in front of the network, for models whose wet stems are not faithful.

Where energy of one stem appears in the outputs of others, a strip on a wet stem moves the wrong
sound. Mute, solo and gain then act on what the network is fed; all the rest stays behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixer.console.automation import Automation
from mixer.console.processing import BLOCK_SAMPLES
from mixer.console.split import PreNetworkGain
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.long_audio import silence


def apply_pre_network_gains(
    stems: Mapping[str, FloatArray], sample_rate: int, gains: Mapping[str, PreNetworkGain]
) -> dict[str, FloatArray]:
    """Apply mute, solo and gain to every stem, as the desk would.

    Args:
        stems: name to float32 `(2, samples)`, normalised, about to enter the network; they are not
            changed.
        sample_rate: Hz.
        gains: stem name to its settings; a stem that is not listed has none.

    Returns:
        All stems, in their order: unchanged ones are the same array, muted ones are silent.
    """
    settings = {stem: gains.get(stem, PreNetworkGain()) for stem in stems}
    soloed = {stem for stem, setting in settings.items() if setting.solo}
    out = {}
    for stem, audio in stems.items():
        setting = settings[stem]
        if setting.mute or (soloed and stem not in soloed):
            out[stem] = silence(*audio.shape)
        else:
            out[stem] = _with_gain(audio, sample_rate, setting)
    return out


def _with_gain(audio: FloatArray, sample_rate: int, setting: PreNetworkGain) -> FloatArray:
    gain_db = Automation(setting.gain_db, sample_rate)
    amount = Automation(setting.amount, sample_rate)
    if gain_db.constant == 0.0 or amount.constant == 0.0:
        return audio
    out = silence(*audio.shape)
    for start in range(0, audio.shape[-1], BLOCK_SAMPLES):
        stop = min(start + BLOCK_SAMPLES, audio.shape[-1])
        share = amount.over(start, stop)
        # As the strip's amount blends its output with its input.
        gain = (1.0 - share) + share * db_to_gain(gain_db.over(start, stop))
        np.multiply(
            audio[:, start:stop], np.asarray(gain, dtype=np.float32), out=out[:, start:stop]
        )
    return out
