"""The recall sheet: every strip of a session in an engineer's words, as CSV and as Markdown.

Beside them stands a table of numbers (`NAME.recall.json`), by which `mixer learn` tells what an
engineer has changed in a session since.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from mixer.console.settings import MASTER
from mixer.console.settings import Strip as UserStrip
from mixer.files.spreadsheet import cell
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.daw.daw_session import DawGroup, DawSession, DawTrack, in_order
from mixer.output.daw.strips.native_strip import Strip
from mixer.output.daw.strips.nearness import Nearness
from mixer.output.daw.strips.strip_words import (
    FLAGGED_ABOVE_DB,
    automation_words,
    band_words,
    fader_words,
    pan_words,
    standby_words,
)
from mixer.preset.schema import plain_strip
from mixer.rendering.plans.plan import RenderPlan
from mixer.report.data import SessionNulls

RECALL_VERSION = 1
_HEADINGS = ("Track", "Folder", "Fader", "Pan", "Width", "EQ", "Dynamics", "Sends")


class WrittenStrip(TypedDict):
    """A strip as it was written; bands are kind, Hz, dB and Q, automation seconds and factors.

    `source` is the mixer's own name of the track or stem, `user` what presets, `song.toml` and
    options said of it, as a preset says it.
    """

    name: str
    source: str
    role: str | None
    gain_db: float
    pan: float
    width: float
    muted: bool
    soloed: bool
    bands: list[tuple[str, float, float, float]]
    automation: list[tuple[float, float]]
    sends: dict[str, float]
    user: Mapping[str, Any]


class WrittenSession(TypedDict):
    """A session as it was written: tracks by what they play, folders by stem, names of the rest."""

    tracks: list[WrittenStrip]
    groups: list[WrittenStrip]
    others: list[str]


class Recall(TypedDict):
    """`NAME.recall.json`.

    `song` is its folder, `mixes_tracks` says whether the model does, `loudness_lufs` is the
    target, `files` has the SHA-256 of each session as it was written.
    """

    version: int
    song: str
    mixes_tracks: bool
    loudness_lufs: float | None
    sessions: dict[str, WrittenSession]
    files: dict[str, str]


def written_session(session: DawSession, plan: RenderPlan) -> WrittenSession:
    """The session that `mixer learn` compares an edited one with."""
    strips, asked = plan.user.strips, plan.asked
    tracks = [
        _written(track.name, track.source, track.role, track.strip, strips.get(track.source))
        for track in session.tracks
        if track.source is not None
    ]
    groups = [
        _written(
            group.name,
            group.stem,
            None,
            group.strip,
            asked.master if group.stem == MASTER else asked.strip(group.stem),
        )
        for group in session.groups
        if group.stem is not None
    ]
    known = {strip["name"] for strip in (*tracks, *groups)}
    others = [node.name for node, _ in in_order(session) if node.name not in known]
    return {"tracks": tracks, "groups": groups, "others": others}


def _written(
    name: str, source: str, role: str | None, strip: Strip, user: UserStrip | None
) -> WrittenStrip:
    return {
        "name": name,
        "source": source,
        "role": role,
        "gain_db": strip.gain_db,
        "pan": strip.pan,
        "width": strip.width,
        "muted": strip.muted,
        "soloed": strip.soloed,
        "bands": [(b.kind, b.frequency_hz, b.gain_db, b.q) for b in strip.bands],
        "automation": [(time_s, factor) for time_s, factor in strip.automation],
        "sends": dict(strip.sends),
        "user": {} if user is None else plain_strip(user),
    }


def recall_csv(sessions: Mapping[str, DawSession]) -> str:
    """A row a track and a folder; nulls and bands in columns for each format of session."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    titles = [DAW_FORMATS[daw].title for daw in sessions]
    nulls = [f"{what} dB ({title})" for title in titles for what in ("nulls to", "bands within")]
    table.writerow([*_HEADINGS, *nulls, "Remarks"])
    for cells, nears in _rows(sessions):
        flag = "listen to the residual" if _is_flagged(nears) else ""
        shown = [f"{value:.1f}" if near else "" for near in nears for value in near or ("", "")]
        table.writerow([*map(cell, cells), *shown, flag])
    return out.getvalue()


