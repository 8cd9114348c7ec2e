"""Work in several processes that outlives the death of one of them.

Each process has a pipe of its own, so that it is known whose task a killed process had: that task
is tried once more in a new process, and given up if it kills that one too.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError, MixerError, OutputError
from mixer.files.spawning import without_current_folder

MAX_TRIES = 2
_STOP_S = 5.0

# called by a task with the share of it that is done, 0 to 1
Report = Callable[[float], None]
# called with a task's index and the share of it that is done; 0 when it is handed out
OnProgress = Callable[[int, float], None]


@dataclass(frozen=True)
class _Share:
    """What a process says before its task is done."""

    share: float


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    index: int | None = None


def each_in_processes(
    function: Callable[[Any, Report], Any],
    tasks: Sequence[Any],
    n_jobs: int,
    on_progress: OnProgress = lambda index, share: None,
) -> Iterator[tuple[int, Any]]:
    """Apply a function to tasks in processes of their own; results come as they are ready.

    Args:
        function: importable by name; takes a task and what to call with the share that is done.
        tasks: anything that can be pickled.
        n_jobs: processes at most.
        on_progress: called in this process.

    Yields:
        A task's index and its result; in the result's place a MixerError if it failed, was
        killed twice, or did not fit in memory.

    Raises:
        OutputError: a task could not write, which no other will either; the rest is stopped.
    """
    waiting = deque(range(len(tasks)))
    tries = [0] * len(tasks)
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        while waiting or any(w.index is not None for w in workers):
            while waiting and len(workers) < min(n_jobs, len(tasks)):
                workers.append(_start(context, function))
            for worker in workers:
                if waiting and worker.index is None:
                    _hand_out(worker, waiting.popleft(), tasks, on_progress)
            for pipe in wait([w.pipe for w in workers if w.index is not None]):
                worker = next(w for w in workers if w.pipe is pipe)
                index = worker.index
                assert index is not None
                try:
                    result = worker.pipe.recv()
                except (EOFError, OSError):
                    workers.remove(worker)
                    _stop([worker])
                    tries[index] += 1
                    if tries[index] < MAX_TRIES:
                        waiting.append(index)
                        continue
                    result = InputError(
                        "its process was killed twice, most likely for want of memory; "
                        "try again with fewer --jobs"
                    )
                if isinstance(result, _Share):
                    on_progress(index, result.share)
                    continue
                worker.index = None
                if isinstance(result, OutputError):
                    raise result
                yield index, result
    finally:
        _stop(workers)


def _start(
    context: multiprocessing.context.SpawnContext, function: Callable[[Any, Report], Any]
) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(function, theirs), daemon=True)
    with without_current_folder():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _hand_out(worker: _Worker, index: int, tasks: Sequence[Any], on_progress: OnProgress) -> None:
    worker.index = index
    # A process that died while idle is found out when its answer is waited for.
    with contextlib.suppress(OSError):
        worker.pipe.send(tasks[index])
    on_progress(index, 0.0)


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.pipe.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join(_STOP_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _serve(function: Callable[[Any, Report], Any], pipe: Connection) -> None:
    """A worker's life: tasks in, results out, until the other side closes."""
    # Ctrl-C reaches the whole group; the parent decides. Asked to stop, clean up on the way out.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with one_blas_thread:
            _work_off(function, pipe)
    finally:
        # It is leaving already: being asked to would interrupt its clean-up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _work_off(function: Callable[[Any, Report], Any], pipe: Connection) -> None:
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        result = _result(function, task, lambda share: pipe.send(_Share(share)))
        try:
            pipe.send(result)
        except OSError:
            return  # the parent is gone


def _leave(signal_number: int, frame: object) -> None:
    raise SystemExit(128 + signal_number)


def _result(function: Callable[[Any, Report], Any], task: Any, report: Report) -> Any:
    try:
        return function(task, report)
    except MixerError as error:
        return error
    except MemoryError:
        return InputError("it does not fit in memory; try again with fewer --jobs, or cut it up")
    except OSError as error:
        return InputError(f"cannot be read or written: {error.strerror or error}")
    except Exception as error:
        return InputError(f"internal error ({type(error).__name__}: {error}); please report it")
