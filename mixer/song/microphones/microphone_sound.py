"""Excerpts of microphone tracks, around the moments when the source is loud."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.audio.excerpts import read_excerpts
from mixer.errors import InputError
from mixer.song.microphones.microphone_names import Microphone
from mixer.song.names.sides import Side
from mixer.song.recording import Recording
from mixer.song.song import Song

_N_EXCERPTS, _EXCERPT_S = 12, 1.0
# The part of each excerpt around its loudest moment, at which a microphone hears its own drum and
# not the others of the kit.
_AROUND_PEAK_S, _BEFORE_PEAK_S = 0.15, 0.03


@dataclass(eq=False)
class Hearing:
    """A microphone, its excerpts (float (samples,) each) and their power."""

    microphone: Microphone
    excerpts: list[np.ndarray]

    @property
    def power(self) -> float:
        return float(sum(np.mean(excerpt**2) for excerpt in self.excerpts))


def read_microphone(
    recordings: Sequence[Recording], song: Song, turned: Collection[str]
) -> list[np.ndarray] | None:
    """Excerpts of a track's mid signal as it is in the song; None if it cannot be read.

    Args:
        recordings: one, or the halves of a pair.
        song: that they belong to.
        turned: files to be read with inverted polarity.
    """
    room_s = max(0.0, song.duration_s - _EXCERPT_S)
    # Steps of the golden ratio: no bar line coincides with them for long.
    starts_s = sorted(room_s * ((0.5 + n * 0.6180339887) % 1.0) for n in range(_N_EXCERPTS))
    total: np.ndarray | None = None
    for recording in recordings:
        if recording.side == Side.SIDE:
            continue
        own_s = [start_s - recording.start_s for start_s in starts_s]
        try:
            read = read_excerpts(recording.source, own_s, _EXCERPT_S, song.sample_rate)
        except InputError:
            return None
        gain = 10.0 ** (recording.gain_db / 20.0)
        sign = -1.0 if recording.inverted != (recording.file in turned) else 1.0
        middle = np.float32(sign * gain) * read.mean(axis=1)
        total = middle if total is None else total + middle
    return None if total is None else list(total)


def around_peaks(heard: Sequence[Hearing], anchor: Hearing, sample_rate: int) -> list[Hearing]:
    """Excerpts of all microphones around the peaks of one of them."""
    length, before = (round(s * sample_rate) for s in (_AROUND_PEAK_S, _BEFORE_PEAK_S))
    starts = [
        min(max(0, int(np.abs(excerpt).argmax()) - before), max(0, excerpt.size - length))
        for excerpt in anchor.excerpts
    ]
    return [
        Hearing(
            one.microphone,
            [e[s : s + length] for e, s in zip(one.excerpts, starts, strict=True)],
        )
        for one in heard
    ]
