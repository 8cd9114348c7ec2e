"""Is the clock honest? Progress, time left and Ctrl-C of real renders. Figures, not assertions.

    python -m benchmarks.clock                                  # every kind at 20 s and 3 minutes
    python -m benchmarks.clock --seconds 20 600 --kinds default tracks --stages
    python -m benchmarks.clock --interruptions 30

Each render is the command line in a process of its own, on one core; in place of the bar something
notes when it is told what, in processor time (`benchmarks.clock_notes`). For each a line: seconds
from the command to the prompt and those that the command states, the longest time in which the
share did not move, by how much the time left was wrong at 10, 25, 50 and 75 % of the time that the
render took, and the longest stretch in which nothing could have heard Ctrl-C. `--stages` tells what
each stage was foreseen to take and what it took. `--interruptions` sends Ctrl-C at moments spread
over the whole command, and tells how long after it the process was gone, by the clock.
"""

from __future__ import annotations

import argparse
import json
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

from benchmarks.clock_notes import Note, Stretch
from benchmarks.songs import write_song, write_tracks

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


def errors_of_time_left(notes: Sequence[Note]) -> list[float]:
    """Relative error of the reported remaining time at each moment of `LOOKED_AT`."""
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


@dataclass(frozen=True)
class Watched:
    """A render that was watched.

    Attributes:
        notes: updates of its progress bar.
        taken_s, stated_s: seconds from the command to the prompt, and those that it stated.
        foreseen_s: seconds that each stage was foreseen to take.
        stretches: the longest of the main thread, and of any that asks whether to stop.
    """

    notes: list[Note]
    taken_s: float
    stated_s: float
    foreseen_s: dict[str, float]
    stretches: list[Stretch]

    def stages(self) -> Iterator[str]:
        """A line a stage: what it was foreseen to take, and what it took, at one pace."""
        ends = [*self.notes[1:], self.notes[-1]]
        taken_s: dict[str, float] = {}
        for note, end in zip(self.notes, ends, strict=True):
            taken_s[note.stage] = taken_s.get(note.stage, 0.0) + end.at_s - note.at_s
        pace = sum(taken_s.values()) / sum(self.foreseen_s.values())
        for stage, foreseen_s in self.foreseen_s.items():
            took_s = taken_s.get(stage, 0.0)
            yield f"    {stage:<12} {took_s:6.2f} s, foreseen {pace * foreseen_s:6.2f} s"


def watch(song: Path, out: Path, options: Sequence[str]) -> Watched:
    """Render once."""
    file = out / "notes.json"
    command = [sys.executable, "-c", _NOTED, str(file), *command_of(song, out, options)]
    began_s = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken_s = time.perf_counter() - began_s
    stated = _STATED.search(done.stdout + done.stderr)
    told = json.loads(file.read_text())
    return Watched(
        [Note(*each) for each in told["notes"]],
        taken_s,
        float(stated[1]) if stated else float("nan"),
        told["foreseen_s"],
        [Stretch(*each) for each in told["stretches"]],
    )


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


def report(
    kinds: Sequence[str], lengths_s: Sequence[float], n: int, *, stages: bool = False
) -> Iterator[str]:
    """A table in Markdown, line by line."""
    marks = " / ".join(f"{part:.0%}" for part in LOOKED_AT)
    heard = " | Ctrl-C |" if n else " |"
    yield f"| render | took (stated) | longest rest | time left wrong at {marks} | stretch{heard}"
    yield "| --- | --- | --- | --- | --- |" + (" --- |" if n else "")
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
                watched = watch(song, out, options)
                told = ""
                if n:
                    moments = [chance.uniform(0.3, 1) * watched.taken_s for _ in range(n)]
                    told = _heard(interrupt(song, out, options, moment) for moment in moments)
                yield f"| {kind}, {length_s:g} s | {_row(watched)} |{told}"
                if stages:
                    yield from watched.stages()


def _row(watched: Watched) -> str:
    rest_s, at = longest_rest_s(watched.notes)
    wrong = " / ".join(f"{error:+.0%}" for error in errors_of_time_left(watched.notes))
    longest = max(watched.stretches, key=lambda stretch: stretch.seconds)
    return (
        f"{watched.taken_s:.1f} s ({watched.stated_s:.1f} s) | {rest_s:.2f} s ({at}) | {wrong} | "
        f"{longest.seconds:.2f} s ({longest.where})"
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
    parser = argparse.ArgumentParser(description="Is the clock honest?")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seconds", nargs="+", type=float, default=[20.0, 180.0])
    parser.add_argument("--interruptions", type=int, default=0, help="for each kind and length")
    parser.add_argument("--stages", action="store_true", help="tell each stage's seconds")
    asked = parser.parse_args()
    for line in report(asked.kinds, asked.seconds, asked.interruptions, stages=asked.stages):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
