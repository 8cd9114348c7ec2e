"""A manifest: CSV in the dialects that spreadsheets write, read whole, every mistake at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.audio.formats import DEFAULT_BIT_DEPTH, refuse_depth, refuse_rate
from mixer.batch.columns import Column, find_column
from mixer.batch.defaults import NO_DEFAULTS, Defaults
from mixer.batch.states import ColumnUse, ReportKind
from mixer.errors import InputError, SettingsError
from mixer.files.wording import counted, quote

MAX_BYTES = 256 << 20
MAX_ROWS = 1_000_000
# Beyond this, more of the same kind of mistake helps nobody.
MAX_ERRORS_SHOWN = 50
_PLUGIN = "loads a plug-in, which is a program: add --allow-plugins if you trust the manifest"
_DELIMITERS = ",;\t"


class ManifestError(SettingsError):
    """Everything that is wrong with a manifest.

    Attributes:
        mistakes: one line each: row, column, what, and what to do.
    """

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        shown = mistakes[:MAX_ERRORS_SHOWN]
        if len(mistakes) > len(shown):
            shown.append(f"... and {len(mistakes) - len(shown)} more")
        count = counted(len(mistakes), "mistake")
        lines = "\n".join(f"  {mistake}" for mistake in shown)
        super().__init__(f"{path}: {count}; nothing was rendered\n{lines}")


@dataclass(frozen=True)
class Row:
    """One song to render.

    Attributes:
        number: the row as a spreadsheet counts: the header is 1.
        id: unique in the manifest; names the song in the ledger.
        song: absolute path of its folder.
        output: template of the mix's path; None for the default.
        album: songs of the same album share one loudness offset; None for a single.
        settings: arguments of `RenderSettings`, what the manifest says alone.
        format, bit_depth, stems: how the mix is written; format None as `output` ends.
        presets: names or files, the strongest last.
        sets: `key=value` of the desk: the command line's, then those of the row's own columns.
        n_own_sets: how many of these are the row's own.
        daws, report: what is delivered with the mix; both take wet stems.
    """

    number: int
    id: str
    song: Path
    output: str | None = None
    album: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None
    bit_depth: str = DEFAULT_BIT_DEPTH
    stems: bool = False
    presets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    n_own_sets: int = 0
    daws: tuple[str, ...] = ()
    report: ReportKind = ReportKind.NONE


def mistake(row: int, column: str, what: str) -> str:
    """One line about a cell."""
    return f"row {row}, column {column}: {what}"


def read_manifest(path: Path, defaults: Defaults = NO_DEFAULTS) -> list[Row]:
    """Read and check a manifest; song folders are looked for, not into.

    Args:
        path: CSV file.
        defaults: for what a row's cells do not say.

    Raises:
        ManifestError: whatever is wrong with its cells, all at once.
        InputError: it cannot be read, or is no CSV in UTF-8.
    """
    records = list(_records(_read_text(path), path))
    if not records:
        raise InputError(f"{path}: the manifest is empty; its first row names the columns")
    (_, header), *body = records
    names, columns, mistakes = _header(header)
    rows = []
    for number, cells in body:
        row, wrong = _row(number, cells, names, columns, path.resolve().parent, defaults)
        mistakes += wrong
        if row is not None:
            rows.append(row)
    mistakes += _duplicates(rows)
    if not body:
        mistakes.append("no songs: there is only a header")
    if mistakes:
        raise ManifestError(path, mistakes)
    return rows


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; this is no manifest")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the manifest cannot be read ({error.strerror})") from None
    try:
        # surrogateescape would let paths that are no UTF-8 through, but hide a wrong encoding.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8; save the sheet as CSV UTF-8"
        ) from None


def _records(content: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with their spreadsheet numbers; blank ones are counted and left out."""
    first, _, rest = content.partition("\n")
    if first.strip().lower().startswith("sep="):  # Excel's own way to name the delimiter
        content = rest
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=_delimiter(content), strict=True
    )
    try:
        for number, cells in enumerate(reader, 1):
            if number > MAX_ROWS:
                raise InputError(f"{path}: more than {MAX_ROWS} rows; split the manifest")
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num} is no CSV ({error})") from None


def _delimiter(content: str) -> str:
    """The delimiter that the header has most of, outside of quotes."""
    header = re.sub(r'"[^"]*"', "", content.lstrip("\r\n").partition("\n")[0])
    return max(_DELIMITERS, key=header.count)


def _header(cells: list[str]) -> tuple[list[str], dict[str, Column], list[str]]:
    """The name of each column, the columns that there are by name, and the mistakes."""
    names, columns, mistakes = list[str](), dict[str, Column](), list[str]()
    for cell in (cell.strip() for cell in cells):
        names.append(cell)
        if not cell:
            continue
        try:
            column = find_column(cell)
        except SettingsError as error:
            mistakes.append(mistake(1, repr(cell), str(error)))
            continue
        names[-1] = column.name
        if column.name in columns:
            mistakes.append(mistake(1, column.name, "is there twice"))
        columns[column.name] = column
    if "song" not in columns:
        mistakes.append(mistake(1, "song", "is missing; it names each song's folder"))
    return names, columns, mistakes


