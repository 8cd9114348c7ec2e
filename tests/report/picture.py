"""Make the picture of the report that the README shows.

    python -m tests.report.picture report.png [--dark] [--width 1280] [--height 1760]

Composes the demo song, renders it with the default model, and photographs its report in Chromium
with the mix playing. Needs the `dev` extra and a Chromium, see `tests.browser`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from mixer import RenderSettings, load_song, render
from mixer.audio import write_audio
from mixer.demo_song import DEMO_SONG, compose_demo_song
from mixer.report import report_data, write_report
from tests.browser import LAUNCH_ARGUMENTS, file_url, find_chromium, wait_until

SAMPLE_RATE_HZ = 44_100
LOUDNESS_LUFS = -14.0
# Where the playhead stands.
POSITION_S = 12.0


def write_demo_report(folder: Path, model: str = "default") -> Path:
    """Compose, render and report the demo song; returns the report with previews inside."""
    song_folder = folder / "song"
    for stem, audio in compose_demo_song(1, SAMPLE_RATE_HZ).items():
        write_audio(song_folder / f"{stem}.wav", audio, SAMPLE_RATE_HZ)
    title = f'title = "{DEMO_SONG.title}"\ndry = true\n'
    (song_folder / "song.toml").write_text(title, encoding="utf-8")
    song = load_song(song_folder)
    settings = RenderSettings(model=model, loudness_lufs=LOUDNESS_LUFS)
    data = report_data(render(song, settings, wet_stems=True, stages=True), files={})
    path = folder / "demo.report.html"
    write_report(path, data, embed=True, overwrite=True)
    return path


def photograph(report: Path, picture: Path, *, width: int, height: int, dark: bool) -> None:
    """A PNG of the top of a report, its mix playing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS)
        )
        scheme = "dark" if dark else "light"
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(file_url(report))
        page.evaluate(f"mixReport.player.seek({POSITION_S})")
        page.click("button.play")
        wait_until(page, f"mixReport.player.position_s() > {POSITION_S + 0.3}", timeout_ms=60_000)
        page.click("button.play")
        page.screenshot(path=picture)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the README's picture of the mix report.")
    parser.add_argument("picture", type=Path, help="PNG to write")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1760)
    options = parser.parse_args()
    if find_chromium() is None:
        sys.exit("Chromium was not found; install it, or set $CHROMIUM to its path")
    with tempfile.TemporaryDirectory() as folder:
        report = write_demo_report(Path(folder))
        photograph(
            report, options.picture, width=options.width, height=options.height, dark=options.dark
        )


if __name__ == "__main__":
    main()
