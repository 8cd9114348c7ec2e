"""One song of a data set: its target, its wet stems and their normalised versions, as FLAC.

A song is complete when its `song.json` exists. This file records the inputs and settings, so that
an unchanged song is not prepared again.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TypedDict, cast

import numpy as np

from mixer import audio as audio_io
from mixer.dsp.blocks import peak
from mixer.errors import InputError
from mixer.files.wording import joined
from mixer.fxnorm.chain import StemReport, normalise_stem
from mixer.fxnorm.rooms import RoomSource, read_rooms
from mixer.normalisations import FOR_DRY_SONGS
from mixer.song.damaged_files import refuse_known_damage
from mixer.song.samples import read_stem
from training.data import prepared_audio
from training.data.multitracks import SAMPLE_RATE_HZ, Multitrack, read_target
from training.data.prepare_once import Made, prepare_once
from training.data.song_files import (
    ENVELOPE_HOP_SAMPLES,
    SongRecord,
    SongWriter,
    envelope_dbfs,
)
from training.data.song_task import SongTask
from training.data.workers import Report


class Envelope(TypedDict):
    """Level over time of the target and of each wet stem, in dBFS."""

    hop_samples: int
    level_dbfs: dict[str, list[float]]


class MadeAudio(Made):
    """Additional entries in the `song.json` of a song of audio.

    Attributes:
        target: "mixture", or "sum" of the wet stems.
        gain_db: gain in dB applied to all its files so that they fit into full scale.
        normalised_gain_db: for each stem the further gain in dB of each version.
        measured: for each stem the measurements of each version's normalisation.
    """

    target: str
    gain_db: float
    normalised_gain_db: dict[str, list[float]]
    measured: dict[str, list[StemReport]]
    envelope: Envelope


class AudioRecord(MadeAudio, SongRecord):
    """`song.json` of a song of audio."""


def prepare_song(task: SongTask, report: Report) -> AudioRecord:
    """Write a song's files unless they already exist; its record is written last.

    Every stem is decoded twice, first for the sum and its peak; only one at a time is in memory.

    Returns:
        The record, as in `song.json`; and in `was_there` whether nothing had to be done.

    Raises:
        InputError: a recording is damaged, or everything is silent.
        OutputError: the disk is full or read-only.
    """
    return cast(
        AudioRecord,
        prepare_once(
            task,
            task.multitrack.recordings,
            task.settings.as_json(),
            lambda: _make(task, report),
            {"dry": task.multitrack.song.dry},
        ),
    )


def _make(task: SongTask, report: Report) -> MadeAudio:
    target, peaks = _read_target_and_peaks(task.multitrack)
    refuse_known_damage([r.source for r in task.multitrack.recordings])
    gain = 1.0 / max(1.0, peak(target), *peaks.values())
    writer = SongWriter(task.folder)
    target *= np.float32(gain)
    writer.write(prepared_audio.mixture_path(task.folder), target)
    levels_dbfs = {prepared_audio.MIX: envelope_dbfs(target)}
    del target
    measured: dict[str, list[StemReport]] = {}
    stored_gains_db: dict[str, list[float]] = {}
    for n_done, stem in enumerate(peaks):
        report(n_done / len(peaks))
        audio = read_stem(task.multitrack.song, stem, SAMPLE_RATE_HZ)
        wet = audio * np.float32(gain)
        writer.write(prepared_audio.wet_path(task.folder, stem), wet)
        levels_dbfs[stem] = envelope_dbfs(wet)
        del wet
        measured[stem], stored_gains_db[stem] = _write_normalised(task, stem, audio, writer)
    return {
        "stems": list(peaks),
        "target": "mixture" if task.multitrack.target else "sum",
        "gain_db": _in_db(gain),
        "normalised_gain_db": stored_gains_db,
        "notes": _notes(task.multitrack, peaks, gain),
        "files": writer.sizes,
        "measured": measured,
        "envelope": {"hop_samples": ENVELOPE_HOP_SAMPLES, "level_dbfs": levels_dbfs},
    }


def _write_normalised(
    task: SongTask, stem: str, audio: np.ndarray, writer: SongWriter
) -> tuple[list[StemReport], list[float]]:
    """Write a stem's variants; return the measurements and the storage gain in dB of each."""
    settings, song = task.settings, task.multitrack.song
    effects = tuple(e for e in settings.effects if song.dry or e not in FOR_DRY_SONGS)
    measured, gains_db = [], []
    for variant in range(settings.variants_of(stem)):
        work, report = normalise_stem(
            audio,
            SAMPLE_RATE_HZ,
            stem,
            settings.profile,
            effects,
            seed=_variant_seed(settings.seed, task.song_id, variant),
            rooms=_rooms(settings.rooms),
        )
        # Only chains without the loudness effect can exceed full scale, which FLAC cannot
        # represent.
        gain = 1.0 / max(1.0, peak(work))
        work *= np.float32(gain)
        writer.write(prepared_audio.normalised_path(task.folder, stem, variant), work)
        measured.append(report)
        gains_db.append(_in_db(gain))
    return measured, gains_db


def _read_target_and_peaks(multitrack: Multitrack) -> tuple[np.ndarray, dict[str, float]]:
    """Read the target, float32 (2, samples), and the linear peak of every stem with sound."""
    target = read_target(multitrack)
    total = np.zeros((2, multitrack.n_samples), np.float32) if target is None else target
    peaks = {}
    for stem in multitrack.song.stems:
        audio = read_stem(multitrack.song, stem, SAMPLE_RATE_HZ)
        if peak(audio) == 0.0:
            continue
        peaks[stem] = peak(audio)
        if target is None:
            total += audio
    if not peaks:
        raise InputError("all its stems are silent, so nothing can be learnt from it")
    if peak(total) == 0.0:
        raise InputError("its mix is silent, so nothing can be learnt from it")
    return total, peaks


def _notes(multitrack: Multitrack, stems: dict[str, float], gain: float) -> list[str]:
    """Notes for the user about a song that is used."""
    notes = []
    rates = multitrack.sample_rates
    if rates != (SAMPLE_RATE_HZ,):
        listed = joined(rates)
        notes.append(f"resampled from {listed} Hz to {SAMPLE_RATE_HZ} Hz")
    notes += [f"{stem} is silent" for stem in multitrack.song.stems if stem not in stems]
    if gain < 1.0:
        notes.append(f"turned down by {-_in_db(gain):.1f} dB to stay within full scale")
    return notes


def _in_db(gain: float) -> float:
    return 20.0 * float(np.log10(gain))


def _variant_seed(seed: int, song_id: str, variant: int) -> int:
    """Seed of a song's variant, independent of which other songs are in the data set."""
    digest = hashlib.sha256(f"{seed}/{song_id}/{variant}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


@functools.lru_cache(maxsize=1)
def _rooms(folder: str | None) -> RoomSource | None:
    if folder is None:
        return None
    return read_rooms(folder, SAMPLE_RATE_HZ, lambda path, rate: audio_io.read_audio(path, rate)[0])
