"""One song of a data set of tracks: recordings as they were made, as they are in a mix, or both.

The folder's recordings are the wet tracks; those in a folder `dry` beside them are the dry tracks
of the same names. A wet stem of a session is a track whose dry one is the sum of its recordings.
For dry tracks with only their mixture, the wet ones' powers are estimated. No audio is kept: a song
becomes a few small arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import copy_of
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.parameters import N_BANDS
from mixer.song.recording import Recording
from mixer.song.samples import read_sum
from mixer.song.song import Song
from mixer.stems import STEMS
from training.data.mixture_target import (
    ExplainedShares,
    aligned_mixture,
    recordings_to_read,
)
from training.data.multitracks import SAMPLE_RATE_HZ, Multitrack
from training.data.prepare_once import Made, prepare_once
from training.data.prepared_tracks import tracks_path
from training.data.song_files import SongRecord
from training.data.song_task import SongTask
from training.data.track_songs import SongKind, SongTracks, make_song, write_song
from training.data.wet_tracks import estimate_wet_tracks
from training.data.workers import Report

EXCERPT_S = 30.0
# Excerpts with fewer playing tracks teach nothing about balance.
_FEWEST_PLAYING = 2
AUDIBLE_LUFS = -60.0
# A track whose channels differ by less than this counts as mono.
_MONO_BELOW = 1e-4


class MadeTracks(Made):
    """Additional entries in the `song.json` of a song of tracks; `excerpts` is their number."""

    excerpts: int


class TracksRecord(MadeTracks, SongRecord):
    """`song.json` of a song of tracks."""


def prepare_tracks(task: SongTask, report: Report) -> TracksRecord:
    """Write a song's excerpts unless they already exist; its record is written last.

    Returns:
        The record, as in `song.json`; and in `was_there` whether nothing had to be done.

    Raises:
        InputError: a recording is damaged, there are fewer than two tracks, the mixture does not
            match its dry tracks, or the song is almost silent.
        OutputError: the disk is full or read-only.
    """
    return cast(
        TracksRecord,
        prepare_once(
            task,
            recordings_to_read(task.multitrack),
            {"excerpt_s": EXCERPT_S, "n_bands": N_BANDS},
            lambda: _make(task, report),
            nothing="fewer than two of its tracks play at once, so nothing can be learnt from it",
        ),
    )


def _make(task: SongTask, report: Report) -> MadeTracks:
    sizes: dict[str, int] = {}
    multitrack, notes = task.multitrack, list[str]()
    make = (
        _excerpts_of_mixture(multitrack, notes)
        if multitrack.song.dry
        else excerpts_of(multitrack.song, multitrack.dry, multitrack.raw_of)
    )
    for share, song in make:
        path = tracks_path(task.folder.parents[1], task.song_id, len(sizes))
        write_song(song, path)
        sizes[path.name] = path.stat().st_size
        report(share)
    return {
        "stems": [stem for stem in STEMS if stem in multitrack.song.stems],
        "excerpts": len(sizes),
        "notes": notes,
        "files": sizes,
    }


def excerpts_of(
    song: Song, dry: Song | None, raw_of: Mapping[str, Sequence[str]] | None = None
) -> Iterator[tuple[float, SongTracks]]:
    """Yield the completed share of a song and an excerpt of its tracks.

    Args:
        song: the song of its wet tracks.
        dry: the song of the dry tracks; None if not available.
        raw_of: names of the dry files of each wet one; those that are missing have the same name.
    """
    kind = SongKind.REAL if dry is None else SongKind.DRY_AND_WET
    recordings: list[Recording] = list(song.recordings)
    pairs = [[recording] for recording in recordings]
    if dry is not None:
        found = [(r, _dry_ones(r, dry, raw_of or {})) for r in recordings]
        recordings, pairs = [r for r, own in found if own], [own for _, own in found if own]
    if len(recordings) < _FEWEST_PLAYING:
        return
    n_samples = song.n_samples_at(SAMPLE_RATE_HZ)
    wet_heard = [_excerpts([recording], n_samples) for recording in recordings]
    dry_heard = [_excerpts(own, n_samples) for own in pairs] if dry is not None else wet_heard
    roles, stems = _roles_and_stems(recordings)
    for number in range(len(wet_heard[0])):
        plays = [
            i
            for i in range(len(recordings))
            if min(wet_heard[i][number].loudness_lufs, dry_heard[i][number].loudness_lufs)
            > AUDIBLE_LUFS
        ]
        if len(plays) >= _FEWEST_PLAYING:
            yield (number + 1) / len(wet_heard[0]), make_song(
                kind, tuple(roles[i] for i in plays), tuple(stems[i] for i in plays),
                [dry_heard[i][number] for i in plays],
                [wet_heard[i][number] for i in plays],
            )  # fmt: skip


def _dry_ones(wet: Recording, dry: Song, raw_of: Mapping[str, Sequence[str]]) -> list[Recording]:
    """The dry recordings of a wet track; empty if there are none."""
    name = Path(wet.file).name
    if name in raw_of:
        return [r for r in dry.recordings if Path(r.file).name in raw_of[name]]
    return [r for r in dry.recordings if Path(r.file).stem == Path(name).stem]


def _excerpts_of_mixture(
    multitrack: Multitrack, notes: list[str]
) -> Iterator[tuple[float, SongTracks]]:
    """The same for dry tracks and their mixture; findings are added to `notes`."""
    recordings = multitrack.song.recordings
    if len(recordings) < _FEWEST_PLAYING:
        return
    n_samples = multitrack.n_samples
    dry = [_read_track([recording], n_samples) for recording in recordings]
    mixture = aligned_mixture(
        multitrack, read_sum(recordings, n_samples, SAMPLE_RATE_HZ, to_the_end=False), notes
    )
    roles, stems = _roles_and_stems(recordings)
    shares = ExplainedShares("tracks")
    for start, stop in _starts_and_ends(n_samples):
        cut = [audio[:, start:stop] for audio in dry]
        heard = [listen_to(audio, SAMPLE_RATE_HZ) for audio in cut]
        plays = [i for i, track in enumerate(heard) if track.loudness_lufs > AUDIBLE_LUFS]
        if len(plays) < _FEWEST_PLAYING:
            continue
        wet = estimate_wet_tracks([cut[i] for i in plays], mixture[:, start:stop], SAMPLE_RATE_HZ)
        known = np.flatnonzero(wet.is_known)
        if shares.is_enough(wet.explained) and len(known) >= _FEWEST_PLAYING:
            shares.use(wet.explained)
            used = [plays[i] for i in known]
            yield stop / n_samples, make_song(
                SongKind.DRY_AND_MIXTURE, tuple(roles[i] for i in used),
                tuple(stems[i] for i in used), [heard[i] for i in used], None,
                estimated=wet.powers[known],
            )  # fmt: skip
    shares.conclude(notes)


def _roles_and_stems(recordings: Sequence[Recording]) -> tuple[list[str], list[str]]:
    stems = [recording.stem or "other" for recording in recordings]
    return [recording.role for recording in recordings], stems


def _excerpts(recordings: Sequence[Recording], n_samples: int) -> list[TrackLevels]:
    """Measure the sum of recordings excerpt by excerpt; two equal channels count as one."""
    audio = _read_track(recordings, n_samples)
    return [
        listen_to(audio[:, start:stop], SAMPLE_RATE_HZ)
        for start, stop in _starts_and_ends(n_samples)
    ]


def _read_track(recordings: Sequence[Recording], n_samples: int) -> FloatArray:
    """A track, float32 (1 or 2, samples); two equal channels are read as one."""
    return as_recorded(read_sum(recordings, n_samples, SAMPLE_RATE_HZ))


def as_recorded(audio: FloatArray) -> FloatArray:
    """Two equal channels, float32 (2, samples), as one; anything else as it is."""
    if len(audio) == 2 and np.abs(audio[0] - audio[1]).max(initial=0.0) < _MONO_BELOW:
        return copy_of(audio[:1])
    return audio


def _starts_and_ends(n_samples: int) -> Iterator[tuple[int, int]]:
    """First sample and end (exclusive) of each excerpt; the last one is at least half as long."""
    length = round(EXCERPT_S * SAMPLE_RATE_HZ)
    for start in range(0, max(1, n_samples - length // 2), length):
        yield start, min(start + length, n_samples)
