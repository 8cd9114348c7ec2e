"""What all pages share: colours that can be read, modules that make one script, marks of axes."""

import re
from itertools import pairwise

import pytest

from mixer.report.scripts import ASSETS, one_script, style
from tests.report.colours import contrast, relative_luminance

LEAST_CONTRAST = 4.5
GROUNDS = {"paper", "card", "warn-paper", "bad-paper"}
# What is only drawn, between grounds: lines and grids carry no words.
LINES = {"line", "grid"}
ON = {"warn": ("warn-paper",), "bad": ("bad-paper",), "accent-ink": ("accent",)}


def colours(scheme: str) -> dict[str, float]:
    """Relative luminance of each token of a colour scheme."""
    light, dark = style().split("@media (prefers-color-scheme: dark)")
    part = {"light": light, "dark": dark.split("}\n}")[0]}[scheme]
    return {
        name: relative_luminance(hex_) for name, hex_ in re.findall(r"--([\w-]+): (#\w{6})", part)
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_every_ground(scheme: str) -> None:
    found = colours(scheme)
    assert set(found) == set(colours("light"))
    for ink in set(found) - GROUNDS - LINES:
        grounds = ON.get(ink, ()) if ink == "accent-ink" else ("paper", "card", *ON.get(ink, ()))
        for ground in grounds:
            measured = contrast(found[ink], found[ground])
            assert measured >= LEAST_CONTRAST, f"{scheme}: {ink} on {ground}: {measured:.2f}"
    # A button that is on has its words in the card's colour on a stem's.
    for stem in range(8):
        assert contrast(found["card"], found[f"stem-{stem}"]) >= LEAST_CONTRAST


def test_no_sheet_has_a_colour_of_its_own() -> None:
    rooms = ASSETS.parents[1]
    sheets = [
        *(sheet for sheet in ASSETS.glob("*.css") if sheet.name != "tokens.css"),
        *(rooms / "batch" / "tables" / "assets").glob("*.css"),
        *(rooms / "listen" / "assets" / name for name in ("analysis.css", "plots.css")),
    ]
    assert len(sheets) >= 6
    for sheet in sheets:
        own = re.findall(r":[^;{}]*(#[0-9a-f]{3,8}|\brgb|\bhsl)", sheet.read_text(encoding="utf-8"))
        assert not own, f"{sheet.name}: {own}"


def test_modules_become_one_script_each_once_and_after_what_it_needs() -> None:
    script = one_script("report.js")
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert script.count("function shown(") == 1
    assert script.index("function shown(") < script.index("function timeline(")
    assert script.index("class Player") < script.index("new Player(")


def test_modules_in_a_circle_are_refused(tmp_path) -> None:
    for name, other in (("one.js", "two.js"), ("two.js", "one.js")):
        (tmp_path / name).write_text(f'import {{ x }} from "./{other}";\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"imports itself: one\.js -> two\.js -> one\.js"):
        one_script("one.js", folder=tmp_path)


@pytest.mark.browser
def test_every_axis_is_marked_with_the_decimals_of_its_steps(page) -> None:
    code = (ASSETS / "axes.js").read_text(encoding="utf-8")
    marked = page.evaluate(
        """async (code) => {
          const axes = await import("data:text/javascript," + encodeURIComponent(code));
          const found = [];
          for (const of of [axes.ticks, axes.dbTicks]) {
            for (let range = 0.3; range < 200; range *= 1.13) {
              for (const n of [2, 3, 4, 5, 7]) found.push(of(-range, range / 3, n, ""));
            }
          }
          return found;
        }""",
        code,
    )
    for axis in marked:
        assert 1 <= len(axis) <= 16
        for mark in axis:
            assert float(mark["text"].replace("\u2212", "-")) == pytest.approx(
                mark["value"], abs=1e-9
            )
        if len(axis) > 2:
            steps = [b["value"] - a["value"] for a, b in pairwise(axis)]
            assert steps == pytest.approx([steps[0]] * len(steps))
