"""Songs of a batch that differ from the others in loudness, true peak or spectrum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from mixer.batch.albums.album_sound import move_words
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import State
from mixer.rendering.settings import DEFAULT_CEILING_DBTP

# Fewer songs say nothing about what is usual.
MIN_SONGS = 5
# Modified z-score (Iglewicz and Hoaglin 1993), and what is never worth a look.
MAX_SCORE = 3.5
LOUDNESS_TOLERANCE_LU = 1.0
PEAK_TOLERANCE_DB = 1.0
CEILING_TOLERANCE_DB = 0.1
# Two pieces of music correlate above this in their long-term spectra, whatever their genre.
LOW_CORRELATION = 0.8
_FLOOR_DB = -100.0
_Level = Literal["loudness_lufs", "true_peak_dbtp"]


@dataclass(frozen=True)
class AskedLevels:
    """The targets of a row, from its cells, presets, song or album.

    Attributes:
        loudness_lufs: None for no target.
        true_peak_dbtp: the ceiling; None for none.
    """

    loudness_lufs: float | None
    true_peak_dbtp: float | None


def find_outliers(records: Sequence[Record]) -> dict[str, list[str]]:
    """Find the finished songs that stand out: song id to the reasons, in words.

    A song is compared with its own targets, else with the songs of the same request.
    """
    done = [record for record in records if record.state == State.DONE]
    marks: dict[str, list[str]] = {record.id: [] for record in done}
    groups: dict[AskedLevels, list[Record]] = {}
    for record in done:
        if "loudness_lufs" in record.figures and record.figures["loudness_lufs"] is None:
            marks[record.id].append("silent")
            continue
        marks[record.id] += move_words(record.figures.get("album_moves", {}))
        asked = asked_of(record)
        groups.setdefault(asked, []).append(record)
        marks[record.id] += _missed(record, asked)
    for asked, group in groups.items():
        measures: list[tuple[_Level, str, float]] = [("true_peak_dbtp", "dBTP", PEAK_TOLERANCE_DB)]
        if asked.loudness_lufs is None:
            measures.insert(0, ("loudness_lufs", "LUFS", LOUDNESS_TOLERANCE_LU))
        for name, unit, tolerance in measures:
            levels = {r.id: r.figures.get(name) for r in group}
            values = {id_: level for id_, level in levels.items() if level is not None}
            for song_id in sorted(unusual(values, tolerance)):
                if any(unit in text for text in marks[song_id]):
                    continue  # marked for what it was requested
                text = f"{values[song_id]:.1f} {unit}; the median is {median(values.values()):.1f}"
                marks[song_id].append(text)
    for song_id, text in _odd_spectra(done).items():
        marks[song_id].append(text)
    return {song_id: texts for song_id, texts in marks.items() if texts}


def asked_of(record: Record) -> AskedLevels:
    """The levels that a song's row requests; on an album, after the album's offset."""
    settings, figures = record.settings, record.figures
    target_lufs = settings.get("loudness_lufs")
    offset_db, before_lufs = figures.get("album_offset_db"), figures.get("premaster_lufs")
    if offset_db is not None and before_lufs is not None:
        # On an album the offset is common, not the loudness.
        target_lufs = before_lufs + offset_db
    return AskedLevels(target_lufs, settings.get("true_peak_dbtp", DEFAULT_CEILING_DBTP))


def _missed(record: Record, asked: AskedLevels) -> list[str]:
    """Where a mix is not what its row asked for."""
    texts = []
    lufs, peak_dbtp = record.figures.get("loudness_lufs"), record.figures.get("true_peak_dbtp")
    if lufs is not None and asked.loudness_lufs is not None:
        off_lu = lufs - asked.loudness_lufs
        if abs(off_lu) > LOUDNESS_TOLERANCE_LU:
            side = "above" if off_lu > 0.0 else "below"
            texts.append(
                f"{lufs:.1f} LUFS, {abs(off_lu):.1f} LU {side} its target of "
                f"{asked.loudness_lufs:.1f}"
            )
    ceiling_dbtp = math.inf if asked.true_peak_dbtp is None else asked.true_peak_dbtp
    if peak_dbtp is not None and peak_dbtp > ceiling_dbtp + CEILING_TOLERANCE_DB:
        texts.append(f"{peak_dbtp:.1f} dBTP, above its ceiling of {ceiling_dbtp:.1f}")
    return texts


def _odd_spectra(done: Sequence[Record]) -> dict[str, str]:
    """Songs whose spectrum is unlike that of the others, if these are enough."""
    correlations = spectrum_correlations(
        {r.id: r.figures["spectrum_db"] for r in done if r.figures.get("spectrum_db")}
    )
    low = {song_id for song_id, value in correlations.items() if value < LOW_CORRELATION}
    return {
        song_id: f"spectral correlation with the other songs: {correlations[song_id]:.2f}"
        for song_id in sorted(low & unusual(correlations, 0.02))
    }


def unusual(values: Mapping[str, float], tolerance: float) -> set[str]:
    """Names whose value is far from the median, in median deviations and beyond a tolerance."""
    if len(values) < MIN_SONGS:
        return set()
    middle = median(values.values())
    deviation = median(abs(value - middle) for value in values.values())
    limit = max(tolerance, MAX_SCORE * deviation / 0.6745)
    return {song_id for song_id, value in values.items() if abs(value - middle) > limit}


def spectrum_correlations(spectra_db: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Each song's spectrum correlated with the mean of all the others', in dB.

    Bands in which no song has anything are left out.
    """
    if len(spectra_db) < 2:
        return {}
    sums = [sum(levels) for levels in zip(*spectra_db.values(), strict=True)]
    heard = [b for b, levels in enumerate(zip(*spectra_db.values(), strict=True))
             if max(levels) > _FLOOR_DB]  # fmt: skip
    count = len(spectra_db) - 1
    return {
        song_id: correlation(
            [own[band] for band in heard], [(sums[band] - own[band]) / count for band in heard]
        )
        for song_id, own in spectra_db.items()
    }


def correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson's correlation, -1 to 1; 0 if one of the two is constant."""
    if not x:
        return 0.0
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    products = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    power_x = sum((a - mean_x) ** 2 for a in x)
    power_y = sum((b - mean_y) ** 2 for b in y)
    if power_x <= 0.0 or power_y <= 0.0:
        return 0.0
    return products / math.sqrt(power_x * power_y)
