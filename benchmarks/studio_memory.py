"""Memory of the studio with a long song of many tracks: of the page, of the server, on the disk.

    python -m benchmarks.studio_memory [SONG] [--tracks 38] [--seconds 600] [--play 180]

Without a song, one of that many tracks and that long is written first. The server is `mixer studio`
itself, the page runs in Chromium, without a test driver, whose copies of what a page fetches would
count as the page's. All groups are unfolded and all tracks but one soloed, so that the page mixes
them itself for all of the time; an edit every 20 s has the server render beside it. Without
Chromium, or on a system other than Linux, a line says so and nothing is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chromium import Chromium, Memory, memory_of, print_with_chromium
from benchmarks.machine import other_work
from benchmarks.songs import write_tracks
from benchmarks.studio_start import READY, SOUNDS

_EDIT_EVERY_S, _LOOK_EVERY_S = 20.0, 0.5
_LOAD_WITHIN_S, _EXACT_WITHIN_S = 60.0, 1_800.0
_EXACT = "mixStudio.engine.isExact"
_UNFOLD = """(() => {
  for (const stem of mixStudio.state().stems) {
    if (mixStudio.consoleView.folded.has(stem.id)) mixStudio.fold(stem.id);
  }
})()"""
_SOLO_ALL_BUT_ONE = """(() => {
  const tracks = mixStudio.state().stems.flatMap((stem) => stem.tracks);
  mixStudio.engine.setSolo(tracks.slice(1).map((track) => track.id));
})()"""
_TOLD = """[mixStudio.engine.told.choice, mixStudio.engine.told.position / mixStudio.sampleRate,
  Boolean(mixStudio.engine.told.waiting)]"""
_PARTS = (("page", "Page"), ("server", "Server"))


@dataclass
class Peaks:
    """The most of each that was seen."""

    processes: dict[str, list[Memory]] = field(default_factory=dict)
    scratch_bytes: int = 0

    def saw(self, name: str, memory: Memory) -> None:
        """Take in a sample of a process."""
        self.processes.setdefault(name, []).append(memory)

    def rows(self) -> Iterator[str]:
        """A table in Markdown."""
        yield "| most, in MB | resident | shared parts divided | without files |"
        yield "| --- | --- | --- | --- |"
        for name, title in _PARTS:
            seen = self.processes[name]
            figures = (
                max(getattr(memory, what) for memory in seen) / 1e6
                for what in ("resident", "proportional", "anonymous")
            )
            yield f"| {title} | {' | '.join(f'{figure:.0f}' for figure in figures)} |"
        yield ""
        yield f"Working files: {self.scratch_bytes / 1e9:.1f} GB."


@contextmanager
def served(song: Path, scratch: Path) -> Iterator[tuple[str, int]]:
    """The link of a studio, and its process; its working files go to a folder."""
    command = [sys.executable, "-m", "mixer", "studio", str(song), "--no-open", "--quiet"]
    server = subprocess.Popen(
        [*command, "-o", str(scratch / "mixes")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), server.pid
    finally:
        server.terminate()
        server.wait()


def working_bytes(folder: Path, pid: int) -> int:
    """Size on the disk of a folder's files and of the nameless ones that a process has open."""
    sizes: dict[tuple[int, int], int] = {}
    for path in (*folder.rglob("*"), *Path(f"/proc/{pid}/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            if stat.S_ISREG(found.st_mode):
                sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def measure(song: Path, scratch: Path, play_s: float) -> Iterator[str]:
    """Open a song, wait for its mix, play for so long; tells what it does, then the figures."""
    peaks, ended = Peaks(), threading.Event()
    with served(song, scratch) as (link, pid):

        def look() -> None:
            while not ended.wait(_LOOK_EVERY_S):
                peaks.saw("server", memory_of(pid))
                peaks.scratch_bytes = max(peaks.scratch_bytes, working_bytes(scratch, pid))

        looking = threading.Thread(target=look)
        looking.start()
        browser = Chromium()
        try:
            browser.open(link)
            browser.wait_until(READY, _LOAD_WITHIN_S)
            browser.evaluate("mixStudio.player.play()")
            sound_s = browser.wait_until(SOUNDS, _LOAD_WITHIN_S)
            yield f"First sound {sound_s:.1f} s after the console."
            browser.evaluate(_UNFOLD)
            began = time.monotonic()
            while not browser.evaluate(_EXACT):
                peaks.saw("page", browser.page_memory())
                if time.monotonic() - began > _EXACT_WITHIN_S:
                    raise TimeoutError("no exact mix")
                time.sleep(1.0)
            yield f"Exact mix {time.monotonic() - began:.0f} s later."
            yield from _play(browser, peaks, play_s)
        finally:
            browser.close()
            ended.set()
            looking.join()
    yield ""
    yield from peaks.rows()


def _play(browser: Chromium, peaks: Peaks, play_s: float) -> Iterator[str]:
    """Play all tracks but one, unfolded, with an edit now and then."""
    browser.evaluate(_SOLO_ALL_BUT_ONE)
    browser.evaluate("mixStudio.player.seek(0)")
    began, edits, played, waits = time.monotonic(), 0, 0.0, 0
    while (now_s := time.monotonic() - began) < play_s:
        if now_s > edits * _EDIT_EVERY_S:
            edits += 1
            value = 1.0 + edits % 2
            browser.evaluate(
                "mixStudio.edit({[mixStudio.state().stems[0].tracks[0].key + '.gain_db']:"
                f" {value}}})"
            )
        peaks.saw("page", browser.page_memory())
        choice, played, waiting = browser.evaluate(_TOLD)
        waits += waiting or choice != "desk"
        time.sleep(1.0)
    resident = peaks.processes["page"][-1].resident / 1e6
    yield (
        f"Played {played:.0f} s of the song in {play_s:.0f} s ({edits} edits, {waits} checks "
        f"found it waiting); the page took {resident:.0f} MB at the end."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("song", nargs="?", type=Path)
    parser.add_argument("--tracks", type=int, default=38)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--play", type=float, default=180.0)
    asked = parser.parse_args()
    if sys.platform != "linux":
        sys.stdout.write("skipped: memory can be read on Linux only\n")
        return 0

    def lines(folder: Path) -> Iterator[str]:
        song = asked.song or write_tracks(folder / "song", asked.seconds, asked.tracks)
        (folder / "scratch").mkdir()
        busy = other_work()
        yield from measure(song, folder / "scratch", asked.play)
        yield f"*{busy[0].upper()}{busy[1:]}.*"

    return print_with_chromium(lines)


if __name__ == "__main__":
    sys.exit(main())
