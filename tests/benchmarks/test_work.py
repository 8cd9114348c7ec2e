"""Work is measured in forks of a process that has loaded the asked checkout, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.work import LOADING, Commands, _counted, cpu_s

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
    then = {"one": ["work"], "worse": ["fail"], "another": ["work"]}
    costs = cpu_s(Commands([["load"]], then), tmp_path)
    assert list(costs) == [LOADING, *then]
    assert [case for case, cost in costs.items() if cost is None] == ["worse"]


def test_another_checkout_is_not_measured_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="was measured in place of"):
        cpu_s(Commands([["--version"]], {}), tmp_path)


def test_instructions_are_read_from_what_valgrind_says(tmp_path: Path) -> None:
    log = tmp_path / "1"
    log.write_text("==1== \n==1== I   refs:      4,173,800,123\n")
    assert _counted(log) == 4_173_800_123
    log.write_text("==1== Process terminating\n")
    with pytest.raises(ValueError, match="did not report"):
        _counted(log)
