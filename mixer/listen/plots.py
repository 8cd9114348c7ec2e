"""Pictures of an analysis, as PNG: violins over all songs and boxes by song, as in the paper.

The one module here that needs matplotlib.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixer.listen.analysis import Analysis, ScaleResult
from mixer.listen.design import LARGEST_RATING, Scale
from mixer.listen.tables import quartiles

VIOLINS = "violins"
_DPI = 150
# Names of systems and songs are not formulas.
_PLAIN_TEXT = {"text.parse_math": False}
_SONGS_A_PICTURE = 12
_COLUMNS = 3
_LONGEST_LABEL = 22
_INK = "0.15"


def draw(analysis: Analysis) -> dict[str, bytes]:
    """Every picture as PNG, by name without ending.

    `violins` shows all scales over all songs; `songs_SCALE`, or `songs_SCALE_1` and so on where
    there are many songs, has the boxes of one scale.
    """
    with rc_context(_PLAIN_TEXT), warnings.catch_warnings():
        # A font without some sign of a name draws a box in its place, and would warn each time.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        pictures = {VIOLINS: _png(_violins(analysis))}
        for result in analysis.scales:
            for name, songs in picture_songs(result.scale, analysis.songs).items():
                pictures[name] = _png(_boxes(analysis, result.scale, songs))
    return pictures


def picture_songs(scale: Scale, songs: Sequence[str]) -> dict[str, Sequence[str]]:
    """The pictures of a scale, and which songs are in each."""
    starts = range(0, len(songs), _SONGS_A_PICTURE)
    if len(starts) == 1:
        return {f"songs_{scale.id}": songs}
    return {
        f"songs_{scale.id}_{number}": songs[start : start + _SONGS_A_PICTURE]
        for number, start in enumerate(starts, 1)
    }


def _violins(analysis: Analysis) -> Figure:
    n_systems = len(analysis.systems)
    width_in = min(4.0 + 1.1 * n_systems, 18.0)
    figure = Figure(figsize=(width_in, 3.4 * len(analysis.scales)), layout="constrained")
    rows = figure.subplots(len(analysis.scales), 1, squeeze=False)[:, 0]
    for axis, result in zip(rows, analysis.scales, strict=True):
        _draw_violins(axis, analysis, result)
        _label_systems(axis, analysis.systems)
    figure.suptitle(
        f"{analysis.n_counted} participants, {_count(len(analysis.songs), 'song')}; thick line: "
        "middle half; dot and thin line: median and 95 % interval"
    )
    return figure


def _draw_violins(axis: Axes, analysis: Analysis, result: ScaleResult) -> None:
    found = [analysis.ratings(system, result.scale.id) for system in analysis.systems]
    places = np.arange(len(found))
    drawn: dict[str, Any] = axis.violinplot(found, places, widths=0.85, showextrema=False)
    for body, colour in zip(drawn["bodies"], _colours(len(found)), strict=True):
        body.set(facecolor=colour, edgecolor=colour, alpha=0.45)
    for place, ratings, system in zip(places, found, analysis.systems, strict=True):
        low, _, high = quartiles(ratings)
        axis.plot(
            [place, place], [low, high], "-", color=_INK, lw=5, alpha=0.45, solid_capstyle="butt"
        )
        where = result.systems[system]
        axis.plot([place, place], [where.median_low, where.median_high], "-", color=_INK, lw=1.5)
        axis.plot(place, where.median, "o", color="white", mec=_INK, ms=7)
    _scale_axis(axis, result.scale)
    axis.set_title(result.scale.name)


def _boxes(analysis: Analysis, scale: Scale, songs: Sequence[str]) -> Figure:
    n_columns = min(_COLUMNS, len(songs))
    n_rows = math.ceil(len(songs) / n_columns)
    width_in = n_columns * min(1.6 + 0.6 * len(analysis.systems), 6.0)
    figure = Figure(figsize=(max(width_in, 4.5), 0.8 + 3.1 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
    for axis, song in zip(axes, songs, strict=False):
        found = [analysis.ratings(system, scale.id, song) for system in analysis.systems]
        drawn = axis.boxplot(
            found,
            positions=np.arange(len(found)),
            widths=0.6,
            patch_artist=True,
            medianprops={"color": _INK, "lw": 2},
            flierprops={"marker": ".", "mec": "0.4"},
        )
        for box, colour in zip(drawn["boxes"], _colours(len(found)), strict=True):
            box.set(facecolor=colour, alpha=0.55)
        _scale_axis(axis, scale)
        _label_systems(axis, analysis.systems)
        axis.set_title(_short(song, 40), fontsize=10)
        axis.tick_params(labelleft=True)
    for axis in axes[len(songs) :]:
        axis.set_visible(False)
    figure.suptitle(
        f"{scale.name} by song; box: middle half, line: median, whiskers: to 1.5 box lengths"
    )
    return figure


def _scale_axis(axis: Axes, scale: Scale) -> None:
    axis.set_ylim(-2.0, LARGEST_RATING + 2.0)
    axis.set_yticks(
        np.linspace(0.0, LARGEST_RATING, len(scale.words)),
        [
            f"{word}  {rating:.0f}"
            for word, rating in zip(
                scale.words, np.linspace(0.0, LARGEST_RATING, len(scale.words)), strict=True
            )
        ],
        fontsize=8,
    )
    axis.grid(axis="y", alpha=0.3)


def _label_systems(axis: Axes, systems: Sequence[str]) -> None:
    axis.set_xlim(-0.6, len(systems) - 0.4)
    labels = [_short(system, _LONGEST_LABEL) for system in systems]
    crowded = len(systems) > 4 or max(map(len, labels)) > 12
    axis.set_xticks(
        range(len(systems)),
        labels,
        rotation=30 if crowded else 0,
        ha="right" if crowded else "center",
        rotation_mode="anchor",
        fontsize=9,
    )


def _colours(n: int) -> list[Any]:
    palette = colormaps["tab10" if n <= 10 else "tab20"]
    return [palette(i % palette.N) for i in range(n)]


def _short(text: str, longest: int) -> str:
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()
