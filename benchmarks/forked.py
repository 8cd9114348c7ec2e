"""Run commands, each in a fork of a process that has loaded everything.

    python -P benchmarks/forked.py '{"first": [["mixer", "check", "A"]], "then": {
        "name": ["mixer", "render", "A"], "another": ["piece", "read", "A/drums.wav"]}}'

A command is one of `mixer`, or a single piece of its work, of those in `benchmarks/pieces.py`. What
`first` names runs here: it imports what is imported on first use. Each command of `then` runs
in a fork, whose cost is that of its work alone. A fork named "" does nothing: under valgrind it
counts what the process has cost before. In the same way each stage of a render that begins, and the
work of a piece that is prepared, is marked by a fork that ends at once: it counts what was spent
until then.

On stdout is a line of JSON: where `mixer` was found, this process's CPU seconds before the first
fork, and by name each fork's process, CPU seconds and marks (stage and process, in their order), or
null if its command failed.

`benchmarks.work` runs this in the checkout that it measures, so that it imports nothing of its own.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# A stage that begins, and the process of the fork that marks its beginning.
Mark = tuple[str, int]
# Is told of each mark; None to make no marks.
Tell = Callable[[Mark], object] | None


# Mark of the work of a piece.
WORK = "work"


def _mixer(arguments: Sequence[str], tell: Tell) -> None:
    from mixer.__main__ import main

    if tell is not None:
        _mark_stages(tell)
    sys.argv = ["mixer", *arguments]
    try:
        main()
    except SystemExit as ending:
        if ending.code:
            raise


def _piece(arguments: Sequence[str], tell: Tell) -> None:
    # By its path: the checkout that is measured may have other ones, or none.
    run = runpy.run_path(str(Path(__file__).with_name("pieces.py")))["run"]
    run(arguments, lambda: tell and tell((WORK, _marked())))


_PROGRAMS = {"mixer": _mixer, "piece": _piece, "": lambda arguments, tell: None}


def _has_run(command: Sequence[str], tell: Tell) -> bool:
    program, *arguments = command
    try:
        _PROGRAMS[program](arguments, tell)
    except BaseException:
        traceback.print_exc()
        return False
    return True


def _forked(command: Sequence[str]) -> tuple[int, float, list[Mark]] | None:
    """Process, CPU seconds and marks of a fork in which a command runs; None if that failed."""
    read, written = os.pipe()
    pid = os.fork()
    if not pid:
        has_run = _has_run(
            command, lambda mark: os.write(written, json.dumps(mark).encode() + b"\n")
        )
        # At once: what the parent would do at its end is not for the fork to do.
        os._exit(0 if has_run else 1)
    os.close(written)
    with os.fdopen(read) as lines:
        marks = [json.loads(line) for line in lines]
    _, status, usage = os.wait4(pid, 0)
    return None if status else (pid, usage.ru_utime + usage.ru_stime, marks)


def _marked() -> int:
    """The process of a fork that ended at once."""
    mark = os.fork()
    if not mark:
        os._exit(0)
    os.waitpid(mark, 0)
    return mark


def _mark_stages(tell: Callable[[Mark], object]) -> None:
    """From now on, tell of each stage that begins, in this process."""
    progress = sys.modules.get("mixer.rendering.timing.progress")
    if progress is None:
        return
    start, process = progress.StageClock.start, os.getpid()

    def marked(clock: Any, stage: Any, *detail: str) -> None:
        if os.getpid() == process:
            tell((str(stage.value), _marked()))
        start(clock, stage, *detail)

    progress.StageClock.start = marked


def main() -> None:
    asked = json.loads(sys.argv[1])
    # Work is cut by the number of cores: on one of them it is the same on every machine.
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what the commands print
    for command in asked["first"]:
        _has_run(command, None)
    loaded_s = time.process_time()
    forks = {name: _forked(command) for name, command in {"": [""], **asked["then"]}.items()}
    found = getattr(sys.modules.get("mixer"), "__file__", None)
    json.dump({"mixer": found, "loaded_s": loaded_s, "forks": forks}, answers)
    answers.close()


if __name__ == "__main__":
    main()
