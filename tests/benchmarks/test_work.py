"""Work is measured in forks of a process that has loaded the asked checkout, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.forked import WORK
from benchmarks.regression import ROOT
from benchmarks.work import LOADING, Commands, _by_stage, _counted, _pieces, _run, cpu_s

# In place of `mixer`: fails where it is told to, and where nothing was run before.
_STAND_IN = """
import sys
_LOADED = []
def main():
    print("what a command prints")
    if sys.argv[1] == "fail":
        sys.exit(1)
    if sys.argv[1] == "work" and _LOADED != ["load"]:
        raise RuntimeError(_LOADED)
    _LOADED.append(sys.argv[1])
"""


def test_each_command_runs_in_a_fork_of_what_has_loaded_all(tmp_path: Path) -> None:
    package = tmp_path / "mixer"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_STAND_IN)
    then = {
        name: ["mixer", word] for name, word in (("one", "work"), ("worse", "fail"), ("2", "work"))
    }
    costs = cpu_s(Commands([["mixer", "load"]], then), tmp_path)
    assert list(costs) == [LOADING, *then]
    assert [case for case, cost in costs.items() if cost is None] == ["worse"]


# A clock whose stages are marked, and a command that begins some.
_CLOCK = """
import enum
class Stage(enum.StrEnum):
    READ = "read"
    MIX = "mix"
class StageClock:
    started = []
    def start(self, stage, detail=""):
        self.started.append((stage, detail))
"""
_MIXING = """
import sys
from mixer.rendering.timing.progress import Stage, StageClock
def main():
    clock = StageClock()
    clock.start(Stage.READ, "drums")
    clock.start(Stage.MIX)
    if clock.started != [(Stage.READ, "drums"), (Stage.MIX, "")] * int(sys.argv[1]):
        raise RuntimeError(clock.started)
"""


def test_a_fork_marks_where_each_stage_begins(tmp_path: Path) -> None:
    timing = tmp_path / "mixer" / "rendering" / "timing"
    timing.mkdir(parents=True)
    for package in (timing, timing.parent, tmp_path / "mixer"):
        (package / "__init__.py").touch()
    (timing / "progress.py").write_text(_CLOCK)
    (tmp_path / "mixer" / "__main__.py").write_text(_MIXING)
    forks, _ = _run(Commands([["mixer", "1"]], {"one": ["mixer", "2"]}), tmp_path, [])
    one, nothing = forks["one"], forks[""]
    assert one is not None
    assert nothing is not None
    assert [stage for stage, _ in one.marks] == ["read", "mix"]
    assert len({one.pid, nothing.pid, *(pid for _, pid in one.marks)}) == 4
    assert nothing.marks == []


def test_the_work_of_each_piece_is_marked_where_it_begins(tmp_path: Path) -> None:
    pieces = _pieces(tmp_path, 1.0)
    forks, _ = _run(Commands([], pieces), ROOT, [])
    failed = [name for name, fork in forks.items() if fork is None]
    assert not failed
    marks = {name: [mark for mark, _ in fork.marks] for name, fork in forks.items() if fork}
    assert marks == {"": [], **{name: [WORK] for name in pieces}}


def test_a_stage_costs_what_is_counted_until_the_next_begins() -> None:
    until = [("read", 2.0), ("mix", 5.0), ("read", 11.0)]
    assert _by_stage(until, 20.0) == {"begin": 2.0, "read": 3.0 + 9.0, "mix": 6.0}


def test_another_checkout_is_not_measured_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="was measured in place of"):
        cpu_s(Commands([["mixer", "--version"]], {}), tmp_path)


def test_instructions_are_read_from_what_valgrind_says(tmp_path: Path) -> None:
    log = tmp_path / "1"
    log.write_text("==1== \n==1== I   refs:      4,173,800,123\n")
    assert _counted(log) == 4_173_800_123
    log.write_text("==1== Process terminating\n")
    with pytest.raises(ValueError, match="did not report"):
        _counted(log)
