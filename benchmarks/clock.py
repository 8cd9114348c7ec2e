"""Is the clock honest? Progress, time left and Ctrl-C of real renders. Figures, not assertions.

    python -m benchmarks.clock                                  # every kind at 20 s and 3 minutes
    python -m benchmarks.clock --seconds 20 600 --kinds default tracks --stages
    python -m benchmarks.clock --interruptions 30

Each render is the command line in a process of its own, on one core; in place of the bar something
notes when it is told what, in processor time (`benchmarks.clock_notes`). For each a line: seconds
from the command to the prompt and those that the command states, the longest time in which the
share did not move, by how much the time left was wrong at 10, 25, 50 and 75 % of the time that the
render took, how much of the time from 10 % on it was within 30 %, and the longest stretch in which
nothing could have heard Ctrl-C. `--stages` tells what each stage was foreseen to take and what it
took. `--interruptions` sends Ctrl-C at moments spread over the whole command, and tells how long
after it the process was gone, by the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.clock_notes import Note, Stretch
from benchmarks.machine import print_lines
from benchmarks.memory import DELIVER
from benchmarks.songs import write_song, write_tracks
from mixer.rendering.kept.kept_arrays import FOLDER_VARIABLE

LOOKED_AT = (0.10, 0.25, 0.50, 0.75)
# The time left is to be so near from this part of the time on, unless it is so
# little that nobody reads it.
_FROM, _NEAR, _UNREAD_S, _N_MOMENTS = 0.10, 0.30, 0.2, 200
DAWS = tuple(f"--daw={daw}" for daw in ("reaper", "dawproject", "ardour"))
ALL_BESIDE = ("--stems", "--report", *DAWS, DELIVER)
NEXT = "next"
# Stands for a file that is another mix.
_REFERENCE = "REFERENCE"


@dataclass(frozen=True)
class Kind:
    """A command to watch.

    Attributes:
        model: that mixes.
        more: further options.
        command: of `mixer`; `revise` changes a mix of the song that is rendered before, and `next`
            renders it again, beside it.
        n_tracks: files of the song; 0 for four stems.
    """

    model: str
    more: tuple[str, ...] = ()
    command: str = "render"
    n_tracks: int = 0


KINDS: dict[str, Kind] = {
    "default": Kind("default"),
    "none": Kind("none"),
    "tracks": Kind("tracks", n_tracks=12),
    "38 tracks": Kind("tracks", n_tracks=38),
    "paper": Kind("paper"),
    "default, reference": Kind("default", ("--reference", _REFERENCE)),
    "default, FLAC": Kind("default", ("--format", "flac")),
    "default, -14 LUFS": Kind("default", ("--loudness", "-14")),
    "default, -23 LUFS": Kind("default", ("--loudness", "-23")),
    "default, MP3": Kind("default", ("--format", "mp3")),
    "default, report": Kind("default", ("--stems", "--report")),
    "default, embedded": Kind("default", ("--embed",)),
    "default, deliver": Kind("default", (DELIVER,)),
    "default, translation": Kind("default", ("--check-translation",)),
    "default, all beside": Kind("default", ALL_BESIDE),
    "none, all beside": Kind("none", ALL_BESIDE),
    "tracks, all beside": Kind("tracks", ALL_BESIDE, n_tracks=12),
    "variations": Kind("default", command="variations"),
    "variations again": Kind("default", command="variations"),
    "variations, tracks": Kind("tracks", command="variations", n_tracks=12),
    "next take": Kind("default", ("--next",), NEXT),
    "revise": Kind("default", ("vocals.gain_db=+1",), "revise"),
    "revise again": Kind("default", ("vocals.gain_db=+2",), "revise"),
    "check": Kind("", command="check"),
}
_STATED = re.compile(r"  (\d+\.\d) s, ")
# Runs in place of `python -m mixer` and notes its bar. Arguments: a file, then the command's.
_NOTED = """
import sys
from pathlib import Path
from benchmarks.clock_notes import noted
sys.exit(noted(Path(sys.argv[1]), sys.argv[2:]))
"""


def longest_rest_s(notes: Sequence[Note]) -> tuple[float, str]:
    """The longest time in seconds without progress, and the step at that time."""
    moves = [Note(0.0, "begin", "", -1.0)]
    for note in notes:
        if note.share > moves[-1].share or note.stage == "end":
            moves.append(note)
    rests = [(b.at_s - a.at_s, f"{a.stage} {a.detail}".strip()) for a, b in pairwise(moves)]
    return max(rests)


def errors_of_time_left(notes: Sequence[Note], parts: Sequence[float]) -> list[float]:
    """Relative error of the reported remaining time at parts of the time, 0 to 1."""
    from mixer.rendering.timing.progress import time_left_s

    whole_s, errors = notes[-1].at_s, []
    for part in parts:
        last = [note for note in notes if note.at_s <= part * whole_s][-1]
        told_s = time_left_s(part * whole_s, last.share)
        errors.append(told_s / ((1.0 - part) * whole_s) - 1.0)
    return errors


def share_near(notes: Sequence[Note]) -> float:
    """Share of the time in which the reported remaining time is as near as is asked."""
    until = max(_FROM, 1.0 - _UNREAD_S / notes[-1].at_s)
    moments = np.linspace(_FROM, until, _N_MOMENTS).tolist()
    errors = np.abs(errors_of_time_left(notes, moments))
    return float(np.mean(errors <= _NEAR))


def command_of(kind: Kind, song: Path, reference: Path, out: Path) -> list[str]:
    """The arguments of `mixer`."""
    more = [str(reference) if option == _REFERENCE else option for option in kind.more]
    if kind.command == "check":
        return ["check", str(song)]
    if kind.command == "revise":
        return ["revise", str(out / "mix.wav"), *more]
    ending = next((name for name in ("mp3", "flac") if name in more), "wav")
    named = ["--model", kind.model, "-o", str(out / f"mix.{ending}")]
    if kind.command == NEXT:
        return ["render", str(song), *named, *more]
    return [kind.command, str(song), *named, "--overwrite", *more]


@dataclass(frozen=True)
class Watched:
    """A render that was watched.

    Attributes:
        notes: updates of its progress bar.
        taken_s, stated_s: seconds from the command to the prompt, and those that it stated.
        begun: of each stage in its order, when it began, and what it was then foreseen to take.
        stretches: the longest of the main thread, and of any that asks whether to stop.
    """

    notes: list[Note]
    taken_s: float
    stated_s: float
    begun: list[tuple[float, str, float]]
    stretches: list[Stretch]

    def stages(self) -> Iterator[str]:
        """A line a stage: what it took, and what it was foreseen to take, at one pace."""
        ends_s = [at_s for at_s, _, _ in self.begun[1:]] + [self.notes[-1].at_s]
        pace = (ends_s[-1] - self.begun[0][0]) / sum(foreseen_s for *_, foreseen_s in self.begun)
        yield f"    before them  {self.begun[0][0]:6.2f} s; at {pace:.2f} of the pace foreseen:"
        for (began_s, stage, foreseen_s), end_s in zip(self.begun, ends_s, strict=True):
            yield f"    {stage:<12} {end_s - began_s:6.2f} s, foreseen {pace * foreseen_s:6.2f} s"


def watch(arguments: Sequence[str], out: Path) -> Watched:
    """Run a command line once; its notes go into a folder."""
    file = out / "notes.json"
    command = [sys.executable, "-c", _NOTED, str(file), *arguments]
    began_s = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken_s = time.perf_counter() - began_s
    stated = _STATED.search(done.stdout + done.stderr)
    told = json.loads(file.read_text())
    return Watched(
        [Note(*each) for each in told["notes"]],
        taken_s,
        float(stated[1]) if stated else float("nan"),
        [(at_s, stage, foreseen_s) for at_s, stage, foreseen_s in told["begun"]],
        [Stretch(*each) for each in told["stretches"]],
    )


def interrupt(arguments: Sequence[str], after_s: float) -> float | None:
    """Seconds from Ctrl-C, so long after the start, to the end; None if it had ended before."""
    command = [sys.executable, "-m", "mixer", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        sent_s = time.perf_counter()
        process.wait()
        return time.perf_counter() - sent_s
    return None


def report(
    kinds: Sequence[str], lengths_s: Sequence[float], n: int, *, stages: bool = False
) -> Iterator[str]:
    """A table in Markdown, line by line."""
    marks = " / ".join(f"{part:.0%}" for part in LOOKED_AT)
    heard = " | Ctrl-C |" if n else " |"
    wrong = f"time left wrong at {marks} | within 30%"
    yield f"| render | took (stated) | longest rest | {wrong} | stretch{heard}"
    yield "| --- | --- | --- | --- | --- | --- |" + (" --- |" if n else "")
    chance = random.Random(1)
    for length_s in lengths_s:
        with tempfile.TemporaryDirectory() as name:
            songs = Songs(Path(name), length_s)
            for kind in kinds:
                # The first of a command finds nothing cached; "again" finds what that one left.
                first = kind.removesuffix(" again")
                os.environ[FOLDER_VARIABLE] = str(Path(name) / "kept" / first)
                arguments, out = songs.prepare(KINDS[kind])
                watched = watch(arguments, out)
                told = ""
                if n:
                    moments = [chance.uniform(0.3, 1) * watched.taken_s for _ in range(n)]
                    told = _heard(interrupt(arguments, moment) for moment in moments)
                yield f"| {kind}, {length_s:g} s | {_row(watched)} |{told}"
                if stages:
                    yield from watched.stages()


class Songs:
    """The songs of one length, each written when it is first asked for."""

    def __init__(self, folder: Path, length_s: float) -> None:
        self._folder, self._length_s = folder, length_s

    def prepare(self, kind: Kind) -> tuple[list[str], Path]:
        """The arguments that watch a kind, and the folder that it writes to."""
        stems, out = self._song(0), self._folder / "out"
        out.mkdir(exist_ok=True)
        # Not one of the song's own files, which would be refused.
        reference = self._folder / "reference.wav"
        if not reference.exists():
            shutil.copy(stems / "other.wav", reference)
        song = self._song(kind.n_tracks)
        if kind.command in ("revise", NEXT):
            first = command_of(Kind(kind.model), song, reference, out)
            subprocess.run([sys.executable, "-m", "mixer", *first, "--quiet"], check=True)
        return command_of(kind, song, reference, out), out

    def _song(self, n_tracks: int) -> Path:
        folder = self._folder / f"{n_tracks} tracks"
        if folder.exists():
            return folder
        if n_tracks:
            return write_tracks(folder, self._length_s, n_tracks)
        return write_song(folder, self._length_s)


def _row(watched: Watched) -> str:
    rest_s, at = longest_rest_s(watched.notes)
    wrong = " / ".join(f"{error:+.0%}" for error in errors_of_time_left(watched.notes, LOOKED_AT))
    longest = max(watched.stretches, key=lambda stretch: stretch.seconds)
    stated = "none" if math.isnan(watched.stated_s) else f"{watched.stated_s:.1f} s"
    return (
        f"{watched.taken_s:.1f} s ({stated}) | {rest_s:.2f} s ({at}) | {wrong} | "
        f"{share_near(watched.notes):.0%} | {longest.seconds:.2f} s ({longest.where})"
    )


def _heard(delays_s: Iterable[float | None]) -> str:
    heard_s = sorted(each for each in delays_s if each is not None)
    if not heard_s:
        return " |"
    return f" {heard_s[len(heard_s) // 2]:.2f}, at most {heard_s[-1]:.2f} s |"


def table() -> Iterator[str]:
    """The page's table: every kind at 60 s."""
    yield from report(list(KINDS), [60.0], 0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the accuracy of progress and time left.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seconds", nargs="+", type=float, default=[20.0, 180.0])
    parser.add_argument(
        "--interruptions", type=int, default=0, help="interruptions of each kind and length"
    )
    parser.add_argument("--stages", action="store_true", help="print the seconds of each stage")
    asked = parser.parse_args()
    print_lines(report(asked.kinds, asked.seconds, asked.interruptions, stages=asked.stages))


if __name__ == "__main__":
    main()
