"""Run commands of `mixer`, each in a fork of a process that has loaded everything.

    python -P benchmarks/forked.py '{"first": [["check", "A"]], "then": {"name": ["render", "A"]}}'

What `first` names runs here: it imports what is imported on first use. Each command of `then` runs
in a fork, whose cost is that of its work alone. A fork named "" does nothing: under valgrind it
counts what the process has cost before. In the same way each stage of a render that begins is
marked by a fork of the render that ends at once: it counts what the render has cost until then.

On stdout is a line of JSON: where `mixer` was found, this process's CPU seconds before the first
fork, and by name each fork's process, CPU seconds and marks (stage and process, in their order), or
null if its command failed.

`benchmarks.work` runs this in the checkout that it measures, so that it imports nothing of its own.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

# A stage that begins, and the process of the fork that marks its beginning.
Mark = tuple[str, int]


def _mixer(arguments: Sequence[str]) -> None:
    from mixer.__main__ import main

    sys.argv = ["mixer", *arguments]
    try:
        main()
    except SystemExit as ending:
        if ending.code:
            raise


def _has_run(run: Callable[[], None]) -> bool:
    try:
        run()
    except BaseException:
        traceback.print_exc()
        return False
    return True


def _forked(run: Callable[[], None]) -> tuple[int, float, list[Mark]] | None:
    """Process, CPU seconds and marks of a fork in which something runs; None if that failed."""
    read, written = os.pipe()
    pid = os.fork()
    if not pid:
        _mark_stages(lambda mark: os.write(written, json.dumps(mark).encode() + b"\n"))
        # At once: what the parent would do at its end is not for the fork to do.
        os._exit(0 if _has_run(run) else 1)
    os.close(written)
    with os.fdopen(read) as lines:
        marks = [json.loads(line) for line in lines]
    _, status, usage = os.wait4(pid, 0)
    return None if status else (pid, usage.ru_utime + usage.ru_stime, marks)


def _mark_stages(tell: Callable[[Mark], object]) -> None:
    """From now on, tell of each stage that begins, in this process."""
    progress = sys.modules.get("mixer.rendering.timing.progress")
    if progress is None:
        return
    start, process = progress.StageClock.start, os.getpid()

    def marked(clock: Any, stage: Any, *detail: str) -> None:
        if os.getpid() == process:
            mark = os.fork()
            if not mark:
                os._exit(0)
            os.waitpid(mark, 0)
            tell((str(stage.value), mark))
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
    for arguments in asked["first"]:
        _has_run(functools.partial(_mixer, arguments))
    loaded_s = time.process_time()
    forks = {
        name: _forked(functools.partial(_mixer, arguments) if name else lambda: None)
        for name, arguments in {"": [], **asked["then"]}.items()
    }
    found = getattr(sys.modules.get("mixer"), "__file__", None)
    json.dump({"mixer": found, "loaded_s": loaded_s, "forks": forks}, answers)
    answers.close()


if __name__ == "__main__":
    main()
