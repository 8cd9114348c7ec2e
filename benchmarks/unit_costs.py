"""Measure again, here, what each step of a render costs (`mixer/rendering/timing/unit_costs.py`).

The costs of two networks are stated by their architectures.

    python -m benchmarks.unit_costs                    # old and new values of what has changed
    python -m benchmarks.unit_costs --write            # and write them into the sources
    python -m benchmarks.unit_costs --seconds 60 --kinds default revise

Every kind of `benchmarks.clock` runs on one core, at two lengths. In these runs each forecast knows
which constants it is made of; the seconds of processor that were foreseen for each step of a stage,
and those that passed, are one equation. The constants that fit all of them best are found by least
squares; those that nothing shows stay as they were, but for the pace of the machine. Takes about
six minutes on an idle machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize

from benchmarks.clock import KINDS, Songs
from benchmarks.traced import Traced, constants_of, trace, with_values
from mixer.rendering.kept.kept_arrays import FOLDER_VARIABLE
from mixer.rendering.timing.machine_pace import probe_s

COSTS = "mixer.rendering.timing.unit_costs"
# Tables, and which of their assignments are costs; None for all.
TABLES: dict[str, tuple[str, ...] | None] = {
    COSTS: None,
    "mixer.network.band_mixer.architecture": ("_COST_A_STEM_S",),
    "mixer.network.fxnorm.architecture": ("_PRODUCT_S",),
}
# Ratios of costs, which do not follow the machine's pace.
SHARES = ("FIND_AGAIN", "USUALLY_COMPRESSED")
RATIOS = ("WITH_WET_STEMS", *SHARES)
PROBE = "PROBE_S"
# How far off an equation may be: so long, and this share of it.
_OFF_S, _OFF = 0.01, 0.1
# From so many times that on, an equation counts less.
_FAR_OFF = 3.0
# How far a constant moves of its own accord, as a share of it; and the most that it may.
_FREE, _MOST = 0.5, 4.0
_N_MISFITS = 12
_TRACED = """
import sys
from pathlib import Path
from benchmarks.clock_notes import on_one_core
on_one_core()
from benchmarks.unit_costs import traced
sys.exit(traced(Path(sys.argv[1]), sys.argv[2:]))
"""


class Equation(NamedTuple):
    """Seconds that passed, those that were foreseen, and the parts of these by constant.

    `where` is the stage, and the step of it, that they belong to.
    """

    where: str
    passed_s: float
    foreseen_s: float
    parts_s: dict[str, float]


class Marks:
    """Moments of a render at which its clock was told how far it is: processor time, foreseen s."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, float, str]] = []

    def add(self, foreseen_s: float, where: str) -> None:
        """Now so much of the forecast is done."""
        self._marks.append((time.process_time(), foreseen_s, where))

    def equations(self) -> Iterator[Equation]:
        """One for each place: of all its times, since single steps come early and late."""
        found: dict[str, tuple[float, Traced]] = {}
        for (began_s, before_s, where), (at_s, done_s, _) in pairwise(self._marks):
            passed_s, foreseen = found.get(where, (0.0, Traced(0.0, {})))
            found[where] = (passed_s + at_s - began_s, foreseen + (Traced.of(done_s) - before_s))
        for where, (passed_s, foreseen) in found.items():
            yield Equation(where, passed_s, float(foreseen), foreseen.parts)


def traced(file: Path, arguments: list[str]) -> int:
    """Run the command line, on one core already; its equations go into a file."""
    from mixer.cli import console
    from mixer.rendering.timing import progress

    for table, names in TABLES.items():
        trace(table, names)
    marks = Marks()

    class Clock(progress.StageClock):
        """Marks what it is told."""

        def __init__(self, told: Any = None, forecast_s: Any = None, **more: Any) -> None:
            super().__init__(told, forecast_s, time.process_time, **more)
            self._marks = marks if told is not None else Marks()

        def start(self, stage: progress.Stage, detail: str = "") -> None:
            """Begin a stage: how far one is that is begun again is not known."""
            is_new = stage not in self._shares
            super().start(stage, detail)
            if is_new:
                self._marks.add(self._before_s(), stage.value)

        def at(self, detail: str, share: float) -> None:
            """Report a step."""
            super().at(detail, share)
            own_s = share * self._forecast_s.get(self._stage, 0.0)
            self._marks.add(self._before_s() + own_s, f"{self._stage.value} {detail}".strip())

        def settle(self) -> None:
            """End a stage: what it was foreseen to take is to be compared with what it took."""
            self.stop()

        def end(self, detail: str) -> None:
            """Report that everything is done."""
            super().end(detail)
            self._marks.add(self._earlier_s + self._own_s(), "end")

    progress.StageClock = Clock  # type: ignore[misc]
    console.progress_bar = _unseen

    from mixer.cli.elapsed import process_age_s
    from mixer.cli.main import run

    code = run(arguments, process_age_s())
    file.write_text(json.dumps(list(marks.equations())))
    return code


