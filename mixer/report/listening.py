"""Audio of the report's player: files beside it, or short previews inside it."""

from __future__ import annotations

import base64
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NotRequired, TypedDict
from urllib.parse import quote

import numpy as np

from mixer import audio as audio_io
from mixer.audio.formats import FORMATS
from mixer.dsp.blocks import db_to_gain, peak_dbfs
from mixer.dsp.threads import Workers
from mixer.errors import InputError
from mixer.files.whole_file import refuse_existing
from mixer.meters.loudness import integrated_loudness_lufs, short_term_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.report.data import ReportData, Source
from mixer.report.matching import Level, matching_gains_db
from mixer.report.previews import N_ENCODERS, PREVIEW_FORMAT, PREVIEW_S

# Lossy coding moves peaks a little.
_FILE_PEAK_DBFS = -0.3
_WET_STEMS = "wet stems"


class PlayedAudio(TypedDict):
    """Audio of a source: a file beside the report (None for none), or base64 inside it."""

    url: NotRequired[str | None]
    data: NotRequired[str]


class PlayedSource(PlayedAudio):
    """A source as the player plays it, and the gains that undo its lowering and match levels."""

    key: str
    label: str
    is_stem: bool
    gain_db: float
    match_db: float


class Player(TypedDict):
    """Data of the report's player; `start_s` is the position in the song at which its sources
    begin.
    """

    sample_rate: int
    start_s: float
    length_s: float
    song_s: float
    sources: list[PlayedSource]