def recall_markdown(sessions: Mapping[str, DawSession]) -> str:
    """The same as tables, with the returns, and what it all means."""
    first = next(iter(sessions.values()))
    lines = [f"# {_plain(first.title)}: recall sheet", ""]
    tempo = "" if first.tempo_bpm is None else f", {first.tempo_bpm:g} bpm"
    lines += [f"{first.sample_rate} Hz, {first.duration_s:.1f} s{tempo}", ""]
    nulls = [f"Nulls to ({DAW_FORMATS[daw].title})" for daw in sessions]
    lines += [_line((*_HEADINGS, *nulls)), _line(("---",) * (len(_HEADINGS) + len(nulls)))]
    for cells, nears in _rows(sessions):
        shown = ["-" if near is None else _near_words(near) for near in nears]
        lines.append(_line((*map(_plain, cells), *shown)))
    lines += [
        "",
        "Nulls to: energy of the difference between the settings alone and the mix; the "
        f"track residual holds that difference. Above {FLAGGED_ABOVE_DB:g} dB (!) the settings "
        "describe only a part of the processing. Bands: the largest difference of a band's level, "
        "averaged over the song. A shallow null beside bands within 1 dB is mostly phase and "
        "timing, which are hardly audible; with larger differences the settings sound different "
        "from the mix.",
        "",
    ]
    returns = [track for track in first.tracks if track.is_return]
    lines += [f"- {_plain(track.name)}: {_plain(track.notes[0])}" for track in returns]
    lines += [f"- marker {_plain(m.name)} at {m.time_s:.2f} s" for m in first.markers]
    return "\n".join([*lines, ""])


def session_nulls(sessions: Mapping[str, DawSession]) -> SessionNulls:
    """Nulls of each track and folder, for a report."""
    return SessionNulls(
        titles=tuple(DAW_FORMATS[daw].title for daw in sessions),
        rows=tuple((cells[0], tuple(nears)) for cells, nears in _rows(sessions)),
        flagged_above_db=FLAGGED_ABOVE_DB,
    )


def _rows(sessions: Mapping[str, DawSession]) -> Iterator[tuple[list[str], list[Nearness | None]]]:
    """Cells of each track and folder that the mix set, and how near it is by session."""
    by_name: list[dict[tuple[bool, str], Nearness | None]] = [
        {(isinstance(node, DawGroup), node.name): node.near for node, _ in in_order(session)}
        for session in sessions.values()
    ]
    for node, _ in in_order(next(iter(sessions.values()))):
        is_group = isinstance(node, DawGroup)
        known = node.stem if isinstance(node, DawGroup) else node.source
        if known is not None:
            yield _cells(node), [nears.get((is_group, node.name)) for nears in by_name]


def _cells(node: DawGroup | DawTrack) -> list[str]:
    strip = node.strip
    folder = node.parent if isinstance(node, DawGroup) else node.group
    dynamics = list(standby_words(node.standby))
    dynamics += [automation_words(strip)] if strip.automation else []
    state = "muted" if strip.muted else "soloed" if strip.soloed else ""
    return [
        node.name + (f" ({state})" if state else ""),
        folder or "",
        fader_words(strip),
        pan_words(strip.pan),
        f"{100.0 * strip.width:.0f} %" if strip.width != 1.0 else "",
        "; ".join(band_words(band) for band in strip.bands),
        "; ".join(dynamics),
        "; ".join(f"{name} {level_db:+.1f} dB" for name, level_db in strip.sends),
    ]


def _near_words(near: Nearness) -> str:
    flag = " (!)" if near.null_db > FLAGGED_ABOVE_DB else ""
    return f"{near.null_db:.1f} dB{flag}, bands {near.bands_db:.1f} dB"


def _is_flagged(nears: Sequence[Nearness | None]) -> bool:
    return any(near is not None and near.null_db > FLAGGED_ABOVE_DB for near in nears)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    """Text that Markdown takes for nothing but text."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in text)
