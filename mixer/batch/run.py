"""A run: the songs that are to be done go to the engine, what comes back goes to the ledger."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mixer.batch.batch_plan import Job, outputs_are_there
from mixer.batch.engines.engine import Engine
from mixer.batch.engines.order import Finished, Order, Outcome, Retried, Working
from mixer.batch.ledgers.ledger import Ledger
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.publish import (
    PREMASTER_FOLDER,
    WORK_FOLDER,
    list_moves,
    make_moves,
    remove_stale_files,
    set_sessions_aside,
)
from mixer.batch.listener import Listener, Status, Stop, Summary
from mixer.batch.states import Action, Ending, Phase, State
from mixer.batch.survey import Size
from mixer.batch.waiting import Task, Waiting
from mixer.batch.waiting_albums import Albums, Finish
from mixer.files.wording import counted

_TICK_S = 0.25
_GONE = "its files were removed or changed during the run; start again"


@dataclass(frozen=True)
class Limits:
    """Limits at which a run gives up by itself.

    Attributes:
        max_failures: after more failures than this, no more songs are begun; None for no limit.
        threads: cores per song, for the estimate of its memory.
    """

    max_failures: int | None = None
    threads: int = 1


class Run:
    """One run over a plan.

    Args:
        jobs: every song of the manifest, with its action.
        ledger: the open ledger.
        engine: an engine that is not started yet; closed when the run ends.
        out, state: the output folder, and the folder of ledger and staging.
        limits, listener, stop: see these classes.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        ledger: Ledger,
        engine: Engine,
        out: Path,
        state: Path,
        limits: Limits,
        listener: Listener,
        stop: Stop,
    ) -> None:
        self._jobs, self._ledger, self._engine = list(jobs), ledger, engine
        self._out, self._state = out.resolve(), state.resolve()
        self._limits, self._listener, self._stop = limits, listener, stop
        self._albums = Albums(jobs, ledger.get)
        self._waiting = Waiting(engine, self._state, limits.threads)
        self._running: dict[str, tuple[Task, Order]] = {}
        self._working: dict[str, Working] = {}
        self._n_done = self._n_failed = self._n_skipped = 0
        self._music_s = 0.0
        self._published: set[str] = set()
        self._stopped_by: str | None = None
        self._began_s = time.monotonic()

    def run(self) -> Summary:
        """Run the plan to its end, or until it is stopped.

        Raises:
            EngineError: workers cannot be started.
            OutputError: the ledger cannot be written.
        """
        for job in self._jobs:
            if job.action == Action.SKIP:
                self._n_skipped += 1
            elif job.record.state != State.MEASURED or not self._albums.holds(job):
                phase = Phase.MEASURE if self._albums.must_measure(job) else Phase.WHOLE
                self._waiting.add([Task(job, phase)])
        self._enqueue(self._albums.complete())
        self._listener.begun(self._status())
        try:
            if self._waiting and not self._stop.soon:
                self._engine.start()
                self._loop()
        finally:
            self._engine.close(at_once=bool(self._running))
            for _, order in self._running.values():
                shutil.rmtree(order.staging, ignore_errors=True)
        return self._summary()

    def _loop(self) -> None:
        while True:
            self._admit()
            if not self._running and (self._stopping() or not self._waiting):
                return
            if self._stop.now:
                return
            for event in self._engine.wait(_TICK_S):
                if isinstance(event, Finished):
                    self._take(event.outcome)
                elif isinstance(event, Retried):
                    self._retried(event)
                else:
                    self._working[event.id] = event
            self._listener.progressed(self._status())

    def _stopping(self) -> bool:
        if self._ledger.disk_was_full and self._stopped_by is None:
            self._stopped_by = "the disk is full"
        return self._stop.soon or self._stopped_by is not None

    def _admit(self) -> None:
        """Start what has room."""
        if self._stopping():
            return
        for task, size in self._waiting.startable(self._running):
            if isinstance(size, str):
                self._fail_unbegun(task.job, size)
            else:
                self._start(task, size)
            if self._stopping():
                return
        if not (self._running or self._waiting):
            self._stopped_by = self._waiting.short_of_disk()

    def _fail_unbegun(self, job: Job, error: str) -> None:
        attempts, now = job.record.attempts + 1, _now()
        record = replace(job.record, attempts=attempts, token="", started=now, finished=now)
        self._ledger.put(record)
        self._fail(job, error)

    def _start(self, task: Task, size: Size) -> None:
        job, listed = task.job, task.job.listed
        token = uuid.uuid4().hex
        name = hashlib.sha256(job.record.id.encode()).hexdigest()[:24]
        order = Order(
            id=job.record.id,
            token=token,
            song=str(listed.row.song),
            staging=str(self._state / WORK_FOLDER / token),
            target=str(self._out / listed.target.mix),
            settings=listed.row.settings.copy(),
            wanted=listed.target.wanted,
            phase=task.phase,
            premaster=str(self._state / PREMASTER_FOLDER / name),
            loudness_lufs=task.finish.loudness_lufs if task.finish else None,
            known_inputs=job.record.inputs_sha256 if job.action == Action.VERIFY else None,
            duration_s=size.duration_s,
            need_bytes=size.need_bytes,
            console=listed.desk.console,
            song_table=listed.desk.song_table,
            presets=listed.desk.sources,
            hears_sound=task.phase == Phase.MEASURE and self._albums.hears_sound(job),
            album_moves=_moves_db(task.finish),
            album_sound=dict(task.finish.sound) if task.finish else {},
        )
        # A finished song that may turn out unchanged stays finished until it does not; one that
        # waits for its master alone stays measured.
        if not (job.action == Action.VERIFY and task.finish is None) and task.phase != Phase.FINISH:
            record = (self._ledger.get(order.id) if task.finish else None) or job.record
            attempts = record.attempts + 1
            began = replace(record, state=State.RUNNING, attempts=attempts, token=token, error=None)
            self._ledger.put(replace(began, started=_now()))
        self._running[token] = (task, order)
        self._engine.submit(order)

    def _retried(self, event: Retried) -> None:
        record = self._ledger.get(event.id)
        if record is not None and record.state == State.RUNNING:
            self._ledger.change(event.id, attempts=record.attempts + 1)
        self._listener.said(f"{event.id}: {event.reason}; trying once more")

    def _take(self, outcome: Outcome) -> None:
        task, order = self._running.pop(outcome.token)
        self._working.pop(outcome.id, None)
        if outcome.kind == Ending.DONE:
            self._publish(task, order, outcome)
        elif outcome.kind == Ending.FAILED:
            if outcome.disk_full:
                self._stopped_by = "the disk is full"
            if self._ledger.get(outcome.id) is None:
                self._ledger.put(task.job.record)
            self._fail(task.job, outcome.error or "unknown")
        elif outcome.kind == Ending.UNCHANGED:
            record = self._ledger.change(outcome.id, inputs_stat=outcome.inputs_stat)
            self._n_skipped += 1
            self._enqueue(self._albums.settle(task.job))
            self._tell(record)
        elif outcome.kind == Ending.MEASURED:
            self._ledger.change(
                outcome.id,
                state=State.MEASURED,
                inputs_stat=outcome.inputs_stat,
                inputs_sha256=outcome.inputs_sha256,
                figures=outcome.figures.copy(),
            )
            self._enqueue(self._albums.settle(task.job))

    def _publish(self, task: Task, order: Order, outcome: Outcome) -> None:
        target = task.job.listed.target
        moves, files = list_moves(target, order.token, outcome.files)
        known = self._ledger.get(order.id) or task.job.record
        verified = task.job.action == Action.VERIFY and task.finish is None
        try:
            for path, aside in set_sessions_aside(known.files, self._out).items():
                self._listener.said(f"{order.id}: {path} was edited; it is now {aside}")
        except OSError as error:
            shutil.rmtree(order.staging, ignore_errors=True)
            self._fail(task.job, f"{target.base}: its session cannot be kept ({error.strerror})")
            return
        figures = outcome.figures.copy()
        if task.finish is not None:
            figures["album_offset_db"] = task.finish.offset_db
            if task.finish.sound:
                figures["album_sound"] = dict(task.finish.sound)
            if task.finish.moves:
                # The album reckons with what the song was before it was moved.
                figures["premaster_lufs"] = known.figures.get("premaster_lufs")
                figures["album_moves"] = {n: asdict(move) for n, move in task.finish.moves.items()}
        self._ledger.put(
            replace(
                known,
                state=State.PUBLISHING,
                attempts=known.attempts + (1 if verified else 0),
                token=order.token,
                files=files,
                moves=moves,
                inputs_stat=outcome.inputs_stat,
                inputs_sha256=outcome.inputs_sha256,
                figures=figures,
                finished=_now(),
                error=None,
            )
        )
        try:
            make_moves(moves, self._state, self._out)
        except OSError as error:
            shutil.rmtree(order.staging, ignore_errors=True)
            self._fail(task.job, f"{target.mix}: cannot be written ({error.strerror})")
            return
        record = self._ledger.change(
            order.id, state=State.DONE, renders=known.renders + 1, moves=[]
        )
        remove_stale_files(known.files, record, self._out)
        shutil.rmtree(order.staging, ignore_errors=True)
        if task.finish is not None:
            shutil.rmtree(order.premaster, ignore_errors=True)
        self._n_done += 1
        self._published.add(order.id)
        self._music_s += float(figures.get("duration_s", order.duration_s))
        self._tell(record)

    def _fail(self, job: Job, error: str) -> None:
        record = self._ledger.change(
            job.record.id, state=State.FAILED, error=error, finished=_now(), moves=[]
        )
        self._n_failed += 1
        most = self._limits.max_failures
        if most is not None and self._n_failed > most and self._stopped_by is None:
            failures = counted(self._n_failed, "failure")
            self._stopped_by = f"{failures}, and {most} are allowed"
        self._enqueue(self._albums.settle(job))
        self._tell(record)

    def _tell(self, record: Record) -> None:
        self._listener.progressed(self._status())
        self._listener.finished(record)

    def _enqueue(self, finishes: Sequence[Finish]) -> None:
        """The rest of an album goes first: its premasters take disk until then."""
        tasks = [
            Task(finish.job, Phase.FINISH if finish.has_premaster else Phase.WHOLE, finish)
            for finish in finishes
        ]
        redone = {task.job.record.id for task in tasks if task.job.action == Action.SKIP}
        self._n_skipped -= len(redone)
        self._waiting.add(tasks, first=True)

    def _status(self) -> Status:
        elapsed_s = time.monotonic() - self._began_s
        n_left = len(self._jobs) - self._n_skipped - self._n_done - self._n_failed
        left_s = None
        if self._n_done and n_left >= 0:
            left_s = elapsed_s / self._n_done * n_left
        return Status(
            n_total=len(self._jobs),
            n_skipped=self._n_skipped,
            n_done=self._n_done,
            n_failed=self._n_failed,
            running=dict(self._working),
            music_s=self._music_s,
            elapsed_s=elapsed_s,
            left_s=left_s,
        )

    def _look_for_results(self) -> None:
        """A song whose files were removed during the run has failed, whatever came before."""
        for job in self._jobs:
            record = self._ledger.get(job.record.id)
            if record is None or record.state != State.DONE:
                continue
            if outputs_are_there(record, self._out):
                continue
            if record.id in self._published:
                self._n_done -= 1
            else:
                self._n_skipped -= 1
            self._n_failed += 1
            self._tell(self._ledger.change(record.id, state=State.FAILED, error=_GONE))

    def _summary(self) -> Summary:
        self._look_for_results()
        records = tuple(self._ledger.get(job.record.id) or job.record for job in self._jobs)
        settled = self._n_done + self._n_failed + self._n_skipped
        n_left = len(self._jobs) - settled
        return Summary(
            records=records,
            n_done=self._n_done,
            n_failed=self._n_failed,
            n_skipped=self._n_skipped,
            n_left=n_left,
            interrupted=self._stop.soon and n_left > 0,
            stopped_by=self._stopped_by,
            elapsed_s=time.monotonic() - self._began_s,
            music_s=self._music_s,
            album_offsets_db=self._albums.offsets_db,
        )


def _moves_db(finish: Finish | None) -> dict[str, float]:
    """Moves of a song's sound."""
    if finish is None:
        return {}
    return {name: move.move_db for name, move in finish.moves.items() if move.move_db}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
