"""Rows of the index page from the ledger's records, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from statistics import median
from typing import TypedDict
from urllib.parse import quote

from mixer.batch.batch_figures import Figures
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import State
from mixer.batch.tables.outliers import asked_of
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.names import REPORT_SUFFIX
from mixer.rendering.choices.shipped import AUTO_MODEL
from mixer.report.markup import printable
from mixer.report.report_words import with_minus
from mixer.song.folders.folder_names import STEMS_SUFFIX

_TITLES = {format_.suffix: format_.title for format_ in DAW_FORMATS.values()}


class Link(TypedDict):
    """A file of a song: what it is, and its relative address."""

    name: str
    url: str


class IndexRow(TypedDict):
    """A song on the index page.

    Attributes:
        state: of its record.
        album, preset, model: empty for none.
        duration_s, render_s, loudness_lufs, true_peak_dbtp, limiter_db: None if not known.
        target_lufs, ceiling_dbtp: its own targets; None for none.
        silent: whether the mix is silent.
        marks, remarks: how it stands out, and the warnings of its render.
        left_out, not_recognised: file names; None if they were not counted.
        mix, report: addresses; empty for none.
        stems, sessions: to listen to, and to open.
    """

    id: str
    state: str
    album: str
    preset: str
    model: str
    duration_s: float | None
    render_s: float | None
    loudness_lufs: float | None
    target_lufs: float | None
    true_peak_dbtp: float | None
    ceiling_dbtp: float | None
    limiter_db: float | None
    silent: bool
    marks: list[str]
    remarks: list[str]
    error: str
    left_out: list[str] | None
    not_recognised: list[str] | None
    mix: str
    report: str
    stems: list[Link]
    sessions: list[Link]


class AlbumTotal(TypedDict):
    """An album's songs together; figures of those that are done, None if none is."""

    name: str
    n_songs: int
    n_done: int
    n_failed: int
    duration_s: float
    loudness_lufs: float | None
    offset_db: float | None


def index_row(record: Record, marks: Sequence[str]) -> IndexRow:
    """A song as the page shows it; figures and files of a finished one alone."""
    is_done = record.state == State.DONE
    figures = record.figures if is_done else Figures()
    asked = asked_of(record)
    seconds = figures.get("seconds", {})
    paths = [path for path, _, _ in record.files] if is_done else []
    base = record.output.removesuffix(PurePosixPath(record.output).suffix)
    return {
        "id": printable(record.id),
        "state": record.state.value,
        "album": printable(record.album or ""),
        "preset": printable(" + ".join(_preset_names(record.settings))),
        "model": printable(str(figures.get("model") or record.settings.get("model", AUTO_MODEL))),
        "duration_s": figures.get("duration_s"),
        "render_s": round(sum(seconds.values()), 2) if seconds else None,
        "loudness_lufs": figures.get("loudness_lufs"),
        "target_lufs": asked.loudness_lufs if is_done else None,
        "true_peak_dbtp": figures.get("true_peak_dbtp"),
        "ceiling_dbtp": asked.true_peak_dbtp if is_done else None,
        "limiter_db": figures.get("gain_reduction_db"),
        "silent": "loudness_lufs" in figures and figures["loudness_lufs"] is None,
        "marks": [with_minus(printable(mark)) for mark in marks],
        "remarks": [printable(remark) for remark in figures.get("remarks") or ()],
        "error": printable(record.error or "") if record.state == State.FAILED else "",
        "left_out": _names(figures.get("left_out")),
        "not_recognised": _names(figures.get("not_recognised")),
        "mix": _address(record.output) if is_done else "",
        "report": _address(base + REPORT_SUFFIX) if base + REPORT_SUFFIX in paths else "",
        "stems": list(_stems(base, paths)),
        "sessions": list(_sessions(base, paths)),
    }


def album_totals(records: Sequence[Record]) -> list[AlbumTotal]:
    """The albums in the order in which they first appear."""
    albums: dict[str, list[Record]] = {}
    for record in records:
        if record.album:
            albums.setdefault(record.album, []).append(record)
    return [_album_total(name, members) for name, members in albums.items()]


def _album_total(name: str, members: Sequence[Record]) -> AlbumTotal:
    done = [record for record in members if record.state == State.DONE]
    levels = [level for r in done if (level := r.figures.get("loudness_lufs")) is not None]
    offsets = [r.figures["album_offset_db"] for r in done if "album_offset_db" in r.figures]
    return {
        "name": name,
        "n_songs": len(members),
        "n_done": len(done),
        "n_failed": sum(record.state == State.FAILED for record in members),
        "duration_s": sum(record.figures.get("duration_s", 0.0) for record in done),
        "loudness_lufs": median(levels) if levels else None,
        "offset_db": offsets[0] if offsets else None,
    }


def _preset_names(settings: Mapping[str, object]) -> Iterator[str]:
    """A ledger's settings may be anybody's: what is not as we write it is passed over."""
    presets = settings.get("presets")
    for preset in presets if isinstance(presets, list) else ():
        name = preset.get("name") if isinstance(preset, dict) else None
        if isinstance(name, str):
            yield PurePosixPath(name).name.removesuffix(".toml")


def _stems(base: str, paths: Sequence[str]) -> Iterator[Link]:
    folder = f"{base}{STEMS_SUFFIX}/"
    for path in paths:
        if path.startswith(folder):
            yield {"name": printable(PurePosixPath(path).stem), "url": _address(path)}


def _sessions(base: str, paths: Sequence[str]) -> Iterator[Link]:
    for suffix, title in _TITLES.items():
        if base + suffix in paths:
            yield {"name": title, "url": _address(base + suffix)}


def _names(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [printable(name) for name in names]


def _address(path: str) -> str:
    """A relative URL; a colon is encoded too, so that no name is an address of its own."""
    return quote(path.encode("utf-8", "surrogateescape"))
