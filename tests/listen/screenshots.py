"""Pictures of every screen of the listening test: `python -m tests.listen.screenshots FOLDER`.

Three widths, light and dark, from a small test that is built for them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from mixer.listen.build import build_test
from mixer.listen.build_settings import BuildSettings
from mixer.listen.systems import parse_systems
from mixer.song.load import load_song
from tests.browser import LAUNCH_ARGUMENTS, file_url, find_chromium
from tests.listen.conftest import EXCERPT_S, write_song

SIZES = ((390, 844), (1280, 800), (3840, 2160))
LEAST_HEARD_S = 0.5


def build(folder: Path) -> Path:
    """A test of two songs and the mixes that need no network; returns its page."""
    songs = [load_song(write_song(folder / name, seed)) for seed, name in enumerate(("x", "y"))]
    settings = BuildSettings(length_s=EXCERPT_S, least_heard_s=LEAST_HEARD_S, seed=1)
    build_test(songs, parse_systems(["sum", "none", "human"]), folder / "TEST", settings)
    return folder / "TEST/public/index.html"


def take(page: Page, name: str, folder: Path) -> None:
    """Every screen on the way through the test."""
    page.screenshot(path=folder / f"{name}-1-welcome.png")
    page.get_by_label("Your name or code").fill("Anna")
    page.locator("button.next").click()
    page.locator(".rating").wait_for()
    page.screenshot(path=folder / f"{name}-2-page.png")
    page.locator("button.next").click()
    page.screenshot(path=folder / f"{name}-3-missing.png")
    for number in range(3):
        for index, row in enumerate(page.locator(".row").all()):
            row.locator("button.mix").click()
            row.locator(".heard.done").wait_for()
            for column, slider in enumerate(row.locator("input").all()):
                slider.fill(str(20 + 25 * index + 7 * column))
        if number == 0:
            page.screenshot(path=folder / f"{name}-4-rated.png")
        page.locator("button.next").click()
        page.wait_for_function(
            "n => Object.values(Listen.test.answers.value.pages).filter((p) => p.done).length > n",
            arg=number,
        )
        page.wait_for_function("!document.querySelector('.loading')")
    page.screenshot(path=folder / f"{name}-5-end.png")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        url = file_url(build(Path(scratch)))
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS)
        )
        for width, height in SIZES:
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page.goto(url)
                take(page, f"{width}-{scheme}", folder)
                page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
