"""The analysis as one HTML file that needs nothing else: tables, and pictures in its colours.

It runs no script and loads nothing; everything that people wrote or named is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from mixer.evaluate.statistics import Location
from mixer.files.wording import counted
from mixer.listen.analysis import Analysis, ScaleResult, SystemPair
from mixer.listen.analysis_words import (
    BLOCK_WORDS,
    METHODS,
    SIGNIFICANT_P,
    friedman_text,
    interval_text,
    pair_texts,
)
from mixer.listen.plots import ASSETS, STYLE, Picture
from mixer.listen.screening import Participant
from mixer.report.markup import LONGEST_TEXT, Html, element, joined
from mixer.report.markup import name as set_apart
from mixer.report.page_frame import document
from mixer.report.scripts import style


def analysis_page(analysis: Analysis, pictures: Mapping[str, Picture]) -> str:
    """A whole HTML document.

    Args:
        analysis: from `analyse`.
        pictures: by name, from `mixer.listen.plots.draw`; empty for a page of tables.
    """
    body = joined(_header(analysis), element("main", *_sections(analysis, pictures)))
    sheets = style("page.css", STYLE, "analysis.css", folder=ASSETS)
    return document(f"{analysis.title} – analysis", sheets, body)


def _header(analysis: Analysis) -> Html:
    n_out = len(analysis.participants) - analysis.n_counted
    return element(
        "header",
        element("h1", analysis.title),
        element(
            "p",
            f"{analysis.n_counted} of {len(analysis.participants)} participants count"
            f"{f', {n_out} left out' if n_out else ''}; {counted(len(analysis.songs), 'song')}, "
            f"{counted(len(analysis.systems), 'system')}, "
            f"{counted(len(analysis.pages), 'rated page')}",
            class_="soft",
        ),
        _list(analysis.remarks, "remarks") if analysis.remarks else None,
    )


def _sections(analysis: Analysis, pictures: Mapping[str, Picture]) -> list[Html]:
    blocks = BLOCK_WORDS[analysis.settings.blocks]
    over_all = [name for name in pictures if not name.startswith("songs_")]
    by_song = [name for name in pictures if name not in over_all]
    sections = [
        _section(
            "Over all songs",
            *(_picture(name, pictures[name]) for name in over_all),
            *(part for result in analysis.scales for part in _scale(result)),
        )
    ]
    if by_song:
        sections.append(_section("By song", *(_picture(name, pictures[name]) for name in by_song)))
    sections.append(
        _section(
            "Differences between systems",
            element("p", f"{blocks} Bold: p (Holm) below {SIGNIFICANT_P:g}.", class_="soft"),
            *(part for result in analysis.scales for part in _pairs(result)),
        )
    )
    sections.append(_section("Participants", _list(analysis.rules), _participants(analysis)))
    if analysis.comments:
        sections.append(_section("What participants wrote", *_comments(analysis)))
    methods = [element("p", text) for text in (*METHODS[:2], blocks, *METHODS[2:])]
    sections.append(_section("How it was computed", *methods))
    return sections


def _section(title: str, *content: Html) -> Html:
    return element("section", element("h2", title), *content)


def _picture(name: str, picture: Picture) -> Html:
    panels = (
        element(
            "div",
            element("h3", set_apart(panel.title)),
            panel.svg(role="img", aria_label=f"{panel.title}: the figures are in the tables"),
        )
        for panel in picture.panels
    )
    caption = element("figcaption", picture.caption, class_="soft")
    return element("figure", element("div", *panels, class_="panels"), caption, id=name)


def _scale(result: ScaleResult) -> list[Html]:
    rows = [
        [set_apart(system), *(element("td", cell, class_="number") for cell in _cells(where))]
        for system, where in result.systems.items()
    ]
    head = ("system", "median", "95 %", "mean", "95 %", "ratings")
    return [
        element("h3", result.scale.name),
        element("p", result.scale.question, class_="soft"),
        _table(f"Systems, {result.scale.name}", head, rows),
        element("p", friedman_text(result.friedman)),
    ]


def _cells(where: Location) -> tuple[str, ...]:
    return (
        f"{where.median:.1f}",
        interval_text(where.median_low, where.median_high),
        f"{where.mean:.1f}",
        interval_text(where.mean_low, where.mean_high),
        str(where.n),
    )


def _pairs(result: ScaleResult) -> list[Html]:
    rows = [_pair(pair) for pair in result.pairs]
    head = (
        "first - second",
        "blocks",
        "median difference",
        "effect",
        "Cliff's delta",
        "p",
        "p (Holm)",
    )
    return [element("h3", result.scale.name), _table(f"Pairs, {result.scale.name}", head, rows)]


def _pair(pair: SystemPair) -> list[Html]:
    test = pair.test
    mark = "number real" if test.p_holm < SIGNIFICANT_P else "number"
    names = joined(set_apart(test.first), " - ", set_apart(test.second))
    return [names, *(element("td", cell, class_=mark) for cell in pair_texts(pair))]


def _participants(analysis: Analysis) -> Html:
    head = ("participant", "counts", "pages", "reference missed", "repeat differs", "why left out")
    rows = [
        [
            set_apart(participant.name),
            element("td", "yes" if participant.counts else "no"),
            element("td", _pages(participant), class_="number"),
            element("td", _share(participant.missed_share), class_="number"),
            element("td", _points(participant.repeat_difference), class_="number"),
            element("td", "; ".join(participant.reasons)),
        ]
        for participant in analysis.participants
    ]
    out = [not participant.counts for participant in analysis.participants]
    return _table("Participants", head, rows, out)


def _pages(participant: Participant) -> str:
    unfinished = "" if participant.complete else ", not finished"
    unheard = f", {participant.n_unheard_pages} unheard" if participant.n_unheard_pages else ""
    return f"{participant.n_pages}{unheard}{unfinished}"


def _share(share: float) -> str:
    return f"{100.0 * share:.0f} %" if math.isfinite(share) else "-"


def _points(points: float) -> str:
    return f"{points:.1f}" if math.isfinite(points) else "-"


def _comments(analysis: Analysis) -> Iterable[Html]:
    for participant, comments in groupby(analysis.comments, key=lambda c: c.participant):
        yield element("h3", set_apart(participant))
        for comment in comments:
            about = joined("on ", set_apart(comment.song)) if comment.song else "on the whole"
            starts = range(0, len(comment.text), LONGEST_TEXT)
            # In pieces: markup cuts a text that is too long, and nobody's words are to be cut.
            pieces = [comment.text[start : start + LONGEST_TEXT] for start in starts]
            yield element("p", about, class_="soft")
            yield element("blockquote", *pieces, dir="auto")


def _list(texts: Iterable[str], class_: str | None = None) -> Html:
    pieces = (
        [text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT)]
        for text in texts
    )
    return element("div", element("ul", *(element("li", *p) for p in pieces)), class_=class_)


def _table(
    label: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Html]],
    out: Sequence[bool] | None = None,
) -> Html:
    """A table whose rows begin with their heading; `out` marks rows that do not count."""
    headings = [
        element(
            "th", text, scope="col", class_="number" if i and rows and _is_number(rows, i) else None
        )
        for i, text in enumerate(head)
    ]
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            *cells,
            class_="out" if out and out[i] else None,
        )
        for i, (first, *cells) in enumerate(rows)
    ]
    table = element("table", element("thead", element("tr", *headings)), element("tbody", *body))
    # A wide table scrolls by itself, by keyboard too.
    return element("div", table, class_="wide", tabindex="0", role="region", aria_label=label)


def _is_number(rows: Sequence[Sequence[Html]], column: int) -> bool:
    return rows[0][column].startswith('<td class="number')
