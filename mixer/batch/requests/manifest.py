"""A manifest: a sheet of songs, read whole, every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, cast

from mixer.audio.formats import FORMATS, refuse_depth, refuse_depth_of_lossy, refuse_rate
from mixer.batch.requests.columns import Column, find_column
from mixer.batch.requests.defaults import NO_DEFAULTS, Defaults
from mixer.batch.requests.row_mistakes import MOST_MISTAKES, ManifestError, mistake
from mixer.batch.requests.row_request import RowSettings
from mixer.batch.requests.sheet import read_sheet
from mixer.batch.requests.song_paths import SongFolders, why_not_from_here
from mixer.batch.states import ALL_COLUMNS, ColumnUse
from mixer.errors import SettingsError
from mixer.files.wording import counted, quote, suggest
from mixer.output.config import CODING, Config
from mixer.output.output_settings import MIX_ALONE, OutputSettings, changed
from mixer.reference.reference_text import parse_reference, reference_from
from mixer.rendering.choices.platforms import PLATFORMS

_PLUGIN = "loads a plug-in, which is a program; add --allow-plugins if you trust the manifest"
# Text that programs write into an empty cell; only a song's folder may really have this name.
_NOTHING = ("", "nan", "NaN", "<NA>", "#N/A")
_PATHS = ("preset", "model", "profile")
_OF_PATHS = frozenset("/\\:.")  # signs that make a path of a name


@dataclass(frozen=True)
class Row:
    """One song to render.

    Attributes:
        number: row number as in a spreadsheet: the header is 1.
        id: unique in the manifest; names the song in the ledger.
        song: absolute path of its folder.
        output: template of the mix's path; None for the default.
        album: songs of the same album share one loudness offset; None for a single.
        album_sound: amount by which its sound is moved into its album's band, 0 to 1.
        settings: arguments of `RenderSettings` that the manifest sets.
        wanted: format of the mix and the files written with it, with stems if these need them.
        presets: names or files, the strongest last.
        sets: `key=value` of the desk: from the command line, then from the row's own columns.
        n_own_sets: how many of these are the row's own.
        has_mistakes: whether the row has mistakes, so that its result is unknown.
    """

    number: int
    id: str
    song: Path
    output: str | None = None
    album: str | None = None
    album_sound: float = 0.0
    settings: RowSettings = field(default_factory=RowSettings)
    wanted: OutputSettings = MIX_ALONE
    presets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    n_own_sets: int = 0
    has_mistakes: bool = False


@dataclass(frozen=True)
class _Header:
    """The columns of a sheet.

    Attributes:
        names: one a column: as `Column.name`, as written if it is not known, or empty.
        columns: those that are read, by name.
        mistakes: in these rows.
    """

    names: list[str]
    columns: dict[str, Column]
    mistakes: list[str]


def read_manifest(
    path: Path, defaults: Defaults = NO_DEFAULTS, ignored: Collection[str] = ()
) -> tuple[list[Row], list[str]]:
    """Read and check a manifest; song folders must exist, but are not read.

    Args:
        path: CSV file.
        defaults: values for empty cells.
        ignored: names of columns that are not read, or `ALL_COLUMNS` for those that are unknown.

    Returns:
        The rows, and one line for each mistake.

    Raises:
        ManifestError: it is not a CSV file in a known encoding, or has too many mistakes.
        InputError: it cannot be read.
    """
    (_, cells), *body = read_sheet(path)
    header = _header([cell.strip() for cell in cells], ignored)
    mistakes = header.mistakes + _nameless(header, body, ignored)
    rows, folders = [], SongFolders(path.resolve().parent)
    first_rows: dict[str, int] = {}
    for number, cells in body:
        row, wrong = _row(number, cells, header, folders, defaults)
        first = first_rows.setdefault(row.id, number)
        if first != number:
            what = f"{quote(row.id)} is also the id of row {first}; give each row its own"
            wrong.append(mistake(number, "id", what))
        mistakes += wrong
        rows.append(replace(row, has_mistakes=True) if wrong else row)
        if len(mistakes) > MOST_MISTAKES:
            what = f"more than {MOST_MISTAKES} mistakes up to row {number}: the rest was not read"
            raise ManifestError(path, [*mistakes, what])
    if not body:
        mistakes.append("has only a header; add a row for each song")
    return rows, mistakes


def _header(cells: list[str], ignored: Collection[str]) -> _Header:
    names, columns, mistakes = list[str](), dict[str, Column](), list[str]()
    let_through = {name.lower() for name in ignored}
    for cell in cells:
        names.append(cell)
        if not cell or cell.lower() in let_through:
            continue
        try:
            column = find_column(cell)
        except SettingsError as error:
            if ALL_COLUMNS not in let_through:
                what = f"{error} (--ignore-columns accepts it)"
                mistakes.append(mistake(1, repr(cell), what))
            continue
        names[-1] = column.name
        if column.name in columns:
            mistakes.append(mistake(1, column.name, "appears twice"))
        columns[column.name] = column
    if "song" not in columns:
        mistakes.append(mistake(1, "song", "is missing; it names each song's folder"))
    there = {cell.lower() for cell in cells}
    for name in ignored:
        if name.lower() not in there | {ALL_COLUMNS}:
            what = f"named by --ignore-columns is not in the sheet; {suggest(name, cells)}"
            mistakes.append(mistake(1, repr(name), what))
    return _Header(names, columns, mistakes)


def _nameless(
    header: _Header, body: Sequence[tuple[int, list[str]]], ignored: Collection[str]
) -> list[str]:
    """Columns without a name that hold something, as an index that pandas writes."""
    mistakes = []
    for place, name in enumerate(header.names):
        if name or ALL_COLUMNS in ignored:
            continue
        for number, cells in body:
            if place < len(cells) and cells[place].strip():
                what = f"has no name and holds {quote(cells[place].strip())}; name it, remove it, "
                what += f"or ignore it with --ignore-columns {ALL_COLUMNS}"
                mistakes.append(mistake(number, str(place + 1), what))
                break
    return mistakes


def _row(
    number: int, cells: list[str], header: _Header, folders: SongFolders, defaults: Defaults
) -> tuple[Row, list[str]]:
    base = folders.base
    values: dict[ColumnUse, dict[str, Any]] = {use: {} for use in ColumnUse}
    mistakes = []
    beyond = [cell for cell in cells[len(header.names) :] if cell.strip()]
    if beyond:
        what = f"{counted(len(beyond), 'cell')} more than the header has; quote cells that hold a "
        mistakes.append(f"row {number}: {what}delimiter")
    for name, cell in zip(header.names, cells, strict=False):
        column = header.columns.get(name)
        # A folder's name may well begin or end with a space; no other cell is meant to.
        cell = cell if name == "song" else cell.strip()
        if column is None or not cell.strip() or (name != "song" and cell in _NOTHING):
            continue
        try:
            value = column.parse(cell)
        except ValueError as error:
            mistakes.append(mistake(number, name, _with_value(cell, str(error))))
            continue
        if name == "reference" and (why := _why_no_reference(value, base)):
            mistakes.append(mistake(number, name, why))
            continue
        if name in _PATHS and (why := why_not_from_here(cell, base)):
            mistakes.append(mistake(number, name, why))
            continue
        values[column.use][name] = value
        if column.use == ColumnUse.STRIP:
            values[ColumnUse.STRIP][name] = _with_whole_path(name, cell, value, base)
            if not defaults.allow_plugins and _loads_plugin(name, value):
                mistakes.append(mistake(number, name, _PLUGIN))
    cell = values[ColumnUse.ROW].get("song", "")
    song = folders.find(cell)
    said = any(line.startswith(mistake(number, "song", "")) for line in mistakes)
    if song is None and not said and "song" in header.columns:
        mistakes.append(mistake(number, "song", folders.why_not_found(cell)))
    mistakes += _contradictions(number, values[ColumnUse.SETTING], values[ColumnUse.OUTPUT])
    return _build(number, song, base, values, defaults), mistakes


def _with_value(cell: str, what: str) -> str:
    """A mistake that names its cell's text, once."""
    value = quote(cell)
    return f"{value} {what.removesuffix(f', not {value}')}"


