"""One song of a data set of band powers: excerpts of its stems before and after the console.

Wet stems teach how to undo a disturbance; a song that also has its stems dry, in a folder `dry`
beside the wet ones, teaches the way from a recording to a mix. A song is complete when its
`song.json` is there; the same again is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TypedDict, cast

import numpy as np

from mixer.errors import InputError
from mixer.files.whole_file import write_json
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.samples import read_stem
from mixer.song.song import Song
from mixer.stems import STEMS
from training.data import prepared
from training.data.band_examples import Example, make_example, write_example
from training.data.multitracks import SAMPLE_RATE_HZ, Multitrack
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
        InputError: a damaged recording, dry stems alone, or next to nothing played.
        OutputError: the disk is full or read-only.
    """
    multitrack, record_path = task.multitrack, task.folder / prepared.SONG_FILE
    if multitrack.song.dry:
        raise InputError(
            "its stems are dry: put the wet ones in its folder and the dry ones in a folder dry"
            " beside them"
        )
    dry = multitrack.dry
    earlier = earlier_record(record_path)
    recordings = multitrack.song.recordings + (dry.recordings if dry else ())
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
    for share, example in _examples(task):
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
        "is_wet": dry is None,
        "excerpts": excerpts,
        "notes": _notes(multitrack),
        "files": sizes,
    }
    write_json(record_path, record)
    return {**record, "was_there": False}


def _examples(task: SongTask) -> Iterator[tuple[float, Example]]:
    """The share of the song that is done, and an excerpt."""
    settings, dry_song = task.settings, task.multitrack.dry
    wet = _read_stems(task.multitrack.song)
    dry = wet if dry_song is None else _read_stems(dry_song)
    n_samples = min(stem.shape[1] for stem in (*wet.values(), *dry.values()))
    length, step = round(EXCERPT_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    for start in range(0, max(1, n_samples - length + 1), step):
        stop = min(start + length, n_samples)
        example = make_example(
            _cut(dry, start, stop),
            _cut(wet, start, stop),
            STEMS,
            SAMPLE_RATE_HZ,
            BANDS,
            settings.profile,
            settings.effects,
            is_wet=dry_song is None,
        )
        if example is not None:
            yield stop / n_samples, example


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
