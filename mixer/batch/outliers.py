"""Which songs of a batch are unlike the others: in loudness, in true peak, in their spectrum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from mixer.batch.ledger import Record
from mixer.batch.states import State

# Fewer songs say nothing about what is usual.
MIN_SONGS = 5
# Modified z-score (Iglewicz and Hoaglin 1993), and what is never worth a look.
MAX_SCORE = 3.5
LOUDNESS_TOLERANCE_LU = 1.0
PEAK_TOLERANCE_DB = 1.0
# Two pieces of music correlate above this in their long-term spectra, whatever their genre.
LOW_CORRELATION = 0.8
_FLOOR_DB = -100.0


def find_outliers(records: Sequence[Record]) -> dict[str, list[str]]:
    """Marks of the finished songs that stand out, by id, in words."""
    done = [record for record in records if record.state == State.DONE]
    if len(done) < MIN_SONGS:
        return {}
    marks: dict[str, list[str]] = {}
    for name, unit, tolerance in (
        ("loudness_lufs", "LUFS", LOUDNESS_TOLERANCE_LU),
        ("true_peak_dbtp", "dBTP", PEAK_TOLERANCE_DB),
    ):
        values = {r.id: r.figures[name] for r in done if r.figures.get(name) is not None}
        middle = median(values.values()) if values else 0.0
        for song_id in unusual(values, tolerance):
            text = f"{values[song_id]:.1f} {unit}, usual is {middle:.1f}"
            marks.setdefault(song_id, []).append(text)
        for record in done:
            if record.figures.get(name, 0.0) is None:
                marks.setdefault(record.id, []).append("silent")
    correlations = spectrum_correlations(
        {r.id: r.figures["spectrum_db"] for r in done if r.figures.get("spectrum_db")}
    )
    low = {song_id for song_id, value in correlations.items() if value < LOW_CORRELATION}
    for song_id in low & unusual(correlations, 0.02):
        text = f"spectrum correlates {correlations[song_id]:.2f} with the other songs'"
        marks.setdefault(song_id, []).append(text)
    return {song_id: list(dict.fromkeys(texts)) for song_id, texts in marks.items()}


def unusual(values: Mapping[str, float], tolerance: float) -> set[str]:
    """Whose value is far from the median, in median deviations and by more than a tolerance."""
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
    """Pearson's; 0 where one of the two does not vary."""
    if not x:
        return 0.0
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    products = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    power_x = sum((a - mean_x) ** 2 for a in x)
    power_y = sum((b - mean_y) ** 2 for b in y)
    if power_x <= 0.0 or power_y <= 0.0:
        return 0.0
    return products / math.sqrt(power_x * power_y)
