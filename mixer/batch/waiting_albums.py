"""Songs of albums that are still to be measured, and the steps once all of one album are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from mixer.batch.albums.album_loudness import (
    OFFSET_TOLERANCE_DB,
    Measured,
    album_offset_db,
    song_target_lufs,
)
from mixer.batch.albums.album_sound import Move, find_moves
from mixer.batch.batch_plan import Job
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import Action, State


@dataclass
class _Album:
    target_lufs: float
    members: list[Job] = field(default_factory=list)
    holds_sound: bool = False
    unmeasured: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Finish:
    """The remaining work on a song once its album's offset is known.

    Attributes:
        job: the song.
        loudness_lufs: its own target; None for silence.
        offset_db: the album's.
        has_premaster: whether it was mixed in this batch, so that only the master is missing.
        moves: figure to its offset from the album and the change applied, in dB.
        sound: figures of its sound before these changes, in dB.
    """

    job: Job
    loudness_lufs: float | None
    offset_db: float
    has_premaster: bool
    moves: Mapping[str, Move] = field(default_factory=dict)
    sound: Mapping[str, float] = field(default_factory=dict)


class Albums:
    """The albums of a run that have a loudness target.

    Args:
        jobs: all songs of the run.
        find: looks up a song's record in the ledger.
    """

    def __init__(self, jobs: Sequence[Job], find: Callable[[str], Record | None]) -> None:
        self._find = find
        self._albums: dict[str, _Album] = {}
        self.offsets_db: dict[str, float] = {}
        for job in jobs:
            name, target = job.listed.row.album, job.listed.row.settings.get("loudness_lufs")
            if name is None or target is None:
                continue
            album = self._albums.setdefault(name, _Album(float(target)))
            album.members.append(job)
            album.holds_sound |= job.listed.row.album_sound > 0.0
            if job.action != Action.SKIP and job.record.state != State.MEASURED:
                album.unmeasured.add(job.record.id)

    def must_measure(self, job: Job) -> bool:
        """Whether a song has to be measured first."""
        album = self._albums.get(job.listed.row.album or "")
        return album is not None and job.record.id in album.unmeasured

    def hears_sound(self, job: Job) -> bool:
        """Whether a song's sound has to be measured, because its album matches the sound."""
        album = self._albums.get(job.listed.row.album or "")
        return album is not None and album.holds_sound

    def holds(self, job: Job) -> bool:
        """Whether a song's loudness is decided by its album."""
        name, target = job.listed.row.album, job.listed.row.settings.get("loudness_lufs")
        return name in self._albums and target is not None

    def complete(self) -> list[Finish]:
        """Work on albums whose songs have all been measured."""
        names = [name for name, album in self._albums.items() if not album.unmeasured]
        return [finish for name in names for finish in self._finish(name)]

    def settle(self, job: Job) -> list[Finish]:
        """Note that a song is measured, unchanged or failed; returns the work that this allows."""
        name = job.listed.row.album or ""
        album = self._albums.get(name)
        if album is None or job.record.id not in album.unmeasured:
            return []
        album.unmeasured.discard(job.record.id)
        return [] if album.unmeasured else self._finish(name)

    def _finish(self, name: str) -> list[Finish]:
        album = self._albums[name]
        known: list[tuple[Job, Record]] = []
        for job in album.members:
            record = self._find(job.record.id)
            if record is not None and record.state in (State.DONE, State.MEASURED):
                known.append((job, record))
        songs = [
            Measured(record.figures.get("premaster_lufs"), record.figures.get("duration_s", 0.0))
            for _, record in known
        ]
        offset_db = album_offset_db(songs, album.target_lufs)
        self.offsets_db[name] = offset_db
        sounds = {record.id: record.figures.get("album_sound", {}) for _, record in known}
        amounts = {job.record.id: job.listed.row.album_sound for job, _ in known}
        moves = find_moves(sounds, amounts) if album.holds_sound else {}
        finishes = []
        for job, record in known:
            before_db = record.figures.get("album_offset_db")
            moved = before_db is None or abs(before_db - offset_db) > OFFSET_TOLERANCE_DB
            own_moves = moves.get(record.id, {})
            before = record.figures.get("album_moves", {})
            moved |= {n: asdict(move) for n, move in own_moves.items()} != before
            if record.state == State.MEASURED or moved:
                own_lufs = song_target_lufs(record.figures.get("premaster_lufs"), offset_db)
                finishes.append(
                    Finish(
                        job,
                        own_lufs,
                        offset_db,
                        record.state == State.MEASURED,
                        own_moves,
                        sounds[record.id],
                    )
                )
        return finishes
