"""A map of a mix's variations: brightness against width, the vocals as size.

    python -m benchmarks.variations_map docs/variations.svg [--song FOLDER]

Without a song, that of `mixer demo` is composed. The variations are made as `mixer variations -n 8`
makes them; the picture shows what was measured of each, against the first.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path

from mixer import variations
from mixer.demo_song import DEMO_SONG
from mixer.rendering.choices.axes import AXES
from mixer.takes.variations import MadeVariations

WIDTH, HEIGHT, MARGIN = 720, 460, 60
N_VARIATIONS = 8
# Radius of the first mix's vocals, and what a dB more of it adds.
RADIUS, PER_DB = 16.0, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("svg", type=Path)
    parser.add_argument("--song", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        song = asked.song or _demo(Path(folder) / "demo")
        made = variations(song, N_VARIATIONS, folder=Path(folder) / "mixes")
        asked.svg.write_text(svg_of(made), encoding="utf-8")


def _demo(folder: Path) -> Path:
    from mixer.cli.main import run

    if run(["demo", str(folder)]) != 0:
        raise SystemExit("the demo song cannot be composed")
    return folder


def svg_of(made: MadeVariations) -> str:
    """The picture of variations that were made."""
    rows: list[tuple[str, Mapping[str, float]]] = [("first", {})]
    for number, each in enumerate(made.made, 1):
        place = each.take["variation"]
        rows.append((f"{number}: {place['words']}", place["moved"]))
    spread = {axis.name: axis.spread_db for axis in AXES}
    most = max([1.0, *(abs(m.get(n, 0.0)) / spread[n] for _, m in rows for n in _SHOWN)])
    parts = [_axes(most, spread)]
    for label, moved in rows:
        x, y = (_place(moved.get(name, 0.0) / spread[name] / most, name) for name in _SHOWN)
        radius = max(RADIUS + PER_DB * moved.get("vocals", 0.0), 4.0)
        kind = "first" if label == "first" else "other"
        number, _, words = label.partition(": ")
        parts.append(f'<g class="{kind}"><title>{escape(words or label)}</title>')
        parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}"/>')
        parts.append(f'<text x="{x:.0f}" y="{y + 4:.0f}">{escape(number)}</text></g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Variations of {escape(DEMO_SONG.title)} by brightness and width">\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


_SHOWN = ("width", "brightness")
_STYLE = (
    "text{font:13px sans-serif;text-anchor:middle;fill:#333}line{stroke:#aaa}"
    ".other circle{fill:#5b7fd6;fill-opacity:.45}.first circle{fill:#e3a13c;fill-opacity:.6}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}line{stroke:#666}}"
)


def _place(share: float, name: str) -> float:
    if name == "width":
        return WIDTH / 2 + share * (WIDTH / 2 - MARGIN)
    return HEIGHT / 2 - share * (HEIGHT / 2 - MARGIN)


def _axes(most: float, spread: Mapping[str, float]) -> str:
    across, up = HEIGHT / 2, WIDTH / 2
    wide_db, bright_db = most * spread["width"], most * spread["brightness"]
    return "\n".join(
        [
            f'<line x1="20" y1="{across}" x2="{WIDTH - 20}" y2="{across}"/>',
            f'<line x1="{up}" y1="20" x2="{up}" y2="{HEIGHT - 20}"/>',
            f'<text x="{WIDTH - 70}" y="{across - 8}">wider, {wide_db:.1f} dB</text>',
            f'<text x="70" y="{across - 8}">narrower</text>',
            f'<text x="{up + 75}" y="24">brighter, {bright_db:.1f} dB</text>',
            f'<text x="{up + 30}" y="{HEIGHT - 14}">darker</text>',
            f'<text x="{WIDTH / 2}" y="{HEIGHT - 34}" dx="220">'
            "size: vocals against the rest</text>",
        ]
    )


if __name__ == "__main__":
    main()
