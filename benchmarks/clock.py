"""Is the clock honest? Progress, time left and Ctrl-C of real renders. Figures, not assertions.

    python -m benchmarks.clock                                  # every kind at 20 s and 3 minutes
    python -m benchmarks.clock --seconds 20 600 --interruptions 30 --kinds default tracks

Each render is the command line in a process of its own; in place of the bar something notes when it
is told what. For each a line: seconds from the command to the prompt and those that the command
states, the longest time in which the share did not move, by how much the time left was wrong at 10,
25, 50 and 75 % of the time that the render took, and how long after Ctrl-C, at moments spread over
the whole command, the process was gone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.songs import write_song, write_tracks

_HEADING_ROWS = 2
LOOKED_AT = (0.10, 0.25, 0.50, 0.75)
N_TRACKS = 12
ALL_BESIDE = (
    "--stems",
    "--report",
    *(f"--daw={daw}" for daw in ("reaper", "dawproject", "ardour")),
    "--deliver=mix,instrumental,acapella,vocal-up,vocal-down,stems",
)
KINDS: dict[str, tuple[str, ...]] = {
    "default": ("--model", "default"),
    "none": ("--model", "none"),
    "tracks": ("--model", "tracks"),
    "paper": ("--model", "paper"),
    "default, all beside": ("--model", "default", *ALL_BESIDE),
    "none, all beside": ("--model", "none", *ALL_BESIDE),
    "tracks, all beside": ("--model", "tracks", *ALL_BESIDE),
    "default, reference": ("--model", "default", "--reference", "REFERENCE"),
}
_STATED = re.compile(r"  (\d+\.\d) s, ")
# What is run in place of `python -m mixer`: the same, its bar noted. Told: a file, the arguments.
_NOTED = """
import sys
from pathlib import Path
from benchmarks.clock import noted
sys.exit(noted(Path(sys.argv[1]), sys.argv[2:]))
"""


@dataclass(frozen=True)
class Note:
    """What a listener was told: seconds since the bar appeared, stage and detail, share."""

    at_s: float
    stage: str
    detail: str
    share: float


def noted(file: Path, arguments: list[str]) -> int:
    """Run the command line, and write down what its bar is told."""
    from mixer.cli import render
    from mixer.cli.elapsed import process_age_s
    from mixer.cli.main import run
    from mixer.files.interruption import interrupt_on_signals

    notes: list[tuple[float, str, str, float]] = []

    @contextlib.contextmanager
    def bar(*, quiet: bool) -> Iterator[Any]:
        began_s = time.perf_counter()

        def show(stage: str, detail: str, share: float) -> None:
            notes.append((time.perf_counter() - began_s, stage, detail, share))

        yield show
        notes.append((time.perf_counter() - began_s, "end", "", 1.0))

    # Not `progress_bar` itself: what is listened to is what it would be told.
    render.progress_bar = bar
    interrupt_on_signals()
    try:
        return run(arguments, process_age_s())
    finally:
        file.write_text(json.dumps(notes))


def longest_rest_s(notes: Sequence[Note]) -> tuple[float, str]:
    """The longest time without a move of the share, and what was done then."""
    moves = [Note(0.0, "begin", "", -1.0)]
    for note in notes:
        if note.share > moves[-1].share or note.stage == "end":
            moves.append(note)
    rests = [(b.at_s - a.at_s, f"{a.stage} {a.detail}".strip()) for a, b in pairwise(moves)]
    return max(rests)


def errors_of_time_left(notes: Sequence[Note]) -> list[float]:
    """At each moment of `LOOKED_AT`: the time left as told over what it was, less 1."""
    from mixer.rendering.progress import time_left_s

    whole_s, errors = notes[-1].at_s, []
    for part in LOOKED_AT:
        last = [note for note in notes if note.at_s <= part * whole_s][-1]
        told_s = time_left_s(part * whole_s, last.share)
        errors.append(told_s / ((1.0 - part) * whole_s) - 1.0)
    return errors


def command_of(song: Path, out: Path, options: Sequence[str]) -> list[str]:
    """The arguments of `mixer`."""
    return ["render", str(song), "-o", str(out / "mix.wav"), "--overwrite", *options]


def watch(song: Path, out: Path, options: Sequence[str]) -> tuple[list[Note], float, float]:
    """Render once; what its bar was told, seconds that it took, and seconds that it stated."""
    file = out / "notes.json"
    command = [sys.executable, "-c", _NOTED, str(file), *command_of(song, out, options)]
    began_s = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken_s = time.perf_counter() - began_s
    stated = _STATED.search(done.stdout + done.stderr)
    notes = [Note(*each) for each in json.loads(file.read_text())]
    return notes, taken_s, float(stated[1]) if stated else float("nan")


def interrupt(song: Path, out: Path, options: Sequence[str], after_s: float) -> float | None:
    """Seconds from Ctrl-C, so long after the start, to the end; None if it had ended before."""
    command = [sys.executable, "-m", "mixer", *command_of(song, out, options)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        sent_s = time.perf_counter()
        process.wait()
        return time.perf_counter() - sent_s
    return None


def report(kinds: Sequence[str], lengths_s: Sequence[float], n: int) -> Iterator[str]:
    """A table in Markdown, line by line."""
    marks = " / ".join(f"{part:.0%}" for part in LOOKED_AT)
    yield f"| render | took (stated) | longest rest | time left wrong at {marks} | Ctrl-C |"
    yield "| --- | --- | --- | --- | --- |"
    chance = random.Random(1)
    for length_s in lengths_s:
        with tempfile.TemporaryDirectory() as name:
            stems = write_song(Path(name) / "stems", length_s)
            tracks = write_tracks(Path(name) / "tracks", length_s, N_TRACKS)
            # Not one of the song's own files, which would be refused.
            reference = str(shutil.copy(stems / "other.wav", Path(name) / "reference.wav"))
            out = Path(name) / "out"
            out.mkdir()
            for kind in kinds:
                options = [reference if o == "REFERENCE" else o for o in KINDS[kind]]
                song = tracks if "tracks" in options else stems
                notes, taken_s, stated_s = watch(song, out, options)
                rest_s, at = longest_rest_s(notes)
                wrong = " / ".join(f"{error:+.0%}" for error in errors_of_time_left(notes))
                heard = [
                    interrupt(song, out, options, chance.uniform(0.3, 1) * taken_s)
                    for _ in range(n)
                ]
                heard_s = sorted(each for each in heard if each is not None)
                told = (
                    f"{heard_s[len(heard_s) // 2]:.2f}, at most {heard_s[-1]:.2f} s"
                    if heard_s
                    else ""
                )
                yield (
                    f"| {kind}, {length_s:g} s | {taken_s:.1f} s ({stated_s:.1f} s) | "
                    f"{rest_s:.2f} s ({at}) | {wrong} | {told} |"
                )


def table() -> Iterator[str]:
    """What the page shows: every kind at 20 s, most of them at 3 minutes."""
    yield from report(list(KINDS), [20.0], 5)
    rows = report(("default", "none", "tracks", "default, all beside"), [180.0], 0)
    yield from (row for place, row in enumerate(rows) if place >= _HEADING_ROWS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Is the clock honest?")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seconds", nargs="+", type=float, default=[20.0, 180.0])
    parser.add_argument("--interruptions", type=int, default=0, help="for each kind and length")
    asked = parser.parse_args()
    for line in report(asked.kinds, asked.seconds, asked.interruptions):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