def _why_no_reference(texts: tuple[str, ...], base: Path) -> str | None:
    """Why a reference is not there; None if all are."""
    for text in texts:
        path = parse_reference(text).path
        if why := why_not_from_here(path, base):
            return why
        if not os.path.lexists(base / path):
            return f"{quote(path)} does not exist"
    return None


def _loads_plugin(name: str, value: Any) -> bool:
    from mixer.preset.assignments import parse_key
    from mixer.preset.trust import names_plugins

    for part in reversed(parse_key(name)[0]):
        value = {part: value}
    return names_plugins(value)


def _with_whole_path(name: str, cell: str, value: Any, base: Path) -> str:
    """A cell's text; the path of a plug-in is meant from where the manifest lies."""
    _, _, key = name.rpartition(".plugins.")
    is_path = key.partition(".")[2] in ("path", "preset") and value not in ("", "none")
    return str(base / Path(value).expanduser()) if is_path else cell


def _build(
    number: int,
    song: Path | None,
    base: Path,
    values: dict[ColumnUse, dict[str, Any]],
    defaults: Defaults,
) -> Row:
    row, said = values[ColumnUse.ROW], values[ColumnUse.SETTING]
    settings = Config(defaults.settings).settings_beside(said) | said
    output, strips = values[ColumnUse.OUTPUT], values[ColumnUse.STRIP]
    presets = row.get("preset")
    wanted = changed(defaults.wanted, **_written_by_default(row, output, defaults.config), **output)
    for name in ("model", "profile"):
        # A name means the folder beside the manifest if there is one, otherwise the shipped model.
        if name in settings and (base / settings[name]).exists():
            settings[name] = str(base / settings[name])
    if settings.get("reference"):
        settings["reference"] = tuple(reference_from(one, base) for one in settings["reference"])
    if settings.get("platform") is not None:
        place = PLATFORMS[settings["platform"]]
        settings.setdefault("loudness_lufs", place.loudness_lufs)
        settings.setdefault("true_peak_dbtp", place.true_peak_dbtp)
    return Row(
        number=number,
        id=row.get("id") or (default_id(row["song"], song) if song else f"row {number}"),
        song=song or base / f"row {number}",
        output=row.get("output"),
        album=row.get("album"),
        album_sound=row.get("album_sound", 0.0),
        settings=cast(RowSettings, settings),
        wanted=changed(wanted, stems=wanted.writes_stems),
        presets=defaults.presets if presets is None else _from_here(presets, base),
        sets=(
            *defaults.sets,
            *(f"{name}={cell}" for name, cell in strips.items()),
        ),
        n_own_sets=len(strips),
    )


