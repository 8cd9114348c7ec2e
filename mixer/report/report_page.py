"""The report as one HTML page: markup, style, scripts and figures put together."""

from __future__ import annotations

import math
from typing import TypedDict

from mixer.report import report_tables as tables
from mixer.report.channels import MIX_BUS
from mixer.report.data import Charts, ReportData
from mixer.report.listening import Player
from mixer.report.markup import Html, data_block, element, joined
from mixer.report.page_frame import document
from mixer.report.report_tables import colour_of
from mixer.report.scripts import one_script, style
from mixer.report.session_table import ABOUT, nulls_table
from mixer.version import __version__

_KEYS = (
    ("Space", "play, pause"),
    ("← →", "5 s back, forward"),
    ("Home", "to the start"),
    ("1 … 9", "switch source; choose a stem"),
    ("S", "solo the chosen stem"),
    ("M", "mute it"),
    ("0", "clear solo and mute"),
    ("L", "equal loudness"),
)


def page(data: ReportData, player: Player, *, embedded: bool) -> str:
    """A whole HTML document.

    Args:
        data: from `report_data`.
        player: from `linked_player` or `embedded_player`.
        embedded: the player's audio is inside; the page may then load nothing at all.
    """
    body = joined(
        tables.header(data),
        element("main", *_sections(data)),
        _footer(),
        data_block("figures", _figures(data)),
        data_block("player-data", player),
    )
    return document(
        f"{data.mix.song.name} – mix report",
        style("page.css", "charts.css", "report.css"),
        body,
        script=one_script("report.js"),
        allowed={} if embedded else {"media-src": "'self' file:", "connect-src": "'self'"},
    )


class _ShownSource(TypedDict):
    key: str
    label: str
    is_stem: bool
    loudness_lufs: float | None
    colour: str


class _Figures(Charts):
    """Data that the page's scripts draw from."""

    duration_s: float
    sources: list[_ShownSource]
    colours: dict[str, str]


def _figures(data: ReportData) -> _Figures:
    stems = list(data.mix.wet_stems)
    shown = dict.fromkeys((*stems, *(c["stem"] for c in data.charts["console"]["channels"])))
    return {
        **data.charts,
        "duration_s": data.duration_s,
        "colours": {s: "mix" if s == MIX_BUS else colour_of(s, shown) for s in shown},
        "sources": [
            {
                "key": s.key,
                "label": s.label,
                "is_stem": s.is_stem,
                "loudness_lufs": s.level.loudness_lufs
                if math.isfinite(s.level.loudness_lufs)
                else None,
                "colour": colour_of(s.key, stems) if s.is_stem else s.key.replace("_", "-"),
            }
            for s in data.sources
        ],
    }


def _sections(data: ReportData) -> list[Html]:
    keys = element(
        "details",
        element("summary", "Keyboard"),
        element(
            "dl",
            *(
                element("div", element("dt", element("kbd", key)), element("dd", what))
                for key, what in _KEYS
            ),
            class_="keys",
        ),
        class_="keyboard",
    )
    sections = [
        _section("listen", "Listen", None, element("div", id="timeline"), keys),
        _console(data),
        _section(
            "spectrum",
            "Spectrum",
            "Sums: third octaves, each curve on average 0 dB. Stems: measured as the profile was, "
            "lined up by their power from 60 Hz to 12 kHz; the dashed line is the profile's "
            "stem, which a model aims at if it normalises EQ.",
            element("div", id="spectrum-chart"),
        ),
        _section(
            "field",
            "Stereo field",
            "Left: level of the energy by direction, relative to the whole; beyond L and R the "
            "channels are out of phase. Right: share of the side (L\u00a0\u2212\u00a0R) in each "
            "band, and the correlation of left and right.",
            element("div", id="field-chart"),
        ),
    ]
    sections.append(_masking(data))
    if data.mix.measurements["tracks"]:
        about = tables.about_tracks(data.mix.measurements)
        sections.append(_section("tracks", "Tracks", about, tables.tracks(data)))
    sections.append(_section("stems", "Stems", None, tables.stems(data)))
    if data.nulls is not None:
        sections.append(_section("sessions", "Sessions", ABOUT, nulls_table(data.nulls)))
    sections += [
        _section(title.lower(), title, None, tables.lines(data.sections[title]))
        for title in data.sections
    ]
    return [
        *sections,
        _section("files", "Files", None, tables.files(data)),
        _section("record", "Record", None, tables.settings(data)),
    ]


def _console(data: ReportData) -> Html:
    """The settings as pictures; without a network, the reason."""
    why = data.charts["console"]["why"]
    about = (
        "A mark is the network's setting. If a preset or you changed it, the hollow mark is the "
        "network's and the filled one is the result. A fader acts on the recording; the bar "
        "around a pan is the width of the side signal. The EQ includes the high-pass; sends are "
        "in dB of their returns."
    )
    if why and not any(channel["by_hand"] for channel in data.charts["console"]["channels"]):
        return _section("console", "Settings", None, element("p", why, class_="empty"))
    return _section(
        "console",
        "Settings" if why else "What the network did",
        why or about,
        element(
            "div",
            id="console-chart",
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Channels",
        ),
        None if why else _how_to_change(data),
        element("div", id="curve-chart"),
        element("div", id="room-chart"),
    )


def _how_to_change(data: ReportData) -> Html:
    request = f'mixer revise MIX "{data.mix.song.stems[0]} up 1 dB"'
    return element(
        "p",
        "To change something and keep the rest, render the next take: ",
        element("code", request),
        ". ",
        element("code", "mixer revise --words"),
        " lists the requests in plain words; ",
        element("code", "mixer studio"),
        " shows these channels as a console.",
        class_="about",
    )


def _masking(data: ReportData) -> Html:
    if data.charts["masking"]["rows"]:
        about = (
            "How much of a stem's loudness lies below the masking threshold of another stem, in "
            "each critical band. Blank: the stem has next to nothing there."
        )
        return _section("masking", "Masking", about, element("div", id="masking-chart"))
    n_stems = len(data.mix.wet_stems)
    why = "No stem of this mix is audible."
    if n_stems == 0:
        why = "Not known: the mix was rendered without its wet stems."
    elif n_stems == 1:
        why = "One stem alone: there is nothing to mask it."
    return _section("masking", "Masking", None, element("p", why, class_="empty"))


def _section(identifier: str, title: str, about: str | None, *content: Html | None) -> Html:
    heading = f"{identifier}-title"
    return element(
        "section",
        element("h2", title, id=heading),
        element("p", joined(about), class_="about") if about else None,
        *content,
        id=identifier,
        aria_labelledby=heading,
    )


def _footer() -> Html:
    return element(
        "footer",
        element(
            "p",
            f"mixer {__version__}. Loudness and true peak: ITU-R BS.1770-4. Loudness range: EBU "
            "Tech 3342. Short-term loudness: windows of 3 s, drawn at their middle. ",
        ),
        element(
            "p",
            "Masking: spreading after Schroeder, Atal and Hall (1979) on Traunmüller's Bark scale, "
            "offset of noise maskers, shares weighted by specific loudness. It is a model of the "
            "ear, not a verdict.",
        ),
    )
