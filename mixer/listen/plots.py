"""Pictures of an analysis, as SVG: violins over all songs and boxes by song, as in the paper.

A row a system, ratings from left to right. On the page they have the page's colours, light or dark;
a file by itself brings them along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.stats

from mixer.files.wording import counted
from mixer.listen.analysis import Analysis, ScaleResult
from mixer.listen.analysis_tables import quartiles
from mixer.listen.design import LARGEST_RATING, Scale
from mixer.report.markup import Html, element, joined
from mixer.report.scripts import style

ASSETS = Path(__file__).resolve().parent / "assets"
VIOLINS = "violins"
STYLE = "plots.css"
_SONGS_A_PICTURE = 12
_COLUMNS = 3
# In the units of a panel, which are pixels where it is as wide as that.
_WIDTH, _LEFT, _RIGHT, _TOP, _AXIS = 460.0, 140.0, 44.0, 6.0, 38.0
_VIOLIN_ROW, _BOX_ROW = 40.0, 26.0
_TITLE = 26.0
_LONGEST_LABEL, _LONGEST_WORD, _LONGEST_TITLE = 22, 13, 58
# Whiskers reach to the last rating within so many lengths of the box.
_WHISKER = 1.5


@dataclass(frozen=True)
class Panel:
    """One plot of a picture.

    Attributes:
        title: title of the plot.
        height: in the units of its view, which is `_WIDTH` wide.
        drawing: its elements.
    """

    title: str
    height: float
    drawing: Html

    def svg(self, **attributes: str) -> Html:
        """The panel as an element of its own, or within another one."""
        view = f"0 0 {_WIDTH:g} {self.height:g}"
        return element("svg", self.drawing, viewBox=view, class_="plot", **attributes)


@dataclass(frozen=True)
class Picture:
    """Panels of one kind, and how they are read."""

    caption: str
    panels: tuple[Panel, ...]


def draw(analysis: Analysis) -> dict[str, Picture]:
    """Every picture by name without ending.

    `violins` shows all scales over all songs; `songs_SCALE`, or `songs_SCALE_1` and so on where
    there are many songs, has the boxes of one scale.
    """
    of_all = (
        f"{counted(analysis.n_counted, 'participant')}, {counted(len(analysis.songs), 'song')}; "
        "thick line: middle half; dot and thin line: median and 95 % interval"
    )
    panels = tuple(_violins(analysis, result) for result in analysis.scales)
    pictures = {VIOLINS: Picture(of_all, panels)}
    for result in analysis.scales:
        caption = (
            f"{result.scale.name} by song; box: middle half, line: median, whiskers: to 1.5 box "
            "lengths"
        )
        for name, songs in picture_songs(result.scale, analysis.songs).items():
            boxes = tuple(_boxes(analysis, result.scale, song) for song in songs)
            pictures[name] = Picture(caption, boxes)
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


def svg_file(picture: Picture) -> str:
    """A picture as a file that needs nothing else; it is light or dark as its reader is."""
    columns = min(_COLUMNS, len(picture.panels))
    rows = [picture.panels[i : i + columns] for i in range(0, len(picture.panels), columns)]
    width, y = columns * _WIDTH, _TITLE
    placed: list[Html] = [_label(picture.caption, 10.0, 17.0, "strong")]
    for row in rows:
        tallest = max(panel.height for panel in row)
        for column, panel in enumerate(row):
            x = column * _WIDTH
            title = _short(panel.title, _LONGEST_TITLE)
            placed.append(_label(title, x + _WIDTH / 2.0, y + 17.0, "strong middle"))
            place = {"x": f"{x:g}", "y": f"{y + _TITLE:g}"}
            placed.append(panel.svg(width=f"{_WIDTH:g}", height=f"{panel.height:g}", **place))
        y += _TITLE + tallest
    sheet = element("style", Html(style(STYLE, folder=ASSETS)))
    ground = element("rect", class_="ground", width="100%", height="100%")
    # A caption is one line: the picture is as wide as it needs.
    width = max(width, 7.0 * len(picture.caption))
    return element(
        "svg",
        joined(sheet, ground, *placed),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {y:g}",
        width=f"{width:g}",
        height=f"{y:g}",
    )


def _violins(analysis: Analysis, result: ScaleResult) -> Panel:
    scale, n_systems = result.scale, len(analysis.systems)
    parts = list(_axis(scale, n_systems * _VIOLIN_ROW))
    for place, system in enumerate(analysis.systems):
        centre = _TOP + (place + 0.5) * _VIOLIN_ROW
        ratings = analysis.ratings(system, scale.id)
        where = result.systems[system]
        low, _, high = quartiles(ratings)
        inside = [_system(system, centre)]
        inside += _violin(ratings, centre, 0.45 * _VIOLIN_ROW)
        inside.append(_line("half", low, high, centre))
        inside.append(_line("interval", where.median_low, where.median_high, centre))
        inside.append(_dot("median", where.median, centre, 4.5))
        parts.append(element("g", *inside, class_=f"stem-{place % 8}"))
    return Panel(scale.name, _height(n_systems * _VIOLIN_ROW), joined(*parts))


def _boxes(analysis: Analysis, scale: Scale, song: str) -> Panel:
    n_systems = len(analysis.systems)
    parts = list(_axis(scale, n_systems * _BOX_ROW))
    for place, system in enumerate(analysis.systems):
        centre = _TOP + (place + 0.5) * _BOX_ROW
        ratings = analysis.ratings(system, scale.id, song)
        inside = [_system(system, centre), *_box(ratings, centre, 0.32 * _BOX_ROW)]
        parts.append(element("g", *inside, class_=f"stem-{place % 8}"))
    return Panel(song, _height(n_systems * _BOX_ROW), joined(*parts))


def _violin(ratings: Sequence[int], centre: float, reach: float) -> Iterator[Html]:
    """How often each rating was given, smoothed, from the least to the largest one."""
    if len(set(ratings)) < 2:
        return
    at = np.linspace(min(ratings), max(ratings), 64)
    density = scipy.stats.gaussian_kde(ratings)(at)
    half = reach * density / density.max()
    above = [(_x(r), centre - h) for r, h in zip(at, half, strict=True)]
    below = [(_x(r), centre + h) for r, h in zip(at, half, strict=True)]
    yield _path("violin", [*above, *reversed(below)], closed=True)


def _box(ratings: Sequence[int], centre: float, reach: float) -> Iterator[Html]:
    if not ratings:
        return
    low, middle, high = quartiles(ratings)
    far = _WHISKER * (high - low)
    inside = [r for r in ratings if low - far <= r <= high + far]
    yield _line("whisker", min(inside), max(inside), centre)
    left, right = _x(low), _x(high)
    corners = [(left, centre - reach), (right, centre - reach)]
    corners += [(right, centre + reach), (left, centre + reach)]
    yield _path("box", corners, closed=True)
    yield _path("middle-line", [(_x(middle), centre - reach), (_x(middle), centre + reach)])
    for rating in sorted(set(ratings) - set(inside)):
        yield _dot("far", rating, centre, 2.0)


def _axis(scale: Scale, height: float) -> Iterator[Html]:
    """Lines at the scale's words, and the words below them."""
    bottom = _TOP + height
    marks = np.linspace(0.0, LARGEST_RATING, len(scale.words))
    for word, rating in zip(scale.words, marks, strict=True):
        x = _x(float(rating))
        yield _path("grid", [(x, _TOP), (x, bottom)])
        yield _label(_short(word, _LONGEST_WORD), x, bottom + 14.0, "middle")
        yield _label(f"{rating:g}", x, bottom + 28.0, "middle")


def _system(system: str, centre: float) -> Html:
    return _label(_short(system, _LONGEST_LABEL), _LEFT - 14.0, centre + 4.0, "end strong")


def _height(rows: float) -> float:
    return _TOP + rows + _AXIS


def _x(rating: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * rating / LARGEST_RATING


def _line(class_: str, low: float, high: float, y: float) -> Html:
    """A level line between two ratings; nothing if they are not known."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return Html("")
    return _path(class_, [(_x(low), y), (_x(high), y)])


def _dot(class_: str, rating: float, y: float, radius: float) -> Html:
    return element("circle", class_=class_, cx=f"{_x(rating):.1f}", cy=f"{y:.1f}", r=f"{radius:g}")


def _path(class_: str, points: Sequence[tuple[float, float]], *, closed: bool = False) -> Html:
    # Put together here: `element` would cut an attribute as long as a curve; these are numbers.
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")
    return Html(f'<path class="{class_}" d="{d}"/>')


def _label(words: str, x: float, y: float, class_: str) -> Html:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", class_=class_)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
