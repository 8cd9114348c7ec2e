"""Second-order sections by the bilinear transform: Butterworth filters, bells, shelves, notches.

As in any digital equaliser of this kind, a bell or shelf close to half of the sample rate is
squeezed towards it.

Source: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

from __future__ import annotations

import numpy as np

# Q of the sections of Butterworth filters of second and fourth order.
_SECTION_QS = {12: (np.sqrt(0.5),), 24: (0.541196100146197, 1.306562964876377)}
# Above this share of the sample rate the bilinear transform has no frequencies left.
_HIGHEST_SHARE = 0.49


def butterworth(
    kind: str, frequency_hz: np.ndarray, slope_db_per_octave: int, sample_rate: int
) -> np.ndarray:
    """Sections of Butterworth filters, -3 dB at their frequency.

    Args:
        kind: "high_pass" or "low_pass".
        frequency_hz: `(steps,)`; limited to 0.49 of the sample rate.
        slope_db_per_octave: 12 or 24.
        sample_rate: Hz.

    Returns:
        float64 `(steps, sections, 6)`, as scipy.signal.sosfilt takes them.
    """
    qs = _SECTION_QS[slope_db_per_octave]
    return np.stack([resonant_pass(kind, frequency_hz, q, sample_rate) for q in qs], axis=1)


def resonant_pass(
    kind: str, frequency_hz: np.ndarray, q: float | np.ndarray, sample_rate: int
) -> np.ndarray:
    """Sections of a second-order "high_pass" or "low_pass", float64 `(steps, 6)`.

    Args:
        kind, frequency_hz, sample_rate: as in `butterworth`.
        q: gain at its frequency, as a factor.
    """
    omega = _omega(frequency_hz, sample_rate)
    cosine, alpha = np.cos(omega), np.sin(omega) / (2.0 * q)
    sign = 1.0 if kind == "low_pass" else -1.0
    outer = (1.0 - sign * cosine) / 2.0
    return _section((outer, sign * 2.0 * outer, outer), (1.0 + alpha, -2.0 * cosine, 1.0 - alpha))


def eq_band(
    kind: str, frequency_hz: np.ndarray, gain_db: np.ndarray, q: np.ndarray, sample_rate: int
) -> np.ndarray:
    """Sections of a "peak", "low_shelf", "high_shelf" or "notch".

    Args:
        kind: as above.
        frequency_hz: `(steps,)`: centre of a peak or notch; of a shelf, where it has half its gain.
        gain_db: `(steps,)`; ignored by a notch.
        q: `(steps,)`, above 0.
        sample_rate: Hz.

    Returns:
        float64 `(steps, 1, 6)`.
    """
    omega = _omega(frequency_hz, sample_rate)
    cosine, alpha = np.cos(omega), np.sin(omega) / (2.0 * q)
    one = np.ones_like(cosine)
    amplitude = 10.0 ** (gain_db / 40.0)
    if kind == "notch":
        b = (one, -2.0 * cosine, one)
        a = (1.0 + alpha, -2.0 * cosine, 1.0 - alpha)
    elif kind == "peak":
        b = (1.0 + alpha * amplitude, -2.0 * cosine, 1.0 - alpha * amplitude)
        a = (1.0 + alpha / amplitude, -2.0 * cosine, 1.0 - alpha / amplitude)
    else:
        # A high shelf is the low shelf with its spectrum turned round.
        c = -cosine if kind == "high_shelf" else cosine
        turn = -1.0 if kind == "high_shelf" else 1.0
        up, down, slope = amplitude + 1.0, amplitude - 1.0, 2.0 * np.sqrt(amplitude) * alpha
        b = (
            amplitude * (up - down * c + slope),
            turn * 2.0 * amplitude * (down - up * c),
            amplitude * (up - down * c - slope),
        )
        a = (up + down * c + slope, turn * -2.0 * (down + up * c), up + down * c - slope)
    return _section(b, a)[:, np.newaxis]


def _omega(frequency_hz: np.ndarray, sample_rate: int) -> np.ndarray:
    share = np.minimum(np.asarray(frequency_hz, dtype=np.float64) / sample_rate, _HIGHEST_SHARE)
    return 2.0 * np.pi * share


def _section(b: tuple[np.ndarray, ...], a: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.stack(np.broadcast_arrays(*b, *a), axis=-1) / a[0][..., np.newaxis]
