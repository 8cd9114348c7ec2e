"""Pictures of the studio: `python -m tests.studio.screenshots FOLDER`, or `--picture FILE.png`.

The demo song, mixed by the shipped model and moved by hand a little; every panel at three widths,
light and dark, or the one picture of the documentation.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from mixer.audio import write_audio
from mixer.demo_song import DEMO_SONG, compose_demo_song
from mixer.studio.songs import Studio
from mixer.studio.studio_server import prepare
from tests.browser import LAUNCH_ARGUMENTS, find_chromium, wait_until

SIZES = ((390, 844), (1280, 800), (2560, 1440))
PANELS = ("Channel", "Compare", "Ask", "Spectrum", "Save")
RATE_HZ = 44_100
WAIT_MS = 120_000
SETTLED = "mixStudio.song.sending === null && !mixStudio.song.queue.length"
_MOVES = """() => mixStudio.edit({
  "vocals.gain_db": 2.5, "drums.gain_db": -1.5, "other.pan": 0.2, "vocals.reverb_db": -16,
  "vocals.eq": [
    { type: "low_shelf", frequency_hz: 160, gain_db: -4, q: 0.7, amount: 1 },
    { type: "peak", frequency_hz: 2600, gain_db: 3.5, q: 1.1, amount: 1 },
    { type: "high_shelf", frequency_hz: 9000, gain_db: 2.5, q: 0.7, amount: 1 }],
})"""


def write_song(folder: Path) -> Path:
    """The demo song on the disk."""
    for stem, audio in compose_demo_song(1, RATE_HZ).items():
        write_audio(folder / f"{stem}.wav", audio, RATE_HZ)
    text = f'title = "{DEMO_SONG.title}"\ndry = true\ntempo_bpm = {DEMO_SONG.tempo_bpm:g}\n'
    (folder / "song.toml").write_text(text, encoding="utf-8")
    return folder


def open_studio(browser: Browser, link: str, width: int, height: int, scheme: str) -> Page:
    """The page, playing an exact render."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(link)
    wait_until(page, "window.mixStudio !== undefined && mixStudio.engine.isExact", WAIT_MS)
    page.evaluate("mixStudio.player.seek(7)")
    page.evaluate("mixStudio.player.play()")
    wait_until(page, "mixStudio.engine.told.position > 8.5 * mixStudio.sampleRate")
    return page


def take_all(browser: Browser, link: str, folder: Path) -> None:
    """Every panel at every width, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            page = open_studio(browser, link, width, height, scheme)
            for panel in PANELS:
                page.get_by_role("tab", name=panel).click()
                if panel == "Spectrum":
                    page.locator(".panel .plot svg").wait_for()
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_timeout(500)
                file = folder / f"{width}-{scheme}-{panel.lower()}.png"
                page.screenshot(path=file, full_page=width < 900)
            page.close()


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        song = write_song(Path(scratch) / "song")
        studio = Studio(song, Path(scratch) / "mixes")
        served = prepare(studio, 0)
        threading.Thread(target=served.run, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS)
        )
        page = open_studio(browser, served.link, 1280, 800, "dark")
        page.evaluate(_MOVES)
        wait_until(page, f"{SETTLED} && mixStudio.engine.isExact", WAIT_MS)
        if arguments[0] == "--picture":
            page.screenshot(path=arguments[1])
        else:
            take_all(browser, served.link, Path(arguments[0]))
        browser.close()
        served.server.should_exit = True
        studio.close()


if __name__ == "__main__":
    main(sys.argv[1:])
