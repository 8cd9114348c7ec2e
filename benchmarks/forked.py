"""Run commands of `mixer`, each in a fork of a process that has loaded everything.

    python -P benchmarks/forked.py '{"first": [["check", "A"]], "then": {"name": ["render", "A"]}}'

What `first` names runs here: it imports what is imported on first use. Each command of `then` runs
in a fork, whose cost is that of its work alone. A fork named "" does nothing: under valgrind it
counts what the process has cost before. On stdout is a line of JSON: where `mixer` was found, this
process's CPU seconds before the first fork, and by name each fork's process and CPU seconds, or
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


def _forked(run: Callable[[], None]) -> tuple[int, float] | None:
    """Process and CPU seconds of a fork in which something runs; None if that failed."""
    pid = os.fork()
    if not pid:
        # At once: what the parent would do at its end is not for the fork to do.
        os._exit(0 if _has_run(run) else 1)
    _, status, usage = os.wait4(pid, 0)
    return None if status else (pid, usage.ru_utime + usage.ru_stime)


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
