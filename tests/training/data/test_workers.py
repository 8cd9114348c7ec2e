"""Processes that die, fail and are stopped, and the tasks that survive it."""

import os
import signal
from pathlib import Path

import pytest

from mixer.errors import InputError, OutputError
from tests.training.data.interrupted import WANTED, double
from training.data.workers import Report, each_in_processes


def square(task: int, report: Report) -> int:
    report(0.5)
    return task * task


def misbehave(task: tuple[str, Path], report: Report) -> str:
    what, folder = task
    mark = folder / "tried"
    if what == "killed" or (what == "killed once" and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "bad":
        raise InputError("bad.wav: no audio")
    if what == "too large":
        raise MemoryError
    if what == "bug":
        raise ZeroDivisionError("0")
    if what == "disk":
        raise OutputError("x.flac cannot be written: the disk is full")
    return what


def test_every_task_is_done_once_and_says_how_far_it_is() -> None:
    shares: dict[int, list[float]] = {}

    def note(index: int, share: float) -> None:
        shares.setdefault(index, []).append(share)

    results = list(each_in_processes(square, range(5), 2, note))
    assert sorted(results) == [(i, i * i) for i in range(5)]
    assert shares == {i: [0.0, 0.5] for i in range(5)}


def test_a_killed_process_costs_its_task_one_retry(tmp_path: Path) -> None:
    tasks = [(what, tmp_path) for what in ("fine", "killed once", "fine", "fine")]
    results = dict(each_in_processes(misbehave, tasks, 2))
    assert results == {0: "fine", 1: "killed once", 2: "fine", 3: "fine"}


def test_what_fails_fails_alone_in_one_clear_line(tmp_path: Path) -> None:
    wrong = ["killed", "bad", "too large", "bug"]
    tasks = [(what, tmp_path) for what in ("fine", *wrong, "fine")]
    results = dict(each_in_processes(misbehave, tasks, 1))
    assert (results[0], results[5]) == ("fine", "fine")
    said = [str(results[i]) for i in range(1, 5)]
    assert all(isinstance(results[i], InputError) for i in range(1, 5))
    for text, line in zip(
        ("killed twice", "bad.wav: no audio", "does not fit in memory", "ZeroDivisionError"),
        said,
        strict=True,
    ):
        assert text in line
        assert "\n" not in line


def test_a_full_disk_stops_everything(tmp_path: Path) -> None:
    tasks = [(what, tmp_path) for what in ("disk", "fine", "fine")]
    with pytest.raises(OutputError, match="the disk is full"):
        list(each_in_processes(misbehave, tasks, 1))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="nothing blocks signals")
def test_ctrl_c_does_not_reach_a_process_that_is_still_starting(monkeypatch) -> None:
    monkeypatch.setenv(WANTED, "1")
    assert list(each_in_processes(double, [4], 1)) == [(0, 8)]
