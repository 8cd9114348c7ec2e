"""One song of a data set of band powers: excerpts of its stems before and after the console.

Wet stems teach how to undo a disturbance; a song that also has its stems dry, in a folder `dry`
beside the wet ones, teaches the way from a recording to a mix, and so do dry stems with their
mixture, from which the wet ones are estimated. A song is complete when its `song.json` is there;
the same again is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TypedDict, cast

import numpy as np

from mixer.dsp.blocks import zero_padded
from mixer.errors import InputError
from mixer.evaluate.alignment import find_alignment
from mixer.files.whole_file import write_json
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.recording import Recording
from mixer.song.samples import read_stem
from mixer.song.song import Song
from mixer.stems import STEMS
from training.data import prepared
from training.data.band_examples import (
    Example,
    make_example,
    make_example_of_mixture,
    write_example,
)
from training.data.multitracks import DRY_FOLDER, SAMPLE_RATE_HZ, Multitrack, read_target
from training.data.prepare_song import SongTask
from training.data.prepared_bands import example_path
from training.data.song_files import (
    Input,
    SongRecord,
    describe_inputs,
    earlier_record,
    files_are_there,
    identity,
)
from training.data.workers import Report

# Excerpts, and how far apart they begin.
EXCERPT_S, STEP_S = 30.0, 15.0
# Of the power of a mixture, what its dry stems have to explain: of another song they explain 1 to
# 7 %, of an engineer's own mix 85 and more.
LEAST_EXPLAINED = 0.5
# The transform: of the networks that learn from it, unless their configuration says otherwise.
BANDS = BandMixerParameters()


class Excerpt(TypedDict):
    """Which of the stems play in an excerpt, and its length."""

    played: list[bool]
    n_frames: int


class BandsRecord(SongRecord):
    """`song.json` of a song in bands; `is_wet` where it has no dry stems."""

    is_wet: bool
    excerpts: list[Excerpt]


def prepare_bands(task: SongTask, report: Report) -> BandsRecord:
    """Write a song's excerpts, unless they are there already; its record comes last.

    Returns:
        The record, as in `song.json`; and in `was_there` whether nothing had to be done.

    Raises:
        InputError: a damaged recording, a mixture that does not follow its dry stems, or next to
            nothing played.
        OutputError: the disk is full or read-only.
    """
    multitrack, record_path = task.multitrack, task.folder / prepared.SONG_FILE
    recordings = _recordings(multitrack)
    earlier = earlier_record(record_path)
    inputs = describe_inputs(recordings, earlier)
    key = _key(task, inputs)
    if earlier.get("key") == key and files_are_there(task.folder, earlier):
        return cast(BandsRecord, {**earlier, "was_there": True})
    record_path.unlink(missing_ok=True)
    for path in task.folder.glob("*.npy"):
        path.unlink()
    task.folder.mkdir(parents=True, exist_ok=True)
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
    refuse_known_damage([r.source for r in recordings])
    if not excerpts:
        raise InputError("next to nothing is played in it; there is nothing to learn from it")
    record: BandsRecord = {
        "schema_version": prepared.SCHEMA_VERSION,
        "id": task.song_id,
        "name": multitrack.name,
        "key": key,
        "inputs": inputs,
        "settings": _settings(task),
        "n_samples": multitrack.n_samples,
        "stems": [stem for stem in STEMS if stem in multitrack.song.stems],
        "is_wet": _is_wet(multitrack),
        "excerpts": excerpts,
        "notes": notes,
        "files": sizes,
    }
    write_json(record_path, record)
    return {**record, "was_there": False}


def _recordings(multitrack: Multitrack) -> tuple[Recording, ...]:
    """Everything that is read."""
    if not multitrack.song.dry:
        dry = multitrack.dry
        return multitrack.song.recordings + (dry.recordings if dry else ())
    if multitrack.dry is not None:
        raise InputError(
            f"its stems are dry, as song.toml says, and so are those in its folder {DRY_FOLDER}:"
            " take one of the two away"
        )
    return multitrack.recordings


def _is_wet(multitrack: Multitrack) -> bool:
    return multitrack.dry is None and not multitrack.song.dry


def _examples(task: SongTask) -> Iterator[tuple[float, Example]]:
    """The share of the song that is done, and an excerpt of its wet stems."""
    settings, dry_song = task.settings, task.multitrack.dry
    wet = _read_stems(task.multitrack.song)
    dry = wet if dry_song is None else _read_stems(dry_song)
    n_samples = min(stem.shape[1] for stem in (*wet.values(), *dry.values()))
    for start, stop in _excerpts(n_samples):
        example = make_example(
            _cut(dry, start, stop),
            _cut(wet, start, stop),
            STEMS,
            SAMPLE_RATE_HZ,
            BANDS,
            settings.profile,
            settings.effects,
            is_wet=_is_wet(task.multitrack),
        )
        if example is not None:
            yield stop / n_samples, example


def _examples_of_mixture(task: SongTask, notes: list[str]) -> Iterator[tuple[float, Example]]:
    """The same of dry stems and their mixture; what was found is added to the notes."""
    dry, mixture = _read_stems(task.multitrack.song), read_target(task.multitrack)
    if mixture is None:
        raise InputError("its stems are dry and it has no mix: there is nothing to learn from it")
    n_samples = mixture.shape[1]
    lag = find_alignment(mixture, np.add.reduce(list(dry.values())), SAMPLE_RATE_HZ)
    # Filters are short: what comes late as a whole is brought in time first.
    mixture = zero_padded(mixture, lag.lag_samples, lag.lag_samples + n_samples)
    if lag.lag_samples:
        notes.append(f"its mixture was moved by {-lag.lag_ms:.1f} ms to its dry stems")
    shares: list[float] = []
    best = 0.0
    for start, stop in _excerpts(n_samples):
        example, explained = make_example_of_mixture(
            _cut(dry, start, stop),
            mixture[:, start:stop],
            STEMS,
            SAMPLE_RATE_HZ,
            BANDS,
            task.settings.profile,
            task.settings.effects,
        )
        best = max(best, explained)
        if example is not None and explained >= LEAST_EXPLAINED:
            shares.append(explained)
            yield stop / n_samples, example
    if not shares and best > 0.0:
        raise InputError(
            f"its dry stems explain only {100.0 * best:.0f} % of its mixture: is it of the same"
            " edit? Otherwise put the wet stems in its folder and the dry ones in a folder"
            f" {DRY_FOLDER} beside them"
        )
    if shares:
        percent = 100.0 * float(np.mean(shares))
        notes.append(f"wet stems estimated: the dry ones explain {percent:.0f} % of the mixture")


def _excerpts(n_samples: int) -> Iterator[tuple[int, int]]:
    """First sample and end of each excerpt."""
    length, step = round(EXCERPT_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    for start in range(0, max(1, n_samples - length + 1), step):
        yield start, min(start + length, n_samples)


def _read_stems(song: Song) -> dict[str, np.ndarray]:
    return {stem: read_stem(song, stem, SAMPLE_RATE_HZ) for stem in song.stems}


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


def _key(task: SongTask, inputs: list[Input]) -> str:
    """SHA-256 of everything that decides the song's files."""
    content = {
        "id": task.song_id,
        "inputs": [identity(described) for described in inputs],
        "settings": _settings(task),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
