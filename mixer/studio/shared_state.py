"""State of a song, shared by the thread that works on it and those that read it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixer.errors import MixerError
from mixer.rendering.plans.plan import RenderPlan
from mixer.song.song import Song
from mixer.studio.edit_store import Kept, write_kept
from mixer.studio.edited_plan import Planned, plan_edits
from mixer.studio.edits import History
from mixer.studio.jobs import RenderJob
from mixer.studio.made import Made
from mixer.studio.messages.song_state import Event
from mixer.studio.messages.work_state import Doing

Tell = Callable[[Event], None]


class ConflictError(Exception):
    """A change is based on an old revision: another page has made one since."""


class NotReadyError(Exception):
    """The song is still being read, or could not be."""


@dataclass(frozen=True)
class Task:
    """Work to be done once the mix is up to date.

    Attributes:
        what: description shown while it runs.
        run: called with the plan of the song at that time.
        job: the job that it belongs to; None for a source.
    """

    what: str
    run: Callable[[RenderPlan], None]
    job: RenderJob | None = None


@dataclass
class Desk:
    """State of an open song. Hold `lock` to read or write more than one field.

    Attributes:
        song_id: its name in addresses.
        folder: the song's folder.
        tell: called with every event, from any thread.
        made: the rendered audio.
        phase, problem, doing: as in `SongState`.
        song: the loaded song; None before it is loaded.
        kept: the edits, and which of them song.toml has.
        planned: the settings that they result in; None before the song is loaded.
        plan: of the render that the page plays, which may be older than the edits.
        edited_at: time of the last edit on the monotonic clock, in seconds.
        notes: warnings.
        unkept: why the last edit could not be saved beside the song; None if it was.
        tasks: waiting tasks, in order.
        jobs: renders, the newest last.
        closing: whether the session is ending.
    """

    song_id: str
    folder: Path
    tell: Tell
    made: Made
    phase: Any = "loading"
    problem: str | None = None
    doing: Doing | None = None
    song: Song | None = None
    kept: Kept = field(default_factory=Kept)
    planned: Planned | None = None
    plan: RenderPlan | None = None
    edited_at: float = 0.0
    notes: list[str] = field(default_factory=list)
    unkept: str | None = None
    tasks: list[Task] = field(default_factory=list)
    jobs: list[RenderJob] = field(default_factory=list)
    closing: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    changed: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        self.changed = threading.Condition(self.lock)

    @property
    def revision(self) -> int:
        """The edits' revision."""
        return self.kept.history.revision

    def check(self, revision: int) -> None:
        """Raise ConflictError if a revision is not the last one, NotReadyError before loading."""
        if self.planned is None:
            raise NotReadyError(self.problem or "the song is still being read; wait a moment")
        if revision != self.revision:
            raise ConflictError

    def ready(self) -> Planned:
        """The plan of the edits; NotReadyError before the song is loaded."""
        if self.planned is None:
            raise NotReadyError(self.problem or "the song is still being read; wait a moment")
        return self.planned

    def take(self, history: History) -> None:
        """Adopt another history if its edits fit the song, and save it.

        Raises:
            SettingsError: the edits do not fit the song.
        """
        if history is self.kept.history:
            return
        assert self.song is not None
        table = self.kept.song_table(self.song.console)
        self.planned = plan_edits(self.song, table, history.edits, history.revision)
        self.kept = replace(self.kept, history=history)
        self.edited_at = time.monotonic()
        self.keep()
        self.changed.notify_all()
        self.told()

    def keep(self) -> None:
        """Save the state; if that fails, a note says so until it succeeds."""
        self.unkept = None
        try:
            write_kept(self.folder, self.kept)
        except MixerError as error:
            self.unkept = f"your edits cannot be saved: {error}"

    def add(self, task: Task) -> None:
        """Add a task."""
        self.tasks.append(task)
        self.changed.notify_all()

    def told(self) -> None:
        """Announce that the state has changed."""
        self.tell({"type": "state", "song": self.song_id, "revision": self.revision})

    def announce_job(self, job: RenderJob) -> None:
        """Announce the state of a job."""
        row = job.as_json()
        self.tell({"type": "job", "song": self.song_id, "revision": self.revision, "job": row})
