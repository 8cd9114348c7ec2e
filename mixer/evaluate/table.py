"""Results as a flat table: a line a mix, a column a figure, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from mixer.evaluate.summary import SongResult
from mixer.files.spreadsheet import cell
from mixer.files.whole_file import output_file


def flat(result: SongResult) -> dict[str, str | float]:
    """One result as column to value; undefined values are an empty string."""
    report = result.report
    row: dict[str, str | float] = {
        "song": result.song,
        "system": result.system,
        "mix": result.mix,
        "reference": result.reference,
        "compared_s": report.compared_s,
        "lag_ms": report.alignment.lag_ms if report.alignment else math.nan,
        "loudness_match_gain_db": report.gain_db,
        **report.errors,
    }
    for name, error_db in report.target_error_db.items():
        row[f"target.{name}_error_db"] = error_db
    for prefix, figures in (
        ("mix", report.mix.figures(report.gain_db)),
        ("reference", report.reference.figures()),
    ):
        row |= {f"{prefix}.{name}": value for name, value in figures.items()}
    for stem, share in report.stem_masked_shares.items():
        row[f"masked.{stem}"] = share
    return {
        name: "" if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }


def write_table(path: Path, results: Sequence[SongResult]) -> None:
    """Write results as CSV, UTF-8, whole or not at all; replaces an existing file.

    Raises:
        OutputError: the disk is full or read-only.
    """
    rows = [flat(result) for result in results]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with output_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
