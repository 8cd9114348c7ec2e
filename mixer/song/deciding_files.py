"""Single files that determine the whole song's length, sample rate or level."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mixer.audio import AudioSource
from mixer.audio.extremes import is_float, peak_of
from mixer.errors import InputError
from mixer.song.folders.folder_names import SONG_FILE

# Above full scale, and above every other file: what one recording of a song hardly ever is.
_FAR_LOUDER_DB = 24.0
_FAR_LONGER_FROM = 2.0  # times the median length of all others


def deciding_files(sources: Sequence[AudioSource]) -> dict[int, list[str]]:
    """Properties of the song that single files determine, by index; usually empty."""
    found: dict[int, list[str]] = {}
    if len(sources) < 2:
        return found
    durations_s = [s.n_samples / s.sample_rate for s in sources]
    longest = int(np.argmax(durations_s))
    others_s = float(np.median(durations_s[:longest] + durations_s[longest + 1 :]))
    if durations_s[longest] > _FAR_LONGER_FROM * others_s:
        found.setdefault(longest, []).append(
            f"alone makes the song {durations_s[longest]:.1f} s long; "
            f"the others' median is {others_s:.1f} s"
        )
    rates = [s.sample_rate for s in sources]
    highest = max(rates)
    lower = [rate for rate in rates if rate < highest]
    if len(lower) == len(rates) - 1:
        found.setdefault(rates.index(highest), []).append(
            f"alone raises the song to {highest} Hz; the others have at most {max(lower)} Hz"
        )
    for place, remark in _far_louder(sources):
        found.setdefault(place, []).append(remark)
    return found


def _far_louder(sources: Sequence[AudioSource]) -> Iterator[tuple[int, str]]:
    peaks = [max(1.0, _float_peak(source)) for source in sources]
    loudest = int(np.argmax(peaks))
    above_db = 20.0 * math.log10(peaks[loudest])
    others_db = 20.0 * math.log10(max(peaks[:loudest] + peaks[loudest + 1 :]))
    if above_db - others_db > _FAR_LOUDER_DB:
        yield (
            loudest,
            f"alone peaks {above_db:.0f} dB above full scale, {above_db - others_db:.0f} dB above "
            f"the others; give gain_db in {SONG_FILE} if that is not intended",
        )


def _float_peak(source: AudioSource) -> float:
    """Peak of a float file in full scales; 0 for others, whose samples cannot exceed it."""
    try:
        return peak_of(source).value / source.full_scale if is_float(source) else 0.0
    except (InputError, OSError):  # which reading it says
        return 0.0
