"""Least squares with gains of 0 and above, by Lawson and Hanson's active sets.

`scipy.optimize.nnls` without its package (see `mixer.dsp.compiled`). Source: Lawson and Hanson,
"Solving Least Squares Problems", SIAM 1995.
"""

from __future__ import annotations

import numpy as np

from mixer.dsp.compiled import compiled

_ROUNDS_A_COLUMN, _UNFINISHED = 3, 3


def fit_nonnegative(parts: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Find the gains with which the columns of a matrix come nearest to a vector.

    Args:
        parts: finite float64 (rows, columns).
        whole: finite float64 (rows,).

    Returns:
        The gains, float64 (columns,), 0 or more.

    Raises:
        RuntimeError: the search did not converge.
    """
    columns = np.asarray_chkfinite(parts, np.float64, order="C")
    target = np.asarray_chkfinite(whole, np.float64)
    loops = compiled("optimize", "_slsqplib")
    if loops is None:
        from scipy.optimize import nnls

        return np.asarray(nnls(columns, target)[0])
    gains, _, ending = loops.nnls(columns, target, _ROUNDS_A_COLUMN * columns.shape[1])
    if ending == _UNFINISHED:
        raise RuntimeError("the search for gains did not converge")
    return np.asarray(gains)
