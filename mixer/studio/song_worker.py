"""The worker thread of a song: reads it, renders the inputs of the strips, then the mix.

It works by priority: audio that can be heard at once, wet tracks, the exact mix shortly after the
last edit, then other requested tasks. An edit cancels an exact render in progress.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixer.errors import MixerError
from mixer.song.load import load_song
from mixer.studio.edit_store import read_kept
from mixer.studio.edited_plan import Planned, plan_edits
from mixer.studio.making import Maker, OvertakenError
from mixer.studio.shared_state import Desk, Task, Tell
from mixer.studio.standing import audio_of

# From the last edit to the exact render of it.
SETTLE_S = 0.6


class Worker:
    """Works on one song until it is stopped.

    Attributes:
        desk: state of the song.
        maker: renders the audio.
    """

    def __init__(self, song_id: str, folder: Path, tell: Tell, scratch: Path) -> None:
        """Prepare the worker; `start` starts it.

        Args:
            song_id, folder, tell: as in `Desk`.
            scratch: a folder for samples.
        """
        self.maker = Maker(scratch, self.report_audio, self.report_work, self.is_overtaken)
        self.desk = Desk(song_id, folder, tell, self.maker.made)
        # Revisions: of the wet tracks, and of the last exact render that was tried.
        self._prepared = self._tried = -1
        # Settings of which the exact mix was rendered.
        self._heard: Planned | None = None
        self._at: Task | None = None
        self._is_exact = False
        self._thread = threading.Thread(target=self._work, name=f"studio {song_id}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Stop the current work, and wait up to `within_s` seconds for the thread to end."""
        with self.desk.lock:
            self.desk.closing = True
            self.desk.changed.notify_all()
        self._thread.join(within_s)

    def is_overtaken(self) -> bool:
        """Whether the result is obsolete."""
        desk, task = self.desk, self._at
        if desk.closing:
            return True
        if task is not None:
            return task.job is not None and task.job.cancelled.is_set()
        return self._is_exact and self._tried != desk.revision

    def report_work(self, what: str, detail: str, share: float) -> None:
        """Report the current work, and the share of it done, 0 to 1."""
        desk, task = self.desk, self._at
        desk.doing = {"what": what, "detail": detail, "share": min(max(share, 0.0), 1.0)}
        if task is not None and task.job is not None:
            task.job.doing = desk.doing
            desk.announce_job(task.job)
        desk.tell(
            {"type": "doing", "song": desk.song_id, "revision": desk.revision, "doing": desk.doing}
        )

    def report_audio(self, name: str) -> None:
        """Report that more samples of a source are ready, or that they have changed."""
        desk = self.desk
        audio = audio_of(name, desk.made)
        if audio is not None:
            desk.tell(
                {"type": "audio", "song": desk.song_id, "revision": desk.revision, "audio": audio}
            )

    def _work(self) -> None:
        self._guarded(self._load)
        desk = self.desk
        while not desk.closing:
            with desk.lock:
                if desk.planned is None:
                    desk.changed.wait()
                    continue
                step = self._next(desk.planned)
                if step is None:
                    continue
            self._guarded(step)

    def _load(self) -> None:
        desk = self.desk
        try:
            song, kept = load_song(desk.folder), read_kept(desk.folder)
            history = kept.history
            table = kept.song_table(song.console)
            planned = plan_edits(song, table, history.edits, history.revision)
            plan = planned.plan()
            self.maker.store.refuse_full_disk(plan)
        except MixerError:
            desk.phase = "failed"
            raise
        with desk.lock:
            desk.song, desk.kept, desk.planned, desk.plan = song, kept, planned, plan
            desk.notes = [*song.notes, *plan.warnings]
            desk.phase = "listening" if planned.mixes_tracks else "rendering"
        desk.told()
        self.maker.store.first_seconds(plan)

    def _next(self, planned: Planned) -> Callable[[], None] | None:
        """The step of highest priority; None after waiting for one."""
        desk = self.desk
        if self._prepared != planned.revision:
            self._prepared = planned.revision
            return lambda: self._prepare(planned)
        if self._tried != planned.revision:
            wait_s = desk.edited_at + SETTLE_S - time.monotonic()
            if wait_s > 0.0:
                desk.changed.wait(wait_s)
                return None
            self._tried = planned.revision
            return lambda: self._render(planned)
        if desk.tasks:
            task = desk.tasks.pop(0)
            return lambda: self._run(task)
        if desk.doing is not None:
            desk.doing = None
            return desk.told
        desk.changed.wait()
        return None

    def _prepare(self, planned: Planned) -> None:
        desk = self.desk
        plan = planned.plan()
        with desk.lock:
            desk.plan = plan
            desk.notes = list(dict.fromkeys((*planned.song.notes, *plan.warnings)))
        self.maker.tracks(planned, plan)
        if desk.phase == "listening":
            desk.phase = "rendering"
        desk.told()

    def _render(self, planned: Planned) -> None:
        desk = self.desk
        assert desk.plan is not None
        exact = desk.made.exact
        if exact is not None and self._heard is not None and planned.sounds_like(self._heard):
            desk.made.exact = replace(exact, revision=planned.revision)
        else:
            self._heard, self._is_exact = None, True
            try:
                self.maker.exact(planned, desk.plan)
            finally:
                self._is_exact = False
            self._heard = planned
        with desk.lock:
            desk.phase, desk.problem = "ready", None
        audio = audio_of("mix", desk.made)
        assert audio is not None
        desk.tell(
            {"type": "exact", "song": desk.song_id, "revision": planned.revision, "audio": audio}
        )
        desk.told()
        self.maker.store.plain_sum(desk.plan)

    def _run(self, task: Task) -> None:
        desk, job = self.desk, task.job
        assert desk.plan is not None
        self._at = task
        if job is not None:
            job.state = "running"
            desk.announce_job(job)
        try:
            task.run(desk.plan)
            if job is not None:
                job.state = "done"
        except OvertakenError:
            if job is not None:
                job.state = "cancelled"
        except Exception as error:
            if job is None:
                raise
            job.state, job.problem = "failed", problem_of(error)
        finally:
            self._at = None
            if job is not None:
                job.doing = None
                desk.announce_job(job)
            desk.told()

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step, and report its failure without ending the thread."""
        desk = self.desk
        try:
            step()
            return
        except OvertakenError:
            return
        except Exception as error:
            problem = problem_of(error)
        with desk.lock:
            desk.problem, desk.doing = problem, None
            if desk.planned is None:
                desk.phase = "failed"
        desk.told()


def problem_of(error: Exception) -> str:
    """Message of an exception, as the command line prints it."""
    if isinstance(error, MixerError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory; close other programs"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; check that the song's folder is still there"
    return f"internal error ({type(error).__name__}: {error}); please report it"
