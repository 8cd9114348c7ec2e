"""The morning's tables: `results.csv`, `results.jsonl`, and the index page if it is wanted."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypedDict, cast

from mixer.batch.batch_figures import Figures, UnmixedFigures
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.state_folder import remember_tables
from mixer.batch.requests.outputs import INDEX_PAGE, RESULT_NAMES
from mixer.batch.states import State
from mixer.batch.tables.index_page import index_page
from mixer.batch.tables.outliers import find_outliers
from mixer.files.spreadsheet import cell
from mixer.files.whole_file import write_output


class Result(TypedDict):
    """A song's row in the tables, one field per column; None for unknown values."""

    id: str
    state: State
    output: str | None
    album: str | None
    error: str | None
    attempts: int
    renders: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    gain_db: float | None
    gain_reduction_db: float | None
    album_offset_db: float | None
    duration_s: float | None
    render_s: float | None
    real_time_factor: float | None
    sample_rate: int | None
    model: str | None
    device: str | None
    n_left_out: int | None
    n_not_recognised: int | None
    marks: str | None
    remarks: str | None
    started: str | None
    finished: str | None
    inputs_sha256: str | None
    settings_sha256: str | None
    model_sha256: str | None
    profile_sha256: str | None
    code_version: str | None
    mix_sha256: str | None


COLUMNS = tuple(Result.__annotations__)
_CSV_DIGITS = 3
_UNMIXED: tuple[Literal["left_out", "not_recognised"], ...] = ("left_out", "not_recognised")


def result_of(record: Record, marks: Sequence[str] = ()) -> Result:
    """A song as the tables and `--json` show it; unknown values are None."""
    figures = record.figures if record.state == State.DONE else Figures()
    seconds = figures.get("seconds", {})
    render_s = round(sum(seconds.values()), 3) if seconds else None
    duration_s = figures.get("duration_s")
    values: dict[str, object] = {
        **{name: getattr(record, name) for name in COLUMNS if hasattr(record, name)},
        **{name: value for name, value in figures.items() if name in COLUMNS},
        "render_s": render_s,
        "real_time_factor": round(duration_s / render_s, 2) if duration_s and render_s else None,
        **_counts(figures),
        "marks": "; ".join(marks) or None,
        "remarks": "; ".join(figures.get("remarks") or ()) or None,
        "mix_sha256": next((sha for path, _, sha in record.files if path == record.output), None)
        if record.state == State.DONE
        else None,
    }
    row = {name: values.get(name) if values.get(name) != "" else None for name in COLUMNS}
    return cast(Result, row)


def words_on(record: Record, marks: Mapping[str, Sequence[str]]) -> list[str]:
    """All that is said of a song: why it failed, or how it stands out and its render's warnings.

    Args:
        record: the song.
        marks: song id to how it stands out, from `find_outliers`.
    """
    if record.state == State.FAILED:
        return [record.error] if record.error else []
    remarks = (record.figures.get("remarks") or ()) if record.state == State.DONE else ()
    return [*marks.get(record.id, ()), *remarks]


def _counts(figures: UnmixedFigures) -> dict[str, int]:
    """How many files are left out, and names not recognised; of what was counted."""
    return {
        f"n_{name}": len(files) for name in _UNMIXED if (files := figures.get(name)) is not None
    }


def write_results(
    records: Sequence[Record], out: Path, state: Path, suffix: str, *, html: bool
) -> list[Path]:
    """Write the tables of all songs, whole or not at all.

    Args:
        records: in the manifest's order.
        out: output folder.
        state: the run's folder in it.
        suffix: the shard's part of the file names; empty without shards.
        html: also write the index page.

    Returns:
        Paths of the files written.

    Raises:
        OutputError: the disk is full or read-only.
    """
    marks = find_outliers(records)
    results = [result_of(record, marks.get(record.id, ())) for record in records]
    texts = {
        "results.csv": _as_csv(results),
        "results.jsonl": "".join(
            _line(result, record) for result, record in zip(results, records, strict=True)
        ),
    }
    if html:
        texts[INDEX_PAGE] = index_page(records, marks)
    contents = {
        _with_suffix(name, suffix): text.encode("utf-8", "backslashreplace")
        for name, text in texts.items()
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    remember_tables(state, hashes)
    written = []
    for name, content in contents.items():
        path = out / name
        write_output(path, content)
        written.append(path)
    return written


def table_names(suffix: str, *, html: bool) -> list[str]:
    """File names of the tables that `write_results` writes."""
    return [_with_suffix(name, suffix) for name in RESULT_NAMES if html or name != INDEX_PAGE]


def _with_suffix(name: str, suffix: str) -> str:
    base, _, ending = name.partition(".")
    return f"{base}.{suffix}.{ending}" if suffix else name


def _line(result: Result, record: Record) -> str:
    """One object a song: the table's values, and what does not fit into a table."""
    more = {
        "settings": record.settings,
        "files": [{"path": p, "bytes": n, "sha256": sha} for p, n, sha in record.files],
        "seconds": record.figures.get("seconds"),
        "left_out": record.figures.get("left_out"),
        "not_recognised": record.figures.get("not_recognised"),
        "remarks": record.figures.get("remarks"),
    }
    return json.dumps({**result, **more}, ensure_ascii=False, allow_nan=False) + "\n"


def _short(value: object) -> object:
    """A figure as a sheet shows it; `results.jsonl` has every digit."""
    return round(value, _CSV_DIGITS) if isinstance(value, float) else value


def _as_csv(results: Sequence[Result]) -> str:
    sheet = io.StringIO(newline="")
    writer = csv.DictWriter(sheet, COLUMNS)
    writer.writeheader()
    writer.writerows({name: cell(_short(value)) for name, value in row.items()} for row in results)
    return sheet.getvalue()
