"""Files whose full scale is not what their format says.

Scale float files whose samples are in an integer range, ±32 768 for example, to full scale.

Programs that work on integers write such files (NumPy, SciPy, MATLAB); mixed unchanged, one of them
is 90 dB louder than the song. The two kinds are easy to tell apart: a peak of 512 is +54 dBFS for
float samples and -36 dBFS for 16-bit integers.

Some exporters put 24 or 16 bits into the lower end of 32-bit integers, 48 or 96 dB too low. One
such file may also be a very soft recording; that a whole song is so soft is not to be believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mixer.audio import AudioSource
from mixer.audio.extremes import is_float, peak_of, soft_peak_of
from mixer.errors import InputError

# Peaks from which and up to which a scale is certain: from -36 dBFS up to +6 dBFS of it.
_SCALES = {2.0**15: (512.0, 2.0**16), 2.0**23: (2.0**17, 2.0**24), 2.0**31: (2.0**25, 2.0**32)}
_PLAUSIBLE_FLOAT = 512.0
# Whole numbers are not a float recording, however few they are.
_WHOLE_FROM = 2.0
# Bits at the lower end of 32, and from how far below their full scale the loudest file tells them.
_LOWER_BITS, _WITHIN = (24, 16), 0.25


def full_scales(sources: Sequence[AudioSource]) -> list[float]:
    """Divisor for the samples of each file of a song; 1 for nearly all.

    A file whose own scale is uncertain takes that of the others if most of them are scaled.

    Raises:
        InputError: a peak is out of range for both float samples and integers.
    """
    lower_end = _scale_of_lower_end(sources)
    scales = _float_scales(sources)
    is_lower = [_is_wide(source) and source.full_scale == 1.0 for source in sources]
    return [lower_end if lower else scale for lower, scale in zip(is_lower, scales, strict=True)]


def _float_scales(sources: Sequence[AudioSource]) -> list[float]:
    """Divisor for the samples of each float file of a song; 1 for the others."""
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


def _is_wide(source: AudioSource) -> bool:
    return source.encoding == "PCM_32"


def _scale_of_lower_end(sources: Sequence[AudioSource]) -> float:
    """Divisor of a song's 32-bit files if they are most of it and all at their lower end; or 1."""
    wide = [source for source in sources if _is_wide(source)]
    if len(wide) < 2 or 2 * len(wide) <= len(sources):
        return 1.0
    known = {source.full_scale for source in wide} - {1.0}
    loudest, most = 0.0, max(known, default=2.0 ** (max(_LOWER_BITS) - 32))
    for source in wide:
        try:
            peak = soft_peak_of(source, most)
        except InputError:
            continue
        if peak is None:
            return 1.0
        loudest = max(loudest, peak)
    if known:
        return most
    fitting = (2.0 ** (bits - 32) for bits in _LOWER_BITS)
    return next((full for full in fitting if _WITHIN * full <= loudest <= full), 1.0)


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
