"""Run tasks in several processes, surviving the death of one of them.

Each process has its own pipe, so that the task of a killed process is known: it is tried once more
in a new process, and given up if it kills that one too.
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
from typing import TypeVar

from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError, MixerError, OutputError
from mixer.files.spawning import interrupts_blocked, without_current_folder

MAX_TRIES = 2
_STOP_S = 5.0

Task = TypeVar("Task")
Result = TypeVar("Result")
# Called by a task with the completed share, 0 to 1.
Report = Callable[[float], None]
# Called with a task's index and the completed share; 0 when the task is started.
OnProgress = Callable[[int, float], None]


@dataclass(frozen=True)
class _Share:
    """A worker's progress message before its task is done."""

    share: float


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    index: int | None = None


def each_in_processes(
    function: Callable[[Task, Report], Result],
    tasks: Sequence[Task],
    n_jobs: int,
    on_progress: OnProgress = lambda index, share: None,
) -> Iterator[tuple[int, Result | MixerError]]:
    """Apply a function to tasks in several processes; results are yielded as they become ready.

    Args:
        function: importable by name; takes a task and a callback for the completed share, 0 to 1.
        tasks: picklable objects.
        n_jobs: largest number of processes.
        on_progress: called in this process with a task's index and the completed share.

    Yields:
        A task's index and its result, or a MixerError in place of the result if the task failed,
        was killed twice, or ran out of memory.

    Raises:
        OutputError: a task could not write, so that no other task can either; the rest is stopped.
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
                        "its process was killed twice, most likely because memory ran out; "
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
    context: multiprocessing.context.SpawnContext, function: Callable[[Task, Report], Result]
) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(function, theirs), daemon=True)
    with interrupts_blocked(), without_current_folder():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _hand_out(
    worker: _Worker, index: int, tasks: Sequence[object], on_progress: OnProgress
) -> None:
    worker.index = index
    # A process that died while idle is noticed when its answer is awaited.
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


def _serve(function: Callable[[Task, Report], Result], pipe: Connection) -> None:
    """Main loop of a worker: receive tasks, send results, until the other side closes the pipe."""
    # Ctrl-C reaches the whole process group and the parent decides; where it cannot be blocked it
    # is ignored. If asked to stop, clean up first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with one_blas_thread:
            _work_off(function, pipe)
    finally:
        # It is already exiting: a second request would interrupt its clean-up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _work_off(function: Callable[[Task, Report], Result], pipe: Connection) -> None:
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


def _result(
    function: Callable[[Task, Report], Result], task: Task, report: Report
) -> Result | MixerError:
    try:
        return function(task, report)
    except MixerError as error:
        return error
    except MemoryError:
        return InputError("it does not fit in memory; try again with fewer --jobs, or split it")
    except OSError as error:
        return InputError(f"cannot be read or written: {error.strerror or error}")
    except Exception as error:
        return InputError(f"internal error ({type(error).__name__}: {error}); please report it")
