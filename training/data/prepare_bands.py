"""One song of a data set of band powers: excerpts of its stems before and after the console.

Wet stems teach how to undo a disturbance; a song that also has its stems dry, in a folder `dry`
beside the wet ones, teaches the way from a recording to a mix, and so do dry stems with their
mixture, from which the wet ones are estimated. A song is complete when its `song.json` exists; an
unchanged song is not prepared again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict, cast

import numpy as np

from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.song.samples import read_stems
from mixer.stems import STEMS
from training.data.band_examples import (
    Example,
    FrontEnd,
    make_example,
    make_example_of_mixture,
    write_example,
)
from training.data.mixture_target import (
    ExplainedShares,
    aligned_mixture,
    recordings_to_read,
)
from training.data.multitracks import SAMPLE_RATE_HZ, Multitrack
from training.data.prepare_once import Made, prepare_once
from training.data.prepared_bands import example_path
from training.data.song_files import SongRecord
from training.data.song_task import SongTask
from training.data.workers import Report

# Length of an excerpt, and the distance between their beginnings.
EXCERPT_S, STEP_S = 30.0, 15.0
# Transform of the networks that learn from it, unless their configuration differs.
BANDS = BandMixerParameters()


class Excerpt(TypedDict):
    """Stems that play in an excerpt, and its length."""

    played: list[bool]
    n_frames: int


class MadeBands(Made):
    """Additional entries in the `song.json` of a song in bands; `is_wet` if it has no dry stems."""

    is_wet: bool
    excerpts: list[Excerpt]


class BandsRecord(MadeBands, SongRecord):
    """`song.json` of a song in bands."""


def prepare_bands(task: SongTask, report: Report) -> BandsRecord:
    """Write a song's excerpts unless they already exist; its record is written last.

    Returns:
        The record, as in `song.json`; and in `was_there` whether nothing had to be done.

    Raises:
        InputError: a recording is damaged, the mixture does not match its dry stems, or the song is
            almost silent.
        OutputError: the disk is full or read-only.
    """
    return cast(
        BandsRecord,
        prepare_once(
            task,
            recordings_to_read(task.multitrack),
            _settings(task),
            lambda: _make(task, report),
            nothing="almost nothing is played in it, so nothing can be learnt from it",
        ),
    )


def _make(task: SongTask, report: Report) -> MadeBands:
    multitrack = task.multitrack
    excerpts: list[Excerpt] = []
    sizes: dict[str, int] = {}
    notes = _notes(multitrack)
    make = _examples_of_mixture(task, notes) if multitrack.song.dry else _examples(task)
    for share, example in make:
        path = example_path(task.folder.parents[1], task.song_id, len(excerpts))
        write_example(example, path)
        sizes[path.name] = path.stat().st_size
        played = [bool(plays) for plays in example.played]
        excerpts.append({"played": played, "n_frames": example.dry_db.shape[-1]})
        report(share)
    return {
        "stems": [stem for stem in STEMS if stem in multitrack.song.stems],
        "is_wet": _is_wet(multitrack),
        "excerpts": excerpts,
        "notes": notes,
        "files": sizes,
    }


def _is_wet(multitrack: Multitrack) -> bool:
    return multitrack.dry is None and not multitrack.song.dry


def _front_end(task: SongTask) -> FrontEnd:
    return FrontEnd(STEMS, SAMPLE_RATE_HZ, BANDS, task.settings.profile, task.settings.effects)


def _examples(task: SongTask) -> Iterator[tuple[float, Example]]:
    """Yield the completed share of the song and an excerpt of its wet stems."""
    front, dry_song = _front_end(task), task.multitrack.dry
    wet = read_stems(task.multitrack.song, SAMPLE_RATE_HZ)
    dry = wet if dry_song is None else read_stems(dry_song, SAMPLE_RATE_HZ)
    n_samples = min(stem.shape[1] for stem in (*wet.values(), *dry.values()))
    for start, stop in _excerpts(n_samples):
        example = make_example(
            _cut(dry, start, stop), _cut(wet, start, stop), front, is_wet=_is_wet(task.multitrack)
        )
        if example is not None:
            yield stop / n_samples, example


def _examples_of_mixture(task: SongTask, notes: list[str]) -> Iterator[tuple[float, Example]]:
    """The same for dry stems and their mixture; findings are added to `notes`."""
    dry = read_stems(task.multitrack.song, SAMPLE_RATE_HZ)
    mixture = aligned_mixture(task.multitrack, np.add.reduce(list(dry.values())), notes)
    n_samples = mixture.shape[1]
    front, shares = _front_end(task), ExplainedShares("stems")
    for start, stop in _excerpts(n_samples):
        example, explained = make_example_of_mixture(
            _cut(dry, start, stop), mixture[:, start:stop], front
        )
        if shares.is_enough(explained) and example is not None:
            shares.use(explained)
            yield stop / n_samples, example
    shares.conclude(notes)


def _excerpts(n_samples: int) -> Iterator[tuple[int, int]]:
    """First sample and end (exclusive) of each excerpt."""
    length, step = round(EXCERPT_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    for start in range(0, max(1, n_samples - length + 1), step):
        yield start, min(start + length, n_samples)


def _cut(stems: Mapping[str, np.ndarray], start: int, stop: int) -> dict[str, np.ndarray]:
    return {name: stem[:, start:stop].copy() for name, stem in stems.items()}


def _settings(task: SongTask) -> dict[str, object]:
    bands = {"n_fft": BANDS.n_fft, "n_bands": BANDS.n_bands}
    return {**task.settings.as_json(), **bands, "excerpt_s": EXCERPT_S, "step_s": STEP_S}


def _notes(multitrack: Multitrack) -> list[str]:
    rates = multitrack.sample_rates
    if rates == (SAMPLE_RATE_HZ,):
        return []
    return [f"resampled from {' and '.join(map(str, rates))} Hz to {SAMPLE_RATE_HZ} Hz"]
