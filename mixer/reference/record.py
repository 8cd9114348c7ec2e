"""A render's record of its references: what was matched, by how much, and the moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TypedDict, cast

import numpy as np

from mixer.meters.stem_powers import Floats
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.reference.match import tone_difference_db
from mixer.reference.match_target import Span, Target
from mixer.reference.moves import Moves, StemMoves
from mixer.reference.reference_figures import COMPARED, MixFigures, centred
from mixer.reference.reference_text import Aspect

# Name, and the third octaves from this one on, up to the next.
_WIDTH_BANDS = (("low", 0), ("low mids", 8), ("mids", 14), ("high mids", 20), ("high", 25))
_OCTAVES = (("63 Hz", 3), ("125 Hz", 6), ("250 Hz", 9), ("500 Hz", 12), ("1 kHz", 15),
            ("2 kHz", 18), ("4 kHz", 21), ("8 kHz", 24))  # fmt: skip


class Row(TypedDict):
    """One figure: the mix's before and after, and the span of the reference's.

    `aspect` is of `Aspect`, `what` says which figure of it, `unit` is "dB", "LU" or "LUFS".
    """

    aspect: str
    what: str
    unit: str
    before: float
    reference_low: float
    reference_high: float
    after: float


class SourceRow(TypedDict):
    """A reference: path, hash, and the amount of each requested aspect."""

    path: str
    sha256: str
    amounts: dict[str, float]


class StemMovesTable(TypedDict):
    """`mixer.reference.moves.StemMoves`, ready for JSON."""

    gain_db: float
    eq_db: Sequence[float]


class MovesTable(TypedDict):
    """`mixer.reference.moves.Moves`, ready for JSON."""

    stems: dict[str, StemMovesTable]
    width_db: Sequence[float]
    ride_db: Sequence[float]
    level_db: float
    loudness_lufs: float | None


def moves_of(table: MovesTable) -> Moves:
    """Moves from their table."""
    return Moves(
        {n: StemMoves(own["gain_db"], tuple(own["eq_db"])) for n, own in table["stems"].items()},
        tuple(table["width_db"]),
        tuple(table["ride_db"]),
        table["level_db"],
        table["loudness_lufs"],
    )


class CurveTable(TypedDict):
    """Third octaves of the mix's tone before and after, and of the target's, each centred, dB."""

    bands_hz: list[float]
    before_db: list[float]
    reference_low_db: list[float]
    reference_high_db: list[float]
    after_db: list[float]


class ReferenceRecord(TypedDict, total=False):
    """Effect of references; `moves` alone if they were kept from an earlier take.

    `tone` is present if a tone was requested; `cannot` is what was not reached, and why.
    """

    moves: MovesTable
    sources: list[SourceRow]
    rows: list[Row]
    tone: CurveTable
    cannot: list[str]


def held_record(moves: Moves) -> ReferenceRecord:
    """The record of moves that were held."""
    return {"moves": moves_table(moves)}


def moves_table(moves: Moves) -> MovesTable:
    """Moves, ready for JSON."""
    return cast(MovesTable, asdict(moves))


def record_of(
    target: Target, moves: Moves, before: MixFigures, after: MixFigures, cannot: Sequence[str]
) -> ReferenceRecord:
    """Requests, moves and results.

    Args:
        target: of the references.
        moves: that were made.
        before, after: figures of the mix.
        cannot: what was not reached, and why.
    """
    record: ReferenceRecord = {
        "moves": moves_table(moves),
        "sources": [
            {
                "path": one.path,
                "sha256": one.sha256,
                "amounts": {str(aspect): amount for aspect, amount in one.amounts.items()},
            }
            for one in target.sources
        ],
        "rows": list(_rows(target, before, after)),
        "cannot": list(dict.fromkeys((*target.remarks, *cannot))),
    }
    if target.tone_db is not None:
        record["tone"] = _tone_table(target, target.tone_db, before, after)
    return record


def _tone_table(target: Target, span: Span, before: MixFigures, after: MixFigures) -> CurveTable:
    _, compared = tone_difference_db(before.tone_db, target)
    middle_db = float((0.5 * (span.low + span.high))[compared].mean()) if compared.any() else 0.0
    return {
        "bands_hz": [round(hz, 1) for hz in CURVE_BANDS_HZ],
        "before_db": _rounded(centred(before.tone_db, compared)),
        "reference_low_db": _rounded(span.low - middle_db),
        "reference_high_db": _rounded(span.high - middle_db),
        "after_db": _rounded(centred(after.tone_db, compared)),
    }


def _rows(target: Target, before: MixFigures, after: MixFigures) -> Iterator[Row]:
    if target.tone_db is not None:
        yield from _tone_rows(target, target.tone_db, before, after)
    if target.width_db is not None and before.width_db is not None and after.width_db is not None:
        yield from _width_rows(target.width_db, before, after)
    if (
        target.vocals_db is not None
        and before.vocals_db is not None
        and after.vocals_db is not None
    ):
        yield _row(
            Aspect.LEVEL,
            "vocals to the rest",
            "dB",
            before.vocals_db,
            target.vocals_db,
            after.vocals_db,
        )
    for name, span in target.stem_levels_db.items():
        if name in before.stems and name in after.stems:
            was, now = before.stems[name].level_db, after.stems[name].level_db
            yield _row(Aspect.LEVEL, f"{name} to the mix", "dB", was, span, now)
    if target.range_lu is not None:
        yield _row(
            Aspect.DYNAMICS,
            "loudness range",
            "LU",
            before.range_lu,
            target.range_lu,
            after.range_lu,
        )
    if target.loudness_lufs is not None:
        yield _row(
            Aspect.LOUDNESS,
            "integrated",
            "LUFS",
            before.loudness_lufs,
            target.loudness_lufs,
            after.loudness_lufs,
        )


def _tone_rows(target: Target, span: Span, before: MixFigures, after: MixFigures) -> Iterator[Row]:
    _, compared = tone_difference_db(before.tone_db, target)
    if not compared.any():
        return
    table = _tone_table(target, span, before, after)
    curves = {key: np.array(value) for key, value in table.items()}
    for name, first in _OCTAVES:
        bands = np.zeros_like(compared)
        bands[first : first + 3] = True
        bands &= compared
        if bands.any():
            low, high = (curves[f"reference_{end}_db"][bands].mean() for end in ("low", "high"))
            was, now = (curves[f"{when}_db"][bands].mean() for when in ("before", "after"))
            yield _row(Aspect.TONE, name, "dB", was, Span(low, high), now)


def _width_rows(span: Span, before: MixFigures, after: MixFigures) -> Iterator[Row]:
    """Side against middle of broad bands: the mean of their third octaves, each as it counts."""
    assert before.width_db is not None
    assert after.width_db is not None
    ends = [first for _, first in _WIDTH_BANDS[1:]] + [len(CURVE_BANDS_HZ)]
    for (name, first), end in zip(_WIDTH_BANDS, ends, strict=True):
        bands = np.zeros_like(COMPARED)
        bands[first:end] = True
        bands &= before.plays & COMPARED
        if bands.any():
            values = (before.width_db, span.low, span.high, after.width_db)
            was, low, high, now = (float(np.maximum(v, -60.0)[bands].mean()) for v in values)
            yield _row(Aspect.WIDTH, name, "dB", was, Span(np.array(low), np.array(high)), now)


def _row(aspect: Aspect, what: str, unit: str, before: float, span: Span, after: float) -> Row:
    return {
        "aspect": str(aspect),
        "what": what,
        "unit": unit,
        "before": round(float(before), 2),
        "reference_low": round(float(span.low), 2),
        "reference_high": round(float(span.high), 2),
        "after": round(float(after), 2),
    }


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 3) for value in values]


def row_words(row: Row) -> tuple[str, str, str, str]:
    """A row for a table: what, before, reference, after."""
    low, high = row["reference_low"], row["reference_high"]
    span = f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}"
    return (
        f"{row['aspect']}: {row['what']}, {row['unit']}",
        f"{row['before']:.1f}",
        span,
        f"{row['after']:.1f}",
    )


def reference_lines(record: ReferenceRecord) -> Iterator[str]:
    """Effect of references, a line each."""
    if "sources" not in record:
        yield "moved towards a reference in the same way as the previous mix"
        return
    for source in record["sources"]:
        said = ", ".join(f"{name} {amount:g}" for name, amount in source["amounts"].items())
        yield f"{source['path']}: {said}"
    for row in record["rows"]:
        what, before, span, after = row_words(row)
        yield f"{what}: {before} -> {after} (reference {span})"
    yield from record["cannot"]


def with_loudness(record: ReferenceRecord, loudness_lufs: float | None) -> ReferenceRecord:
    """The record with the loudness that came of it after the master; None is silence."""
    if "rows" not in record or loudness_lufs is None:
        return record
    rows = [row.copy() for row in record["rows"]]
    for row in rows:
        if row["aspect"] == Aspect.LOUDNESS:
            row["after"] = round(loudness_lufs, 2)
    return {**record, "rows": rows}