def _written_by_default(
    row: dict[str, Any], output: dict[str, Any], config: Config
) -> dict[str, Any]:
    """How a row's mix is written by the user's own defaults, if it does not say it."""
    if not config.output:
        return {}
    ending = PurePath(row.get("output") or "").suffix.lower().lstrip(".")
    weaker = config.output_beside(output, ending if ending in FORMATS else "")
    # Options of the command line for every row are in these already.
    return {name: value for name, value in weaker.items() if name in CODING}


def _from_here(presets: tuple[str, ...], base: Path) -> tuple[str, ...]:
    """Files of presets from where the manifest lies; names unchanged."""
    return tuple(
        name if not name.lower().endswith(".toml") or name.startswith("~") else str(base / name)
        for name in presets
    )


def default_id(cell: str, song: Path) -> str:
    """Default id of a song: its path as written, without leading `..` or root."""
    if _OF_PATHS.isdisjoint(cell):
        return cell
    path = Path(cell)
    parts = [part for part in path.parts if part not in ("..", ".", path.anchor)]
    return "/".join(parts) or song.name or "song"


def _contradictions(number: int, settings: dict[str, Any], output: dict[str, Any]) -> list[str]:
    file_format, bit_depth = output.get("format"), output.get("bit_depth")
    sample_rate = settings.get("sample_rate")
    mistakes = []
    for column, value, refuse in (
        ("bit_depth", bit_depth, refuse_depth),
        ("bit_depth", bit_depth, refuse_depth_of_lossy),
        ("sample_rate", sample_rate, refuse_rate),
    ):
        if file_format is not None and value is not None:
            try:
                refuse(file_format, value)
            except SettingsError as error:
                mistakes.append(mistake(number, column, str(error)))
    return mistakes


def check_albums(rows: Sequence[Row]) -> list[str]:
    """Mistakes of albums whose rows have different loudness targets, wherever these are set."""
    targets: dict[str, tuple[int, Any]] = {}
    mistakes: list[str] = []
    for row in rows:
        if row.album is None or row.has_mistakes:
            continue
        target = row.settings.get("loudness_lufs")
        first, expected = targets.setdefault(row.album, (row.number, target))
        if target != expected:
            what = f"album {quote(row.album)} has {expected} in row {first} and {target} here"
            mistakes.append(
                mistake(row.number, "loudness_lufs", f"{what}; an album needs one target")
            )
        if row.album_sound > 0.0 and target is None:
            what = f"album {quote(row.album)} needs loudness_lufs for its sound to be matched"
            mistakes.append(mistake(row.number, "album_sound", what))
    return mistakes
