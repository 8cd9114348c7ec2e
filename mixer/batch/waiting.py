"""The songs that wait for their turn, and which of them have room to start: memory, and disk.

They start in the order of the manifest, but the last ones longest first: a long song that came last
would leave all workers but one without work.
"""

from __future__ import annotations

import math
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.batch.batch_plan import Job
from mixer.batch.engines.engine import Engine
from mixer.batch.states import Phase
from mixer.batch.survey import Size, survey_or_say
from mixer.batch.waiting_albums import Finish
from mixer.files.wording import counted, size_of

# Songs looked at after one that is too large to start now, and how often it may be overtaken.
_WINDOW, _PATIENCE = 8, 32
# The last songs, which start longest first: for each worker, and in all, since all their headers
# are read at once.
_LAST_A_WORKER, _MOST_LAST = 4, 256
# Disk that is left alone: for the ledger, the results, and other programs.
_SPARE_BYTES = 4 << 20


@dataclass(frozen=True)
class Task:
    """A song's turn: all of it, or one of an album's two."""

    job: Job
    phase: Phase = Phase.WHOLE
    finish: Finish | None = None


class Waiting:
    """Tasks in their order; one that is too large to start now may be overtaken for a while.

    Args:
        engine: says which song has room in memory.
        state: a folder on the disk that songs are made on.
        threads: cores per song, for the estimate of its memory.
    """

    def __init__(self, engine: Engine, state: Path, threads: int) -> None:
        self._engine, self._state, self._threads = engine, state, threads
        self._tasks: deque[Task] = deque()
        self._without_room: list[Task] = []  # on the disk, with nothing else at work
        self._sizes: dict[str, Size] = {}
        self._overtaken = 0
        self._is_sorted = engine.n_workers == 1  # which has no others to wait for

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, tasks: Sequence[Task], *, first: bool = False) -> None:
        """Put tasks behind the others, or before them."""
        if first:
            self._tasks.extendleft(reversed(tasks))
        else:
            self._tasks.extend(tasks)

    def startable(
        self, running: Mapping[str, tuple[Task, object]]
    ) -> Iterator[tuple[Task, Size | str]]:
        """Take out each task that has room now, with its size.

        Args:
            running: tasks under way, among which whoever starts one enters it before the next.

        Yields:
            A task and its size, or the reason why it has none and the song has failed.
        """
        self._sort_last()
        place = 0
        while place < min(len(self._tasks), _WINDOW):
            task = self._tasks[place]
            size = self._size(task)
            if isinstance(size, str):
                del self._tasks[place]
                yield task, size
            elif not self._engine.has_room(size.need_bytes, len(self._tasks)):
                # Room for nothing at all, most often: then the rest need not be looked at.
                if self._overtaken >= _PATIENCE or not self._engine.has_room(0, len(self._tasks)):
                    return
                place += 1
            elif self._disk_has_room(size, running):
                del self._tasks[place]
                self._overtaken = self._overtaken + 1 if place else 0
                yield task, size
            elif running:
                return
            else:  # others may be smaller
                del self._tasks[place]
                self._without_room.append(task)

    def short_of_disk(self) -> str | None:
        """Message that a run ends before tasks that the disk has no room for; None without any."""
        if not self._without_room:
            return None
        task, *others = self._without_room
        song_id = task.job.record.id
        need = size_of(_disk_bytes(self._sizes[song_id]))
        more = f" and {counted(len(others), 'song')} more" if others else ""
        free = size_of(shutil.disk_usage(self._state).free)
        space = f"it needs {need}, and {free} is free"
        return f"not enough disk space for {song_id}{more}: {space}; free some space"

    def _sort_last(self) -> None:
        """Once there are only so many tasks left, bring them in the order of their lengths."""
        last = min(_LAST_A_WORKER * self._engine.n_workers, _MOST_LAST)
        if self._is_sorted or len(self._tasks) > last:
            return
        self._is_sorted = True

        def place(task: Task) -> float:
            # Songs of albums have another turn to come, and premasters take disk until then.
            if task.phase != Phase.WHOLE or task.finish is not None:
                return -math.inf
            size = self._size(task)
            return math.inf if isinstance(size, str) else -size.duration_s

        self._tasks = deque(sorted(self._tasks, key=place))

    def _size(self, task: Task) -> Size | str:
        song_id = task.job.record.id
        if song_id not in self._sizes:
            listed = task.job.listed
            size = survey_or_say(
                listed.row,
                listed.target.format,
                listed.identity,
                self._threads,
                self._engine.memory_bytes,
            )
            if isinstance(size, str):
                return size
            self._sizes[song_id] = size
        return self._sizes[song_id]

    def _disk_has_room(self, size: Size, running: Mapping[str, tuple[Task, object]]) -> bool:
        promised = sum(self._sizes[task.job.record.id].output_bytes for task, _ in running.values())
        try:
            free = shutil.disk_usage(self._state).free
        except OSError:
            return True
        return free > promised + _disk_bytes(size)


def _disk_bytes(size: Size) -> int:
    """Disk that must be free for a song, what is left alone included."""
    return size.output_bytes + size.premaster_bytes + _SPARE_BYTES
