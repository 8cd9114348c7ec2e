"""A plucked string: Karplus and Strong's loop with a kernel that tunes and damps in one.

Karplus, Strong, "Digital synthesis of plucked-string and drum timbres", CMJ 1983; the pluck's
position as a pair of opposite pulses follows Jaffe and Smith, "Extensions of the Karplus-Strong
plucked-string algorithm", CMJ 1983.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StringTone:
    """Sound of a string, whatever its pitch.

    `pluck_position` is the fraction of the string between finger and bridge (0-0.5); `contact_s`
    the width of the pluck (longer = darker); `damping_s` the width of the loop's Gaussian kernel
    (wider = the highs die sooner); `decay_s` the time in which the lows fall by 60 dB;
    `roughness` the share of noise in the pluck.
    """

    pluck_position: float
    contact_s: float
    damping_s: float
    decay_s: float
    roughness: float


def pluck(
    frequency_hz: float,
    duration_s: float,
    tone: StringTone,
    rng: np.random.Generator,
    sample_rate: int,
) -> np.ndarray:
    """One note, float64 `(samples,)`, peak 1, free of DC, still ringing at its end.

    The loop's delay is a whole number of samples plus the centre of a sampled Gaussian, so the
    pitch is exact and the damping of a partial at w is exp(-(w damping)^2 / 2) a period.
    """
    period = sample_rate / frequency_hz
    kernel, whole = _loop_kernel(period, tone.damping_s * sample_rate)
    kernel *= 10.0 ** (-3.0 / (frequency_hz * tone.decay_s))
    lead = whole + len(kernel) - 1
    samples = max(1, round(duration_s * sample_rate))
    string = np.zeros(lead + samples)
    excitation = _pluck_excitation(period, tone, rng, sample_rate)[:samples]
    string[lead : lead + len(excitation)] = excitation
    # A block of one delay depends only on what lies before it: a period at a time, vectorised.
    for start in range(lead, lead + samples, whole):
        fed_back = np.convolve(string[start - lead : start], kernel, "valid")
        stop = min(start + whole, lead + samples)
        string[start:stop] += fed_back[: stop - start]
    note = string[lead:]
    peak = float(np.max(np.abs(note)))
    return note / peak if peak > 0.0 else note


def _loop_kernel(period: float, width: float) -> tuple[np.ndarray, int]:
    """Gaussian of unit sum and its whole-sample offset; together they delay by `period` samples."""
    # Under half a sample a sampled Gaussian no longer delays by its centre.
    width = max(0.5, width)
    half = int(np.ceil(4.0 * width))
    whole = int(period) - half
    centre = period - whole
    kernel = np.exp(-0.5 * ((np.arange(2 * half + 2) - centre) / width) ** 2)
    return kernel / kernel.sum(), whole


def _pluck_excitation(
    period: float, tone: StringTone, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """Two opposite pulses `pluck_position` of a period apart, with finger noise on them."""
    width = max(0.7, tone.contact_s * sample_rate)
    reach = int(np.ceil(4.0 * width))
    apart = tone.pluck_position * period
    at = np.arange(int(np.ceil(period)) + 2 * reach)
    first = np.exp(-0.5 * ((at - reach) / width) ** 2)
    second = np.exp(-0.5 * ((at - reach - apart) / width) ** 2)
    noise = rng.standard_normal(len(at)) * (first + second)
    excitation = (first - second) + tone.roughness * noise
    return excitation - excitation.mean()
