"""Recursive filters along the last axis, and what they do to frequencies.

What `sosfilt`, `lfilter`, `lfiltic` and `sosfreqz` of SciPy give, bit for bit, without its package
of signal processing (see `mixer.dsp.compiled`).
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.polynomial import polyval

from mixer.dsp.compiled import compiled
from mixer.dsp.threads import stop_if_asked

_BLOCK_SAMPLES = 1 << 18
_PAIR = 2
# With few sections the loop waits for each sample; with more, complex products cost more than that.
_MOST_SECTIONS_OF_PAIR = 2


def filter_sections(
    sections: np.ndarray, audio: np.ndarray, state: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Filter by second-order sections.

    Args:
        sections: `(sections, 6)`, b0 b1 b2 a0 a1 a2 with a0 = 1.
        audio: `(channels, samples)`.
        state: `(sections, channels, 2)` after the previous samples; None for silence before.

    Returns:
        float64 `(channels, samples)`, and the state after it.
    """
    n_sections, n_channels = sections.shape[0], audio.shape[0]
    if state is None:
        state = np.zeros((n_sections, n_channels, 2))
    if n_channels == _PAIR and n_sections <= _MOST_SECTIONS_OF_PAIR:
        return _filter_pair(sections, audio, state)
    out = np.array(audio, np.float64, order="C")
    # The loop works on channels in turn, in place.
    memory = np.array(np.moveaxis(state, 0, 1), np.float64, order="C")
    _run_sections(np.ascontiguousarray(sections, np.float64), out, memory)
    return out, np.moveaxis(memory, 1, 0)


def _filter_pair(
    sections: np.ndarray, audio: np.ndarray, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two channels as the parts of one complex signal.

    Every sample waits for the one before, so with few sections the loop's time is that of one
    channel. A real factor leaves the parts alone: the bits are those of two passes.
    """
    pair = np.empty((1, audio.shape[1]), np.complex128)
    memory = np.empty((1, sections.shape[0], 2), np.complex128)
    pair.real[0], pair.imag[0] = audio
    memory.real[0], memory.imag[0] = np.moveaxis(state, 1, 0)
    _run_sections(np.ascontiguousarray(sections, np.complex128), pair, memory)
    out = pair.view(np.float64).reshape(-1, _PAIR).T
    return out, np.stack([memory.real[0], memory.imag[0]], axis=1)


def _run_sections(sections: np.ndarray, out: np.ndarray, memory: np.ndarray) -> None:
    """Filter in place, `(channels, samples)`; the state, `(channels, sections, 2)`, too."""
    loops = compiled("signal", "_sosfilt")
    run = _run_sosfilt if loops is None else loops._sosfilt
    # The state goes on from block to block, so that nobody waits for the end of a long song.
    for start in range(0, out.shape[1], _BLOCK_SAMPLES):
        stop_if_asked()
        block = np.ascontiguousarray(out[:, start : start + _BLOCK_SAMPLES])
        run(sections, block, memory)
        out[:, start : start + _BLOCK_SAMPLES] = block


def _run_sosfilt(sections: np.ndarray, out: np.ndarray, memory: np.ndarray) -> None:
    """What SciPy's compiled loop does, by its public function."""
    from scipy.signal import sosfilt

    out[:], after = sosfilt(sections, out, axis=-1, zi=np.moveaxis(memory, 0, 1))
    memory[:] = np.moveaxis(after, 1, 0)


def filter_samples(
    b: np.ndarray, a: np.ndarray, audio: np.ndarray, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Filter by the coefficients of one transfer function.

    Args:
        b, a: `(coefficients,)` of numerator and denominator; `a` has two or more.
        audio: float64 `(..., samples)`.
        state: `(..., most coefficients - 1)`, in direct form II transposed.

    Returns:
        float64, in the shape of `audio`, and the state after it.
    """
    above, below = np.asarray(b, np.float64), np.asarray(a, np.float64)
    loops = compiled("signal", "_sigtools")
    if loops is None:
        from scipy.signal import lfilter

        filtered, after = lfilter(above, below, audio, axis=-1, zi=state)
    else:
        filtered, after = loops._linear_filter(above, below, audio, -1, state)
    return filtered, after


def state_behind(a: np.ndarray, past: np.ndarray) -> np.ndarray:
    """The state of an all-pole filter (b = 1) after its last outputs.

    Args:
        a: `(order + 1,)`, 1 first.
        past: float64 `(order,)` outputs, the latest first.

    Returns:
        float64 `(order,)`, for `filter_samples`.
    """
    order = len(a) - 1
    state = np.zeros(order)
    for place in range(order):
        state[place] -= np.sum(a[place + 1 :] * past[: order - place])
    return state


def response(sections: np.ndarray, frequency_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Complex gains of second-order sections at frequencies in Hz, complex128 `(points,)`."""
    delayed = np.exp(-1j * (2 * np.pi * np.asarray(frequency_hz, np.float64) / sample_rate))
    gains = np.ones(len(delayed), np.complex128)
    for section in sections:
        above, below = (polyval(delayed, half, tensor=False) for half in np.split(section, 2))
        gains *= above / below
    return gains
