"""From `mixer studio` to the first sound, with an installed wheel: the best and median of a few.

    python -m benchmarks.studio_start [--tracks 12] [--seconds 180] [--repeats 5] [--mixer PATH]

The song is written first. Without `--mixer`, the command to measure, a wheel of this checkout is
built and installed with its extra `studio` into a new environment. Chromium, without which a line
says so and nothing is measured, is open before the clock starts; it opens the link as soon as that
is printed, and plays as soon as the console is there. Each try begins with a server of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chromium import Chromium, print_with_chromium
from benchmarks.machine import other_work
from benchmarks.songs import write_tracks

ROOT = Path(__file__).resolve().parents[1]
_WITHIN_S = 120.0
READY = "window.mixStudio !== undefined"
SOUNDS = "mixStudio.engine.figures && mixStudio.engine.figures.peaks[0] > 1e-4"


@dataclass(frozen=True)
class Start:
    """Seconds from the command to the link, to the console in the page, to the first sound."""

    link_s: float
    console_s: float
    sound_s: float


def install(folder: Path) -> Path:
    """Build a wheel of this checkout and install it; returns the command."""
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--quiet"]
    # From a copy of what git has: setuptools leaves a build folder behind.
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), source], check=True)
    build = [*pip, "wheel", "--no-deps", "--wheel-dir", folder, source]
    subprocess.run(build, check=True, env=_own())
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", f"{wheel}[studio]"], check=True, env=_own())
    return environment / "bin" / "mixer"


def _own() -> dict[str, str]:
    """The environment of a new installation's user: its own packages only."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def first_sound(mixer: Path, song: Path, folder: Path) -> Start:
    """Open a song once."""
    browser = Chromium()
    began = time.monotonic()
    server = subprocess.Popen(
        [mixer, "studio", song, "--no-open", "--quiet", "-o", folder / "mixes"],
        stdout=subprocess.PIPE,
        text=True,
        env=_own(),
        cwd=folder,
    )
    try:
        assert server.stdout is not None
        link = server.stdout.readline().strip()
        link_s = time.monotonic() - began
        browser.open(link)
        browser.wait_until(READY, _WITHIN_S)
        console_s = time.monotonic() - began
        browser.evaluate("mixStudio.player.play()")
        browser.wait_until(SOUNDS, _WITHIN_S)
        return Start(link_s, console_s, time.monotonic() - began)
    finally:
        browser.close()
        server.terminate()
        server.wait()


def measure(mixer: Path, song: Path, folder: Path, repeats: int) -> Iterator[str]:
    """A table in Markdown: each try with the load before it, then the best and the median."""
    yield "| try | load | link, s | console, s | first sound, s |"
    yield "| --- | --- | --- | --- | --- |"
    starts = []
    for number in range(1, repeats + 1):
        load = os.getloadavg()[0]
        start = first_sound(mixer, song, folder)
        starts.append(start)
        yield f"| {number} | {load:.1f} | {_cells(start)} |"
    best = min(starts, key=lambda start: start.sound_s)
    median = statistics.median_low(start.sound_s for start in starts)
    middle = next(start for start in starts if start.sound_s == median)
    yield f"| best | | {_cells(best)} |"
    yield f"| median | | {_cells(middle)} |"


def _cells(start: Start) -> str:
    return f"{start.link_s:.1f} | {start.console_s:.1f} | {start.sound_s:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mixer", type=Path)
    parser.add_argument("--tracks", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()

    def lines(folder: Path) -> Iterator[str]:
        song = write_tracks(folder / "song", asked.seconds, asked.tracks)
        mixer = asked.mixer.absolute() if asked.mixer else install(folder)
        busy = other_work()
        yield from measure(mixer, song, folder, asked.repeats)
        yield f"\n*{busy[0].upper()}{busy[1:]}.*"

    return print_with_chromium(lines)


if __name__ == "__main__":
    sys.exit(main())
