"""Measure a profile from multitracks, its stems in processes of their own.

The measure itself is `mixer.fxnorm.measure`; stems are independent in it, so one process a stem
gives the figures of a whole measurement, and holds one stem of one song in memory. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixer.errors import InputError, MixerError
from mixer.fxnorm.measure import MEASURED_EFFECTS, measure_profile
from mixer.fxnorm.profile import Profile, StemProfile
from mixer.normalisations import REVERBS
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.samples import read_stem
from mixer.stems import STEMS
from training.data.multitracks import SAMPLE_RATE_HZ, LeftOut, Multitrack
from training.data.workers import Report, each_in_processes

# How often `measure_profile` goes through the songs: for their stems, and for each effect.
_PASSES = 1 + len(MEASURED_EFFECTS)


@dataclass(frozen=True)
class Measurement:
    """A measured profile.

    Attributes:
        profile: of the stems that could be measured.
        left_out: songs that could not be read.
        missing: stem to why it could not be measured.
    """

    profile: Profile
    left_out: tuple[LeftOut, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class _StemTask:
    stem: str
    multitracks: tuple[Multitrack, ...]
    effects: tuple[str, ...]


@dataclass
class _OneStem:
    """One stem of every song, read anew each time it is gone through, as `measure_profile` asks."""

    task: _StemTask
    report: Report
    failures: dict[str, str] = field(default_factory=dict)
    n_read: int = 0

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        stem = self.task.stem
        for multitrack in self.task.multitracks:
            self.n_read += 1
            self.report(min(1.0, self.n_read / (_PASSES * len(self.task.multitracks))))
            if stem not in multitrack.song.stems:
                continue
            try:
                audio = read_stem(multitrack.song, stem, SAMPLE_RATE_HZ)
                own = [r.source for r in multitrack.song.recordings if r.stem == stem]
                refuse_known_damage(own)
            except MixerError as error:
                self.failures[multitrack.name] = str(error)
                continue
            yield {stem: audio}


def measure_multitracks(
    multitracks: Sequence[Multitrack],
    *,
    effects: Sequence[str] = MEASURED_EFFECTS,
    n_jobs: int,
    about: str = "",
    progress: Callable[[str, float], None] | None = None,
) -> Measurement:
    """Average profile of songs; what cannot be read is left out.

    Args:
        multitracks: the songs.
        effects: the chain that the profile is for. Reverbs are left away: the average is that of
            the songs as they are, which reverb normalisation then departs from.
        n_jobs: processes at most; more than there are stems help nothing.
        about: where the songs come from, for the profile.
        progress: called with a stem and the share that is done, 0 to 1.

    Raises:
        InputError: no stem of any song could be measured.
        SettingsError: effects that cannot be run.
    """
    chain = tuple(effect for effect in effects if effect not in REVERBS)
    tasks = [_StemTask(stem, tuple(multitracks), chain) for stem in STEMS]
    figures: dict[str, StemProfile] = {}
    bands_hz: tuple[float, ...] = ()
    failures: dict[str, str] = {}
    missing: dict[str, str] = {}
    shares = [0.0] * len(tasks)

    def reported(index: int, share: float) -> None:
        shares[index] = share
        if progress is not None:
            progress(tasks[index].stem, sum(shares) / len(shares))

    for index, result in each_in_processes(_measure_stem, tasks, n_jobs, reported):
        stem = tasks[index].stem
        if isinstance(result, MixerError):
            raise result
        profile, failed, reason = result
        failures.update(failed)
        if profile is None:
            missing[stem] = reason
        else:
            figures[stem], bands_hz = profile.stem(stem), profile.bands_hz
        reported(index, 1.0)
    if not figures:
        raise InputError(f"nothing could be measured: {next(iter(missing.values()))}")
    stems: dict[str, StemProfile] = {stem: figures[stem] for stem in STEMS if stem in figures}
    return Measurement(
        profile=Profile(bands_hz, stems, about),
        left_out=tuple(LeftOut(name, reason) for name, reason in sorted(failures.items())),
        missing=missing,
    )


def _measure_stem(task: _StemTask, report: Report) -> tuple[Profile | None, dict[str, str], str]:
    """The profile, songs that could not be read, and where there is no profile the reason."""
    songs = _OneStem(task, report)
    try:
        profile = measure_profile(songs, SAMPLE_RATE_HZ, effects=task.effects)
    except InputError as error:
        return None, songs.failures, str(error)
    return profile, songs.failures, ""
