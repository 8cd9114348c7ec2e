"""Scale float files whose samples are in an integer range, ±32 768 for example, to full scale.

Programs that work on integers write such files (NumPy, SciPy, MATLAB); mixed unchanged, one of them
is 90 dB louder than the song. The two kinds are easy to tell apart: a peak of 512 is +54 dBFS for
float samples and -36 dBFS for 16-bit integers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mixer.audio import AudioSource
from mixer.audio.extremes import is_float, peak_of
from mixer.errors import InputError

# Peaks from which and up to which a scale is certain: from -36 dBFS up to +6 dBFS of it.
_SCALES = {2.0**15: (512.0, 2.0**16), 2.0**23: (2.0**17, 2.0**24), 2.0**31: (2.0**25, 2.0**32)}
_PLAUSIBLE_FLOAT = 512.0
# Whole numbers are not a float recording, however few they are.
_WHOLE_FROM = 2.0


def full_scales(sources: Sequence[AudioSource]) -> list[float]:
    """Divisor for the samples of each file of a song; 1 for nearly all.

    A file whose own scale is uncertain takes that of the others if most of them are scaled.

    Raises:
        InputError: a peak is out of range for both float samples and integers.
    """
    peaks = [_peak(source) for source in sources]
    own = [_own_scale(*peak) if peak else 1.0 for peak in peaks]
    certain = Counter(scale for scale in own if scale is not None and scale != 1.0)
    if not certain and None not in own:
        return [1.0] * len(sources)
    n_float = sum(peak is not None for peak in peaks)
    common = certain.most_common(1)[0][0] if certain else None
    most = common is not None and 2 * certain[common] > n_float
    scales = []
    for source, peak, scale in zip(sources, peaks, own, strict=True):
        if peak is None or (scale == 1.0 and not (most and peak[0] > 1.0)):
            scales.append(1.0)
        elif common is not None and (scale in (None, 1.0) or most) and peak[0] <= 2.0 * common:
            scales.append(common)
        elif scale is not None:
            scales.append(scale)
        else:
            raise InputError(
                f"{source.path.name}: its peak is {peak[0]:.4g} times full scale, which is not a "
                "scale of float audio or of integers; export it again with full scale at 1"
            )
    return scales


def _peak(source: AudioSource) -> tuple[float, bool] | None:
    """Peak of a float file; None for others and for what does not decode."""
    if not is_float(source):
        return None
    try:
        return peak_of(source)
    except InputError:
        return None


def _own_scale(peak: float, whole: bool) -> float | None:
    """Scale by one file alone; None if it is uncertain."""
    for scale, (low, high) in _SCALES.items():
        if low <= peak <= high:
            return scale
    if peak > _PLAUSIBLE_FLOAT:
        return None
    return 2.0**15 if whole and peak >= _WHOLE_FROM else 1.0
