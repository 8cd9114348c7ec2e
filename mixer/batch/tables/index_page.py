"""The index page of a batch: every song with a player, failures first, totals, albums, marks.

One file without anything from outside, of the report's family; the player plays the mixes beside
it. Ten thousand songs are drawn as far as they are on the screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import State
from mixer.batch.tables.page_rows import AlbumTotal, album_totals, index_row
from mixer.files.wording import clock_time, counted
from mixer.report.markup import Html, data_block, element, joined, name
from mixer.report.page_frame import document
from mixer.report.report_words import NOTHING, number
from mixer.report.scripts import one_script, style

_ASSETS = Path(__file__).resolve().parent / "assets"
# More albums are folded away.
_MOST_ALBUMS_OPEN = 6


def index_page(records: Sequence[Record], marks: Mapping[str, Sequence[str]]) -> str:
    """The whole page.

    Args:
        records: songs in the manifest's order; failures are shown first, then what is marked.
        marks: song id to what stands out, in words.
    """
    rows = [index_row(record, marks.get(record.id, ())) for record in records]
    counts = _counts(records, marks)
    body = joined(
        element(
            "header",
            element("p", "Batch", class_="kicker"),
            element("h1", counts),
            element("dl", *_tiles(records), class_="tiles"),
        ),
        _albums(album_totals(records)),
        element("main", id="songs"),
        element(
            "noscript",
            element("p", "This page needs JavaScript; results.csv holds the same figures."),
        ),
        data_block("rows", rows),
    )
    return document(
        f"Batch: {counts}",
        style("page.css", "index.css", folder=_ASSETS),
        body,
        script=one_script("index.js", folder=_ASSETS),
        allowed={"media-src": "'self' file:"},
    )


def _counts(records: Sequence[Record], marks: Mapping[str, Sequence[str]]) -> str:
    n_done = sum(record.state == State.DONE for record in records)
    n_failed = sum(record.state == State.FAILED for record in records)
    others = {
        "failed": n_failed,
        "left": len(records) - n_done - n_failed,
        "marked": sum(1 for record in records if marks.get(record.id)),
    }
    return ", ".join([f"{n_done} done", *(f"{n} {what}" for what, n in others.items() if n)])


def _tiles(records: Sequence[Record]) -> list[Html]:
    """The totals."""
    done = [record.figures for record in records if record.state == State.DONE]
    length_s = sum(figures.get("duration_s", 0.0) for figures in done)
    render_s = sum(sum(figures.get("seconds", {}).values()) for figures in done)
    levels = [level for figures in done if (level := figures.get("loudness_lufs")) is not None]
    spread = (
        f"from {number(min(levels))} to {number(max(levels))}" if levels else "all mixes are silent"
    )
    n_albums = len({record.album for record in records if record.album})
    tiles = [
        ("Songs", str(len(records)), counted(n_albums, "album") if n_albums else "no albums"),
        ("Length", _clock(length_s), "of the finished mixes"),
        ("Rendering", _clock(render_s), _speed(length_s, render_s)),
        (
            "Loudness",
            number(median(levels) if levels else None, "LUFS"),
            f"median; {spread}",
        ),
    ]
    return [
        element("div", element("dt", label), element("dd", value), element("dd", note))
        for label, value, note in tiles
    ]


def _speed(length_s: float, render_s: float) -> str:
    return f"{length_s / render_s:.1f} times real time" if render_s > 0.0 else "unknown speed"


def _albums(albums: Sequence[AlbumTotal]) -> Html | None:
    if not albums:
        return None
    heads = ("Album", "Songs", "Done", "Failed", "Length", "Loudness, LUFS", "Moved by, dB")
    found = [
        element(
            "tr",
            element("th", name(album["name"]), scope="row"),
            element("td", str(album["n_songs"])),
            element("td", str(album["n_done"])),
            element("td", str(album["n_failed"]), class_="failed" if album["n_failed"] else None),
            element("td", _clock(album["duration_s"])),
            element("td", number(album["loudness_lufs"])),
            element("td", number(album["offset_db"], signed=True)),
        )
        for album in albums
    ]
    head = element("tr", *(element("th", title, scope="col") for title in heads))
    table = element("table", element("thead", head), element("tbody", *found))
    return element(
        "details",
        element("summary", counted(len(albums), "album")),
        element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Albums"),
        class_="albums",
        open=len(albums) <= _MOST_ALBUMS_OPEN,
    )


def _clock(seconds: float) -> str:
    """`1:02:07` or `3:07`."""
    if seconds <= 0.0:
        return NOTHING
    return clock_time(seconds)
