"""A song's recordings as an engineer's tracks: a pair of files is one stereo track."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixer.audio.formats import without_audio_suffix
from mixer.song.file_patterns import files_meant, is_exactly, matches
from mixer.song.recording import Recording
from mixer.song.samples import read_alone, read_sum, recording_blocks
from mixer.song.song import Song

_BLOCK_SAMPLES = 1 << 18


@dataclass(frozen=True)
class Track:
    """One track.

    Attributes:
        name: its file's; of a pair, the first file's.
        recordings: one, or the two halves of a pair.
        stem: the group that it is summed into.
        role: one of `mixer.roles.ROLE_NAMES`.
    """

    name: str
    recordings: tuple[Recording, ...]
    stem: str
    role: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the track: its files' names, with and without their endings."""
        files = [recording.file for recording in self.recordings]
        return (*files, *map(without_audio_suffix, files))

    def is_exactly(self, pattern: str) -> bool:
        """Whether a pattern is its name, not one that merely fits."""
        return any(is_exactly(pattern, name) for name in self.names)

    @property
    def title(self) -> str:
        """Its name without the ending."""
        return without_audio_suffix(self.name)

    @property
    def n_channels(self) -> int:
        """1 if it is one mono recording in the middle, else 2."""
        only = self.recordings[0]
        is_mono = len(self.recordings) == 1 and only.source.channels == 1 and only.side is None
        return 1 if is_mono else 2


def tracks_of(song: Song) -> tuple[Track, ...]:
    """Every recording that is mixed, in exactly one track, in the order of their names."""
    return as_tracks(song.recordings)


def are_mono_recordings(tracks: Sequence[Track]) -> bool:
    """Whether all of a song's tracks, instruments or drums among them, are mono files.

    So they are recorded; no mix leaves the stem of a kit or of instruments mono.
    """
    stems = {track.stem for track in tracks}
    return not stems.isdisjoint(("drums", "other")) and all(t.n_channels == 1 for t in tracks)


def as_tracks(recordings: Sequence[Recording]) -> tuple[Track, ...]:
    """Recordings of a song as tracks, each in exactly one, in their order."""
    by_file = {recording.file: recording for recording in recordings}
    tracks, taken = [], set[str]()
    for recording in recordings:
        if recording.file in taken or recording.stem is None:
            continue
        pair: list[Recording] = [recording]
        if recording.partner in by_file:
            pair.append(by_file[recording.partner])
        taken |= {half.file for half in pair}
        tracks.append(Track(recording.file, tuple(pair), recording.stem, recording.role))
    return tuple(tracks)


def tracks_meant(pattern: str, tracks: Sequence[Track]) -> list[Track]:
    """The tracks matched by a name or a pattern with * and ?, as in `files_meant`.

    A name may omit the extension; tracks of exactly that name win over those that match a pattern.
    """
    named = [track for track in tracks if track.is_exactly(pattern)]
    if not named:
        return [t for t in tracks if any(matches(pattern, name) for name in t.names)]
    names = {name for track in named for name in track.names if is_exactly(pattern, name)}
    meant = set(files_meant(pattern, names))
    return [track for track in named if not meant.isdisjoint(track.names)]


def read_track(
    track: Track, n_samples: int, sample_rate: int, *, to_the_end: bool = True
) -> np.ndarray:
    """float32 (`track.n_channels`, n_samples) at a rate; see `mixer.song.samples.read_sum`."""
    only = track.recordings[0]
    if len(track.recordings) == 1 and only.side is None:
        return read_alone(only, n_samples, sample_rate, to_the_end=to_the_end)
    return read_sum(track.recordings, n_samples, sample_rate, to_the_end=to_the_end)


def as_in_files(track: Track) -> Track:
    """The same track with its files' DC offsets, as whoever else plays the files has it."""
    recordings = [replace(r, source=replace(r.source, offset=())) for r in track.recordings]
    return replace(track, recordings=tuple(recordings))


def _as_placed(track: Track, block: np.ndarray) -> np.ndarray:
    """A block of the track's only recording, on its side if it has one."""
    only = track.recordings[0]
    if only.side is None:
        return block
    placed = np.zeros((2, block.shape[1]), np.float32)
    placed[1 if only.side == "right" else 0] = block[0]
    return placed


def track_blocks(track: Track, n_samples: int, sample_rate: int) -> Iterator[np.ndarray]:
    """The same, block by block, if it is one recording; a pair is read as a whole."""
    if len(track.recordings) == 1:
        position = 0
        for start, block in recording_blocks(track.recordings[0], n_samples, sample_rate):
            if start > position:
                yield np.zeros((track.n_channels, start - position), np.float32)
            yield _as_placed(track, block)
            position = start + block.shape[1]
        return
    audio = read_track(track, n_samples, sample_rate)
    for start in range(0, n_samples, _BLOCK_SAMPLES):
        yield audio[:, start : start + _BLOCK_SAMPLES]
