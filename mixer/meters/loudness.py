"""Meters: integrated and short-term loudness after ITU-R BS.1770-4.

Memory is bounded: the audio is filtered in blocks and only the energy of 100 ms steps is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import FloatArray, zero_padded
from mixer.dsp.recursive import filter_sections
from mixer.dsp.threads import stop_if_asked

# pyloudnorm's name for the coefficients of the recommendation itself, which libebur128 has too.
BS1770_FILTER = "DeMan"
# pyloudnorm's default (cookbook shelf and high-pass): reads about 0.045 LU lower. The published
# profile of effect normalisation was measured with it.
COOKBOOK_FILTER = "K-weighting"

# BS.1770-4: a sine of 997 Hz at full scale on one channel reads -3.01 LUFS.
LUFS_OFFSET_DB = -0.691
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
_STEP_S, _MOMENTARY_STEPS, _SHORT_TERM_STEPS = 0.1, 4, 30
_BLOCK_SAMPLES = 1 << 16


def weighting_sections(sample_rate: int, filter_class: str) -> np.ndarray:
    """pyloudnorm's filters of a class as second-order sections `(sections, 6)`, to the last bit.

    That package loads all of SciPy's signal processing and statistics; a test holds its meter's
    coefficients against these.
    """
    if filter_class == BS1770_FILTER:
        return _recommended_sections(sample_rate)
    return _cookbook_sections(sample_rate)


def _recommended_sections(sample_rate: int) -> np.ndarray:
    """The recommendation's filters at any rate.

    Source: De Man (2018), "Evaluation of implementations of the EBU R128 loudness measurement".
    """
    q, k = 0.7071752369554193, np.tan(np.pi * 1681.9744509555319 / sample_rate)
    high = np.power(10.0, 3.99984385397 / 20.0)
    band = np.power(high, 0.499666774155)
    whole = 1.0 + k / q + k * k
    shelf = [
        (high + band * k / q + k * k) / whole,
        2.0 * (k * k - high) / whole,
        (high - band * k / q + k * k) / whole,
        1.0,
        2.0 * (k * k - 1.0) / whole,
        (1.0 - k / q + k * k) / whole,
    ]
    q, k = 0.5003270373253953, np.tan(np.pi * 38.13547087613982 / sample_rate)
    whole = 1.0 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / whole, (1.0 - k / q + k * k) / whole]
    return np.array([shelf, high_pass])


def _cookbook_sections(sample_rate: int) -> np.ndarray:
    """The same by Bristow-Johnson's "Cookbook formulae for audio equalizer biquads"."""
    a = 10 ** (4.0 / 40.0)
    w0 = 2.0 * np.pi * (1500.0 / sample_rate)
    alpha, cosine = np.sin(w0) / (2.0 * (1.0 / np.sqrt(2.0))), np.cos(w0)
    shelf = [
        a * ((a + 1) + (a - 1) * cosine + 2 * np.sqrt(a) * alpha),
        -2 * a * ((a - 1) + (a + 1) * cosine),
        a * ((a + 1) + (a - 1) * cosine - 2 * np.sqrt(a) * alpha),
        (a + 1) - (a - 1) * cosine + 2 * np.sqrt(a) * alpha,
        2 * ((a - 1) - (a + 1) * cosine),
        (a + 1) - (a - 1) * cosine - 2 * np.sqrt(a) * alpha,
    ]
    w0 = 2.0 * np.pi * (38.0 / sample_rate)
    alpha, cosine = np.sin(w0) / (2.0 * 0.5), np.cos(w0)
    high_pass = [(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2]
    high_pass += [1 + alpha, -2 * cosine, 1 - alpha]
    return np.array([np.array(stage) / stage[3] for stage in (shelf, high_pass)])


def _weighted_blocks(
    audio: FloatArray, sample_rate: int, filter_class: str, padding_samples: int
) -> Iterator[tuple[int, np.ndarray]]:
    """K-weighted, padded audio in float64, block by block, with each block's first sample."""
    sections = weighting_sections(sample_rate, filter_class)
    state = np.zeros((sections.shape[0], audio.shape[0], 2))
    n_samples = audio.shape[-1] + 2 * padding_samples
    for start in range(0, n_samples, _BLOCK_SAMPLES):
        stop_if_asked()
        stop = min(start + _BLOCK_SAMPLES, n_samples)
        block = zero_padded(audio, start - padding_samples, stop - padding_samples)
        weighted, state = filter_sections(sections, block, state)
        yield start, weighted


class _StepEnergies:
    """Energies of whole 100 ms steps, float64 `(channels, steps)`, of audio in blocks."""

    def __init__(self, n_channels: int, n_samples: int, sample_rate: int) -> None:
        # Rounded edges, not a rounded step: at 11 025 Hz a step is 1 102.5 samples.
        n_steps = int(n_samples / (_STEP_S * sample_rate) + 1e-9)
        self._edges = np.round(np.arange(n_steps + 1) * _STEP_S * sample_rate).astype(np.int64)
        self.found = np.zeros((n_channels, n_steps))

    def add(self, start: int, block: np.ndarray) -> None:
        """Add a block, float64 `(channels, samples)`, which is overwritten."""
        edges, n_steps = self._edges, self.found.shape[1]
        power = np.square(block, out=block)
        stop = start + power.shape[1]
        first = int(np.searchsorted(edges, start, side="right")) - 1
        last = min(int(np.searchsorted(edges, stop, side="left")), n_steps)
        if first >= last:
            return
        cuts = np.clip(edges[first : last + 1], start, stop) - start
        self.found[:, first:last] += np.add.reduceat(power[:, : cuts[-1]], cuts[:-1], axis=1)


def step_energies(
    audio: FloatArray,
    sample_rate: int,
    filter_class: str = BS1770_FILTER,
    padding_samples: int = 0,
) -> np.ndarray:
    """Energy of the weighted, padded audio in each whole 100 ms step: what loudness is made of.

    Args:
        audio, sample_rate, filter_class, padding_samples: as in `integrated_loudness_lufs`.

    Returns:
        float64 `(channels, steps)`; a gain of a channel scales its row by its square.
    """
    steps = _StepEnergies(audio.shape[0], audio.shape[-1] + 2 * padding_samples, sample_rate)
    for start, weighted in _weighted_blocks(audio, sample_rate, filter_class, padding_samples):
        steps.add(start, weighted)
    return steps.found


def energies_with_part(
    audio: FloatArray, part: FloatArray, sample_rate: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`step_energies` of audio, of a part of it, and of the rest without that part.

    The filters are linear: the weighted rest is the difference of what is weighted already.

    Args:
        audio, part: float32 `(channels, samples)` of one shape.
        sample_rate: Hz.
    """
    n_channels, n_samples = audio.shape
    whole, own, rest = (_StepEnergies(n_channels, n_samples, sample_rate) for _ in range(3))
    both = (_weighted_blocks(each, sample_rate, BS1770_FILTER, 0) for each in (audio, part))
    for (start, weighted), (_, of_part) in zip(*both, strict=True):
        rest.add(start, weighted - of_part)
        whole.add(start, weighted)
        own.add(start, of_part)
    return whole.found, own.found, rest.found


def _window_power(energies: np.ndarray, n_steps: int, sample_rate: int) -> np.ndarray:
    """Mean square over every run of `n_steps` steps; empty if there are too few."""
    if energies.shape[-1] < n_steps:
        return np.zeros(0)
    steps = energies.sum(axis=0)
    runs = np.lib.stride_tricks.sliding_window_view(steps, n_steps).sum(axis=-1)
    return runs / (n_steps * _STEP_S * sample_rate)


def _power_to_lufs(power: np.ndarray | float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(LUFS_OFFSET_DB + 10.0 * np.log10(np.asarray(power, dtype=np.float64)))


def integrated_loudness_lufs(
    audio: FloatArray,
    sample_rate: int,
    filter_class: str = BS1770_FILTER,
    padding_samples: int = 0,
) -> float:
    """Gated loudness of a whole programme.

    Args:
        audio: float32 `(channels, samples)`, 1 or 2 channels of equal weight.
        sample_rate: Hz.
        filter_class: `BS1770_FILTER` for what is reported, `COOKBOOK_FILTER` where figures must
            compare with the published profile.
        padding_samples: silence taken to stand before and after the audio. It shifts the grid of
            gating blocks, worth up to 0.4 LU on sparse stems, and makes short audio measurable.

    Returns:
        LUFS; -inf for silence, for audio under the absolute gate and for less than one 400 ms
        block in all. Never NaN for finite audio.

    Source: ITU-R BS.1770-4, annex 1, equations 2 to 7.
    """
    return gated_loudness_lufs(
        step_energies(audio, sample_rate, filter_class, padding_samples), sample_rate
    )


def gated_loudness_lufs(energies: np.ndarray, sample_rate: int) -> float:
    """`integrated_loudness_lufs` of what `step_energies` measured at a sample rate in Hz."""
    power = _window_power(energies, _MOMENTARY_STEPS, sample_rate)
    loudness_lufs = _power_to_lufs(power)
    kept = power[loudness_lufs > ABSOLUTE_GATE_LUFS]
    if kept.size == 0:
        return -np.inf
    relative_gate_lufs = float(_power_to_lufs(kept.mean())) + RELATIVE_GATE_LU
    # Never empty: the loudest block is above the mean, so also above the mean less 10 LU.
    gated = power[loudness_lufs > max(relative_gate_lufs, ABSOLUTE_GATE_LUFS)]
    return float(_power_to_lufs(gated.mean()))


@dataclass(frozen=True)
class LoudnessCurves:
    """A programme's loudness in one pass, ungated (EBU Tech 3341), float64 `(windows,)` in LUFS.

    Attributes:
        integrated_lufs: as in `integrated_loudness_lufs`.
        momentary: of every 400 ms window, ten a second; -inf where silent.
        short_term: of every 3 s window, ten a second; empty for less than 3 s.
    """

    integrated_lufs: float
    momentary: np.ndarray
    short_term: np.ndarray


def measure_loudness(audio: FloatArray, sample_rate: int) -> LoudnessCurves:
    """All of a programme's loudness, filtered once.

    Args:
        audio: float32 `(channels, samples)`, 1 or 2 channels.
        sample_rate: Hz.
    """
    return loudness_curves(step_energies(audio, sample_rate), sample_rate)


def loudness_curves(energies: np.ndarray, sample_rate: int) -> LoudnessCurves:
    """`measure_loudness` of what `step_energies` measured at a sample rate in Hz."""
    momentary, short_term = (
        _power_to_lufs(_window_power(energies, n_steps, sample_rate))
        for n_steps in (_MOMENTARY_STEPS, _SHORT_TERM_STEPS)
    )
    return LoudnessCurves(gated_loudness_lufs(energies, sample_rate), momentary, short_term)


def short_term_loudness_lufs(audio: FloatArray, sample_rate: int) -> np.ndarray:
    """Loudness of every 3 s window, ten a second, ungated (EBU Tech 3341).

    Args:
        audio: float32 `(channels, samples)`, 1 or 2 channels.
        sample_rate: Hz.

    Returns:
        float64 `(windows,)` in LUFS, -inf where silent; empty for less than 3 s.
    """
    energies = step_energies(audio, sample_rate)
    return _power_to_lufs(_window_power(energies, _SHORT_TERM_STEPS, sample_rate))