class _unseen:  # noqa: N801 - stands for a function
    def __init__(self, *, quiet: bool) -> None:
        pass

    def __enter__(self) -> Any:
        return lambda stage, detail, share: None

    def __exit__(self, *error: object) -> None:
        pass


def measure(kinds: Sequence[str], lengths_s: Sequence[float]) -> list[Equation]:
    """All equations of renders of these kinds and lengths."""
    found: list[Equation] = []
    for length_s in lengths_s:
        with tempfile.TemporaryDirectory() as name:
            os.environ[FOLDER_VARIABLE] = str(Path(name) / "kept")
            songs = Songs(Path(name), length_s)
            for kind in kinds:
                arguments, out = songs.prepare(KINDS[kind])
                file = out / "equations.json"
                command = [sys.executable, "-c", _TRACED, str(file), *arguments]
                subprocess.run(command, check=True, capture_output=True)
                for where, *more in json.loads(file.read_text()):
                    found.append(Equation(f"{kind}, {length_s:g} s: {where}", *more))
                sys.stderr.write(f"{kind}, {length_s:g} s\n")
    return found


def fitted(equations: Sequence[Equation]) -> tuple[float, dict[str, float]]:
    """The machine's pace, and by constant the factor beside that which fits the equations best."""
    names = sorted({name for each in equations for name in each.parts_s})
    place = {name: number for number, name in enumerate(names)}
    pace = sum(each.passed_s for each in equations) / sum(each.foreseen_s for each in equations)
    rows, wanted = np.zeros((len(equations), len(names))), np.zeros(len(equations))
    for row, each in enumerate(equations):
        off_s = _OFF_S + _OFF * each.passed_s
        wanted[row] = (each.passed_s / pace - each.foreseen_s) / off_s
        for name, part_s in each.parts_s.items():
            rows[row, place[name]] = part_s / off_s

    def off(moves: np.ndarray) -> np.ndarray:
        return np.concatenate([rows @ moves - wanted, moves / _FREE])

    bounds = (1.0 / _MOST - 1.0, _MOST - 1.0)
    # Not squares of what is far off: another program may have had the core's caches.
    moves = scipy.optimize.least_squares(
        off, np.zeros(len(names)), bounds=bounds, loss="soft_l1", f_scale=_FAR_OFF
    )
    return pace, {name: 1.0 + moves.x[place[name]] for name in names}


def misfits(
    equations: Sequence[Equation], pace: float, factors: Mapping[str, float]
) -> Iterator[str]:
    """The largest errors in seconds: a line each, the worst first."""
    wrong: dict[str, list[float]] = {}
    for each in equations:
        moved_s = sum(part_s * (factors[name] - 1.0) for name, part_s in each.parts_s.items())
        told = wrong.setdefault(each.where, [0.0, 0.0])
        told[0] += each.passed_s
        told[1] += pace * (each.foreseen_s + moved_s)
    worst = sorted(wrong, key=lambda where: -abs(wrong[where][0] - wrong[where][1]))
    for where in worst[:_N_MISFITS]:
        passed_s, foreseen_s = wrong[where]
        yield f"{where:<60} took {passed_s:6.2f} s, foreseen {foreseen_s:6.2f} s"


def new_values(table: str, pace: float, factors: Mapping[str, float]) -> dict[str, float]:
    """The constants of a table as they were measured, by name."""
    found = {}
    source = _path(table).read_text(encoding="utf-8")
    for constant in constants_of(source, TABLES[table]):
        if constant.name == PROBE:
            found[constant.name] = probe_s()
        else:
            own = factors.get(constant.name, 1.0)
            value = constant.value * own * (1.0 if constant.name in RATIOS else pace)
            # The fitted share may be a little more than all.
            found[constant.name] = min(value, 1.0) if constant.name in SHARES else value
    return found


def _path(table: str) -> Path:
    file = importlib.import_module(table).__file__
    assert file is not None
    return Path(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the table of unit costs again, here.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seconds", nargs="+", type=float, default=[20.0, 90.0])
    parser.add_argument("--write", action="store_true", help="write them into the sources")
    asked = parser.parse_args()
    equations = measure(asked.kinds, asked.seconds)
    pace, factors = fitted(equations)
    sys.stdout.write(f"{len(equations)} equations; pace {pace:.2f} of what was written\n")
    for table, names in TABLES.items():
        values = new_values(table, pace, factors)
        path = _path(table)
        for constant in constants_of(path.read_text(encoding="utf-8"), names):
            value = values[constant.name]
            sys.stdout.write(f"{constant.name:<32} {constant.value:8.5g} -> {value:8.2g}\n")
        if asked.write:
            path.write_text(with_values(path, names, values), encoding="utf-8")
    sys.stdout.write("what is still most wrong:\n")
    for line in misfits(equations, pace, factors):
        sys.stdout.write(f"  {line}\n")


if __name__ == "__main__":
    main()
