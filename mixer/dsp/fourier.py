"""Fourier transforms along one axis by SciPy's compiled loops (see `mixer.dsp.compiled`).

What `rfft`, `irfft`, `dct` and `next_fast_len` of `scipy.fft` give, bit for bit. That package takes
a sixth of a second to load, for choices between array libraries that nobody makes here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from mixer.dsp.compiled import compiled, scipy_version

# How the loops call what they divide by: nothing, or the length.
_AS_IS, _BY_ROOT, _BY_LENGTH = 0, 1, 2


@cache
def _loops() -> ModuleType | None:
    # SciPy 1.18 replaced its loops by their author's next ones, which are called alike.
    if scipy_version() < (1, 18):
        return compiled("fft._pocketfft", "pypocketfft")
    return compiled("fft._duccfft", "pyduccfft")


def _package() -> Any:
    """Public transforms, for a SciPy whose loops are not known."""
    return import_module("scipy.fft")


def next_fast_len(n_samples: int) -> int:
    """The smallest length of at least `n_samples` with a fast transform of real signals."""
    loops = _loops()
    if loops is None:
        return int(_package().next_fast_len(n_samples, real=True))
    return int(loops.good_size(n_samples, True))


def rfft(
    signal: np.ndarray, n_fft: int | None = None, axis: int = -1, out: np.ndarray | None = None
) -> np.ndarray:
    """Half the spectrum of a real signal, complex of the signal's precision.

    Args:
        signal: float32 or float64.
        n_fft: length of the transform; the signal is cut or zero-padded. None for its own.
        axis: time axis of the signal, which becomes the frequency axis.
        out: where to put the spectrum, of its shape and type; None for a new array.
    """
    loops, fitted = _loops(), _fitted(signal, n_fft, axis)
    if loops is None:
        return _put(_package().rfft(fitted, axis=axis), out)
    found: np.ndarray = loops.r2c(fitted, (axis,), True, _AS_IS, out, 1)
    return found


def irfft(
    spectrum: np.ndarray,
    n_fft: int | None = None,
    axis: int = -1,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """The real signal of half a spectrum, of its precision; the inverse of `rfft`.

    Args:
        spectrum: complex, or real where it is symmetric in time.
        n_fft: length of the signal; None for an even one.
        axis: frequency axis of the spectrum, which becomes the time axis.
        out: where to put the signal, of its shape and type; None for a new array.
    """
    if n_fft is None:
        n_fft = 2 * (spectrum.shape[axis] - 1)
    fitted = _fitted(spectrum, n_fft // 2 + 1, axis)
    if not np.iscomplexobj(fitted):
        fitted = fitted + 0.0j
    loops = _loops()
    if loops is None:
        return _put(_package().irfft(fitted, n_fft, axis=axis), out)
    found: np.ndarray = loops.c2r(fitted, (axis,), n_fft, False, _BY_LENGTH, out, 1)
    return found


def dct(signal: np.ndarray) -> np.ndarray:
    """The orthonormal cosine transform, type 2, of float samples along the last axis."""
    loops = _loops()
    if loops is None:
        return np.asarray(_package().dct(signal, norm="ortho"))
    found: np.ndarray = loops.dct(np.asarray(signal), 2, (-1,), _BY_ROOT, None, 1, True)
    return found


def _put(found: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    """Copy into `out`, if there is one."""
    if out is None:
        return found
    out[...] = found
    return out


def _fitted(signal: np.ndarray, length: int | None, axis: int) -> np.ndarray:
    """Cut, or followed by zeros."""
    signal = np.asarray(signal)
    n_there = signal.shape[axis]
    if length is None or length == n_there:
        return signal
    part = [slice(None)] * signal.ndim
    part[axis] = slice(0, min(length, n_there))
    if length < n_there:
        return signal[tuple(part)]
    shape = list(signal.shape)
    shape[axis] = length
    longer = np.zeros(shape, signal.dtype)
    longer[tuple(part)] = signal
    return longer
