"""Recordings as clips: where each begins, its gain and polarity, the side of one half of a pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mixer.dsp.blocks import db_to_gain
from mixer.output.daw.daw_session import DawClip, plain_name
from mixer.song.damaged_files import offset_words
from mixer.song.names.sides import Side
from mixer.song.recording import Recording

_PANS: dict[Side | None, float] = {Side.LEFT: -1.0, Side.RIGHT: 1.0}


def clips_of(recordings: Sequence[Recording]) -> tuple[DawClip, ...]:
    """Clips that play recordings as `mixer.song.samples.read_sum` sums them.

    A side signal is two clips, of which the right one has its polarity turned round.
    """
    return tuple(clip for recording in recordings for clip in _clips(recording))


def offset_notes(recordings: Sequence[Recording]) -> list[str]:
    """A phrase for each recording whose file has a DC offset: a workstation plays it as it is."""
    said = [(recording.file, offset_words(recording.source)) for recording in recordings]
    return [f"{plain_name(file)} has a {words}" for file, words in said if words is not None]


def is_pair(clips: tuple[DawClip, ...]) -> bool:
    """Whether two mono files are the two channels of one recording."""
    if len(clips) != 2 or {clip.channels for clip in clips} != {1}:
        return False
    left, right = clips
    alike = (left.start_s, left.gain, left.sample_rate) == (
        right.start_s, right.gain, right.sample_rate
    )  # fmt: skip
    return alike and (left.pan, right.pan) == (-1.0, 1.0)


def _clips(recording: Recording) -> Iterator[DawClip]:
    source = recording.source
    gain = float(db_to_gain(recording.gain_db)) * (-1.0 if recording.inverted else 1.0)
    clip = DawClip(
        path=source.path,
        channels=source.channels,
        n_samples=source.n_samples,
        sample_rate=source.sample_rate,
        start_s=recording.start_s,
        gain=gain,
        pan=_PANS.get(recording.side, 0.0),
    )
    if recording.side != Side.SIDE:
        yield clip
        return
    yield replace(clip, pan=-1.0)
    yield replace(clip, pan=1.0, gain=-gain)
