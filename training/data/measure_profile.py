"""Measure a profile from multitracks, one process per stem.

`mixer.fxnorm.profile_measurement` does the measuring; it treats stems independently, so one process
for each stem gives the same figures as a single measurement, and holds only one stem of one song in
memory.
This does not need torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixer.errors import InputError, MixerError
from mixer.fxnorm.profile import Profile, StemProfile
from mixer.fxnorm.profile_measurement import MEASURED_EFFECTS, measure_profile
from mixer.normalisations import REVERBS
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.samples import read_stem
from mixer.stems import STEMS
from training.data.multitracks import SAMPLE_RATE_HZ, LeftOut, Multitrack
from training.data.workers import Report, each_in_processes

# Number of passes of `measure_profile` over the songs: one for their stems, and one per effect.
_PASSES = 1 + len(MEASURED_EFFECTS)


@dataclass(frozen=True)
class Measurement:
    """A measured profile.

    Attributes:
        profile: profile of the stems that could be measured.
        n_songs: number of songs in the average.
        left_out: songs that could not be read; none of their stems is in the average.
        missing: for each stem that could not be measured, the reason.
    """

    profile: Profile
    n_songs: int
    left_out: tuple[LeftOut, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class _StemTask:
    stem: str
    songs: Mapping[int, Multitrack]
    effects: tuple[str, ...]


@dataclass(frozen=True)
class _StemResult:
    """Profile of a stem, the songs that could not be read, and why there is no profile, if so."""

    profile: Profile | None
    failures: Mapping[int, str]
    reason: str = ""


@dataclass
class _OneStem:
    """Iterable over one stem of every song, read again for each pass of `measure_profile`."""

    task: _StemTask
    report: Report
    failures: dict[int, str] = field(default_factory=dict)
    n_read: int = 0

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        stem = self.task.stem
        for index, multitrack in self.task.songs.items():
            self.n_read += 1
            self.report(min(1.0, self.n_read / (_PASSES * len(self.task.songs))))
            if stem not in multitrack.song.stems:
                continue
            try:
                audio = read_stem(multitrack.song, stem, SAMPLE_RATE_HZ)
                own = [r.source for r in multitrack.song.recordings if r.stem == stem]
                refuse_known_damage(own)
            except MixerError as error:
                self.failures[index] = str(error)
                continue
            yield {stem: audio}


def measure_multitracks(
    multitracks: Sequence[Multitrack],
    *,
    effects: Sequence[str] = MEASURED_EFFECTS,
    n_jobs: int,
    of: str = "songs",
    progress: Callable[[str, float], None] | None = None,
) -> Measurement:
    """Measure the average profile; a song that cannot be read is left out with all its stems.

    Args:
        multitracks: the songs.
        effects: names of the effects the profile is for. Reverb effects are ignored: the average is
            that of the songs as they are, from which reverb normalisation then departs.
        n_jobs: largest number of processes; more than the number of stems is of no use.
        of: what to call the songs in the profile's description.
        progress: called with a stem and the completed share, 0 to 1.

    Raises:
        InputError: no song can be read, or no stem of any song could be measured.
        SettingsError: the effects cannot be run.
    """
    chain = tuple(effect for effect in effects if effect not in REVERBS)
    songs = dict(enumerate(multitracks))
    failures: dict[int, str] = {}
    results: dict[str, _StemResult] = {}
    stems: Sequence[str] = STEMS
    while stems:
        tasks = [_StemTask(stem, songs, chain) for stem in stems]
        results.update(_measure_stems(tasks, n_jobs, progress))
        found = {i: why for stem in stems for i, why in results[stem].failures.items()}
        failures.update(found)
        songs = {index: song for index, song in songs.items() if index not in found}
        # Damage is only noticed while a stem is read: averages with other stems of that song are
        # redone.
        stems = [
            stem
            for stem in STEMS
            if any(
                stem in multitracks[i].song.stems for i in set(found) - set(results[stem].failures)
            )
        ]
        if not songs:
            break
    left_out = [LeftOut(multitracks[i].name, failures[i]) for i in sorted(failures)]
    if not songs and left_out:
        first = left_out[0]
        raise InputError(f"none of the songs can be used; the first: {first.name}: {first.reason}")
    return _averaged(results, len(songs), of, tuple(left_out))


def _averaged(
    results: Mapping[str, _StemResult], n_songs: int, of: str, left_out: tuple[LeftOut, ...]
) -> Measurement:
    profiles = {stem: results[stem].profile for stem in STEMS}
    missing: dict[str, str] = {
        stem: results[stem].reason for stem in STEMS if profiles[stem] is None
    }
    figures = {stem: profile for stem, profile in profiles.items() if profile is not None}
    if not figures:
        raise InputError(f"nothing could be measured: {next(iter(missing.values()))}")
    bands_hz = next(iter(figures.values())).bands_hz
    stems: dict[str, StemProfile] = {stem: own.stem(stem) for stem, own in figures.items()}
    profile = Profile(bands_hz, stems, f"Average of {n_songs} {of}")
    return Measurement(profile, n_songs, left_out, missing)


def _measure_stems(
    tasks: Sequence[_StemTask], n_jobs: int, progress: Callable[[str, float], None] | None
) -> dict[str, _StemResult]:
    """Measure every stem; results by stem."""
    shares = [0.0] * len(tasks)

    def reported(index: int, share: float) -> None:
        shares[index] = share
        if progress is not None:
            progress(tasks[index].stem, sum(shares) / len(shares))

    results: dict[str, _StemResult] = {}
    for index, result in each_in_processes(_measure_stem, tasks, n_jobs, reported):
        if isinstance(result, MixerError):
            raise result
        results[tasks[index].stem] = result
        reported(index, 1.0)
    return results


def _measure_stem(task: _StemTask, report: Report) -> _StemResult:
    songs = _OneStem(task, report)
    try:
        profile = measure_profile(songs, SAMPLE_RATE_HZ, effects=task.effects)
    except InputError as error:
        return _StemResult(None, songs.failures, str(error))
    return _StemResult(profile, songs.failures)