def _row(
    number: int,
    cells: list[str],
    names: list[str],
    columns: Mapping[str, Column],
    base: Path,
    defaults: Defaults,
) -> tuple[Row | None, list[str]]:
    values: dict[ColumnUse, dict[str, Any]] = {use: {} for use in ColumnUse}
    mistakes = []
    beyond = [cell for cell in cells[len(names) :] if cell.strip()]
    if beyond:
        what = f"{len(beyond)} cells more than the header has; quote what holds a delimiter"
        mistakes.append(f"row {number}: {what}")
    for name, cell in zip(names, cells, strict=False):
        column = columns.get(name)
        # A folder's name may well begin or end with a space; no other cell is meant to.
        cell = cell if name == "song" else cell.strip()
        if column is None:
            if name == "" and cell:
                mistakes.append(mistake(number, "without a name", f"holds {cell!r}"))
            continue
        if not cell.strip():
            continue
        try:
            value = column.parse(cell)
        except ValueError as error:
            mistakes.append(mistake(number, name, f"{quote(cell)} {error}"))
            continue
        values[column.use][name] = value
        if column.use == ColumnUse.STRIP:
            values[ColumnUse.STRIP][name] = _with_whole_path(name, cell, value, base)
            if not defaults.allow_plugins and _loads_plugin(name, value):
                mistakes.append(mistake(number, name, _PLUGIN))
    song = _find_song(values[ColumnUse.ROW].get("song", ""), base)
    if song is None:
        what = "is empty" if "song" not in values[ColumnUse.ROW] else "no such folder"
        cell = values[ColumnUse.ROW].get("song", "")
        mistakes.append(mistake(number, "song", f"{quote(cell)} {what}" if cell else what))
        return None, mistakes
    mistakes += _contradictions(number, values[ColumnUse.SETTING], values[ColumnUse.OUTPUT])
    return _build(number, song, base, values, defaults), mistakes


def _loads_plugin(name: str, value: Any) -> bool:
    from mixer.preset.trust import names_plugins

    for part in reversed(name.split(".")):
        value = {part: value}
    return names_plugins(value)


def _with_whole_path(name: str, cell: str, value: Any, base: Path) -> str:
    """A cell's text; the path of a plug-in is meant from where the manifest lies."""
    _, _, key = name.rpartition(".plugins.")
    is_path = key.partition(".")[2] in ("path", "preset") and value not in ("", "none")
    return str(base / Path(value).expanduser()) if is_path else cell


def _build(
    number: int, song: Path, base: Path, values: dict[ColumnUse, dict[str, Any]], defaults: Defaults
) -> Row:
    row, settings = values[ColumnUse.ROW], values[ColumnUse.SETTING]
    output, strips = values[ColumnUse.OUTPUT], values[ColumnUse.STRIP]
    presets, daws = row.get("preset"), output.get("daw", defaults.daws)
    report = output.get("report", defaults.report)
    for name in ("model", "profile"):
        # What lies beside the manifest is meant by that; a shipped name has no such folder.
        if name in settings and (base / settings[name]).exists():
            settings[name] = str(base / settings[name])
    return Row(
        number=number,
        id=row.get("id") or default_id(row["song"], song),
        song=song,
        output=row.get("output"),
        album=row.get("album"),
        settings=settings,
        format=output.get("format"),
        bit_depth=output.get("bit_depth", DEFAULT_BIT_DEPTH),
        stems=output.get("stems", False) or bool(daws) or report != ReportKind.NONE,
        presets=defaults.presets if presets is None else _from_here(presets, base),
        sets=(
            *defaults.sets,
            *(f"{name}={cell}" for name, cell in strips.items()),
        ),
        n_own_sets=len(strips),
        daws=daws,
        report=report,
    )


def _from_here(presets: tuple[str, ...], base: Path) -> tuple[str, ...]:
    """Files of presets from where the manifest lies; names as they are."""
    return tuple(
        name if not name.lower().endswith(".toml") or name.startswith("~") else str(base / name)
        for name in presets
    )


def default_id(cell: str, song: Path) -> str:
    """What a song is called that has no id: its path as written, without the way up or the root."""
    parts = [part for part in Path(cell).parts if part not in ("..", ".", Path(cell).anchor)]
    return "/".join(parts) or song.name or "song"


def _find_song(cell: str, base: Path) -> Path | None:
    """The folder; a name that is not there as written is tried without the spaces around it."""
    for name in dict.fromkeys((cell, cell.strip())):
        try:
            folder = base / name
            if name and folder.is_dir():
                return folder.resolve()
        except (OSError, ValueError):  # too long a name, a NUL
            continue
    return None


def _contradictions(number: int, settings: dict[str, Any], output: dict[str, Any]) -> list[str]:
    file_format, bit_depth = output.get("format"), output.get("bit_depth")
    sample_rate = settings.get("sample_rate")
    mistakes = []
    for column, value, refuse in (
        ("bit_depth", bit_depth, refuse_depth),
        ("sample_rate", sample_rate, refuse_rate),
    ):
        if file_format is not None and value is not None:
            try:
                refuse(file_format, value)
            except SettingsError as error:
                mistakes.append(mistake(number, column, str(error)))
    return mistakes


def _duplicates(rows: list[Row]) -> list[str]:
    seen: dict[str, int] = {}
    mistakes = []
    for row in rows:
        if row.id in seen:
            what = f"{quote(row.id)} is row {seen[row.id]}'s too; give each its own id"
            mistakes.append(mistake(row.number, "id", what))
        seen.setdefault(row.id, row.number)
    return mistakes


def check_albums(rows: Sequence[Row]) -> list[str]:
    """One offset needs one target, whoever set it: a cell, a preset or the song."""
    targets: dict[str, tuple[int, Any]] = {}
    mistakes: list[str] = []
    for row in rows:
        if row.album is None:
            continue
        target = row.settings.get("loudness_lufs")
        first, expected = targets.setdefault(row.album, (row.number, target))
        if target != expected:
            what = f"album {quote(row.album)} has {expected} in row {first} and {target} here"
            mistakes.append(mistake(row.number, "loudness_lufs", f"{what}; an album has one"))
    return mistakes