def write_listening_copies(folder: Path, data: ReportData, *, overwrite: bool) -> ReportData:
    """Write the sources that have no file as 24-bit FLAC, so that the player has all of them.

    Args:
        folder: gets a file a source; made if it does not exist.
        data: from `report_data`.
        overwrite: replace existing files.

    Returns:
        The same with its files filled in; what would clip was lowered, and the player knows.

    Raises:
        OutputError: a file already exists, or the disk is full or read-only.
    """
    missing = [source for source in data.sources if source.file is None]
    # Names of stems are a vocabulary's, but a path should not rely on that.
    paths = {s.key: folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', s.key)}.flac" for s in missing}
    if not overwrite:
        refuse_existing(list(paths.values()))
    written = {}
    for source in missing:
        audio, gain_db = _under_full_scale(source.audio)
        audio_io.write_audio(
            paths[source.key],
            audio,
            data.mix.sample_rate,
            file_format="flac",
            overwrite=overwrite,
        )
        written[source.key] = replace(source, file=paths[source.key], file_gain_db=gain_db)
    return replace(data, sources=tuple(written.get(s.key, s) for s in data.sources))


def linked_player(data: ReportData, folder: Path) -> Player:
    """The player's data for files, ready for JSON.

    Args:
        data: from `report_data`.
        folder: where the report will lie; links are relative to it.

    Raises:
        InputError: a file is on another disk than the report, so no relative link leads there.
    """
    levels = {source.key: source.level for source in data.sources}
    return _player(
        data,
        data.sources,
        levels,
        data.stems_level,
        [{"url": None if s.file is None else _link(s.file, folder)} for s in data.sources],
        start_s=0.0,
        length_s=data.duration_s,
    )


def embedded_player(data: ReportData) -> Player:
    """The player's data for the loudest `PREVIEW_S` of the mix, embedded in the page.

    The sources are matched by their loudness within those seconds.
    """
    rate = data.mix.sample_rate
    start, stop = loudest_region(data.mix.audio, rate, PREVIEW_S)
    excerpts = [replace(s, audio=s.audio[:, start:stop]) for s in data.sources]
    levels = {s.key: _level(s.audio, rate) for s in excerpts}
    stems = [s for s in excerpts if s.is_stem]
    together = Level(-np.inf, -np.inf)
    if stems:
        together = _level(np.add.reduce([s.audio for s in stems]), rate)
        highest = max(together.true_peak_dbtp, *(levels[s.key].true_peak_dbtp for s in stems))
        together = Level(together.loudness_lufs, highest)
    lowered = [_under_full_scale(s.audio) for s in excerpts]
    excerpts = [replace(s, file_gain_db=g) for s, (_, g) in zip(excerpts, lowered, strict=True)]
    with Workers(N_ENCODERS) as pool:
        texts = list(pool.map(lambda pair: _encode(pair[0], rate), lowered))
    encoded: list[PlayedAudio] = [{"data": text} for text in texts]
    length_s = (stop - start) / rate
    return _player(data, excerpts, levels, together, encoded, start / rate, length_s)


def loudest_region(audio: np.ndarray, sample_rate: int, length_s: float) -> tuple[int, int]:
    """The stretch of a length that is loudest on average, in samples: first and end.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
        length_s: all of the audio if it is no longer than this.
    """
    n_samples = round(length_s * sample_rate)
    if audio.shape[1] <= n_samples:
        return 0, audio.shape[1]
    power = 10.0 ** (short_term_loudness_lufs(audio, sample_rate) / 10.0)
    # A window of 3 s each 0.1 s: those that lie wholly within the stretch.
    n_windows = max(1, round((length_s - 3.0) * 10.0) + 1)
    if power.size <= n_windows:
        return 0, n_samples
    means = np.lib.stride_tricks.sliding_window_view(power, n_windows).mean(axis=-1)
    start = min(round(int(np.argmax(means)) * 0.1 * sample_rate), audio.shape[1] - n_samples)
    return start, start + n_samples


def _player(
    data: ReportData,
    sources: Sequence[Source],
    levels: dict[str, Level],
    stems_level: Level,
    audio: Sequence[PlayedAudio],
    start_s: float,
    length_s: float,
) -> Player:
    matched = {s.key: levels[s.key] for s in sources if not s.is_stem}
    gains_db = matching_gains_db(matched | {_WET_STEMS: stems_level})
    return {
        "sample_rate": data.mix.sample_rate,
        "start_s": round(start_s, 6),
        "length_s": round(length_s, 6),
        "song_s": round(data.duration_s, 6),
        "sources": [
            {
                "key": source.key,
                "label": source.label,
                "is_stem": source.is_stem,
                # The gain by which the file was lowered is given back in either case.
                "gain_db": round(-source.file_gain_db, 6),
                "match_db": round(gains_db[_WET_STEMS if source.is_stem else source.key], 6),
                **of_file,
            }
            for source, of_file in zip(sources, audio, strict=True)
        ],
    }


def _level(audio: np.ndarray, sample_rate: int) -> Level:
    return Level(integrated_loudness_lufs(audio, sample_rate), true_peak_dbtp(audio, sample_rate))


def _under_full_scale(audio: np.ndarray) -> tuple[np.ndarray, float]:
    """The audio, lowered if it would clip, and by how many dB (0 or less)."""
    gain_db = min(0.0, _FILE_PEAK_DBFS - float(peak_dbfs(audio)))
    return (audio if gain_db == 0.0 else audio * np.float32(db_to_gain(gain_db))), gain_db


def _encode(audio: np.ndarray, sample_rate: int) -> str:
    """Audio as base64 of an MP3."""
    rate = sample_rate
    if rate not in FORMATS[PREVIEW_FORMAT].rates_hz:
        rate = 44_100 if sample_rate % 44_100 == 0 else 48_000
        audio = audio_io.resample(
            audio, sample_rate, rate, audio_io.resampled_length(audio.shape[1], sample_rate, rate)
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"preview.{PREVIEW_FORMAT}"
        audio_io.write_audio(path, audio, rate, file_format=PREVIEW_FORMAT)
        return base64.b64encode(path.read_bytes()).decode("ascii")


def _link(file: Path, folder: Path) -> str:
    """A relative URL that no part of a name can turn into another address."""
    try:
        relative = os.path.relpath(file.absolute(), folder.absolute())
    except ValueError:
        raise InputError(
            f"{file} is on another disk than the report; write both to one, or embed the previews"
        ) from None
    parts = [quote(os.fsencode(part), safe="") for part in Path(relative).parts]
    return "./" + "/".join(parts)
