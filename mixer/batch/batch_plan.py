"""The plan of a batch: each song of the manifest compared with its ledger entry."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mixer.batch.inputs import stat_inputs
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.requests.defaults import NO_DEFAULTS, Defaults
from mixer.batch.requests.desks import NEUTRAL, Desk, check_defaults, find_misfits, read_desks
from mixer.batch.requests.identity import (
    Identity,
    code_version,
    read_identities,
    settings_of,
)
from mixer.batch.requests.manifest import Row, check_albums, read_manifest
from mixer.batch.requests.outputs import STATE_FOLDER, Target, plan_outputs
from mixer.batch.requests.own_inputs import find_own_inputs
from mixer.batch.requests.row_mistakes import ManifestError, mistake
from mixer.batch.states import Action, Mode, State
from mixer.errors import InputError, SettingsError
from mixer.files.wording import joined
from mixer.output.daw.daw_formats import DAW_SUFFIXES


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, counted from 1; an album stays together."""

    index: int = 1
    count: int = 1

    def holds(self, row: Row) -> bool:
        if self.count == 1:
            return True
        # By name, not by place: a row more in the manifest must not move the others about.
        key = row.id if row.album is None else f"album {row.album}"
        return zlib.crc32(key.encode()) % self.count == self.index - 1

    @property
    def suffix(self) -> str:
        """Ending of file names of this shard; empty for a whole run."""
        return "" if self.count == 1 else f"shard-{self.index}-of-{self.count}"


WHOLE_BATCH = Shard()


def parse_shard(text: str) -> Shard:
    """Parse `I/N`, with I from 1 to N.

    Raises:
        SettingsError: the text has another form, or I is out of range.
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    shard = Shard(int(match.group(1)), int(match.group(2))) if match else Shard(0, 0)
    if not 1 <= shard.index <= shard.count:
        raise SettingsError(f"shard must be I/N with I from 1 to N, for example 3/8, not {text!r}")
    return shard


def state_folder(out: Path, shard: Shard) -> Path:
    """The folder of a run's ledger, lock and unfinished work."""
    return out / STATE_FOLDER / shard.suffix if shard.suffix else out / STATE_FOLDER


@dataclass(frozen=True)
class Listed:
    """A song of the manifest with its outputs and its identity, before any look-up."""

    row: Row
    target: Target
    identity: Identity
    desk: Desk = NEUTRAL

    def fresh(self) -> Record:
        """Its ledger entry for the present request."""
        settings, sha256 = settings_of(
            self.row, self.target.format, self.desk.console, self.desk.sources
        )
        return Record(
            id=self.row.id,
            state=State.PENDING,
            output=self.target.mix,
            album=self.row.album,
            settings=settings,
            settings_sha256=sha256,
            model_sha256=self.identity.model_sha256,
            profile_sha256=self.identity.profile_sha256,
            code_version=code_version(),
        )


@dataclass(frozen=True)
class Job:
    """A song and what to do with it.

    Attributes:
        listed: the song.
        record: record of the present request, with the state from the ledger.
        action: what to do.
        reason: reason for the action, in a few words.
        known: the ledger's previous record; None for a new song.
    """

    listed: Listed
    record: Record
    action: Action
    reason: str
    known: Record | None = None


def list_songs(
    manifest: Path,
    out: Path,
    shard: Shard,
    defaults: Defaults = NO_DEFAULTS,
    ignored: Collection[str] = (),
) -> list[Listed]:
    """Read and check a manifest whole, then keep the shard's songs.

    Raises:
        ManifestError: all its mistakes.
        SettingsError: a mistake in `defaults`.
        InputError: it cannot be read.
    """
    check_defaults(defaults)
    rows, mistakes = read_manifest(manifest, defaults, ignored)
    targets, more = plan_outputs(rows, out)
    mistakes += more + find_own_inputs(rows, targets, out)
    rows, desks, more = read_desks(rows, defaults)
    mistakes += more + check_albums(rows)
    identities, more = read_identities(rows)
    mistakes += more + find_misfits(rows, desks, identities)
    if mistakes:
        raise ManifestError(manifest, mistakes)
    listed = [Listed(*one) for one in zip(rows, targets, identities, desks, strict=True)]
    return [one for one in listed if shard.holds(one.row)]


def make_plan(
    listed: Sequence[Listed], out: Path, find: Callable[[str], Record | None], mode: Mode
) -> list[Job]:
    """Decide the action for each song; `find` looks a record up in the ledger."""
    return [_decide(one, out, find(one.row.id), mode) for one in listed]


def find_foreign(jobs: Sequence[Job], out: Path) -> dict[str, str]:
    """Song id to a file that its mix would replace although no run of this ledger wrote it."""
    found, root, is_folder = {}, os.fspath(out), cache(os.path.isdir)

    def is_there(path: str) -> bool:
        whole = f"{root}/{path}"
        # One look at a folder that is not there, for all that would be in it.
        return is_folder(whole[: whole.rindex("/")]) and os.path.lexists(whole)

    for job in jobs:
        target = job.listed.target
        if job.action != Action.RENDER:
            continue
        owned = {str(path) for path, _, _ in job.known.files} if job.known else set()
        paths = [path for path in target.beside.values() if path not in owned]
        if job.known is None or not _owns(job.known, target):
            paths = [target.mix, target.recipe, *target.folders, *paths]
        there = next((path for path in paths if is_there(path)), None)
        if there is not None:
            found[job.record.id] = there
    return found


def refuse_foreign(manifest: Path, jobs: Sequence[Job], out: Path) -> None:
    """Raise ManifestError if `find_foreign` finds something."""
    foreign = find_foreign(jobs, out)
    mistakes = []
    for job in jobs:
        path = foreign.get(job.record.id)
        if path is not None:
            what = f"{path!r} already exists and is not a result of this ledger; move it away or "
            what += "add --overwrite (results of shards: mixer batch merge)"
            mistakes.append(mistake(job.listed.row.number, "output", what))
    if mistakes:
        raise ManifestError(manifest, mistakes)


def _owns(known: Record, target: Target) -> bool:
    begun_there = known.attempts > 0 and known.output == target.mix
    return begun_there or any(path == target.mix for path, _, _ in known.files)


def _decide(listed: Listed, out: Path, known: Record | None, mode: Mode) -> Job:
    fresh = listed.fresh()
    if known is None:
        return Job(
            listed, fresh, Action.SKIP if mode == Mode.RETRY_FAILED else Action.RENDER, "new"
        )
    if mode == Mode.RETRY_FAILED and known.state != State.FAILED:
        return Job(listed, known, Action.SKIP, known.state, known)
    reason = "forced" if mode == Mode.FORCE else _why_again(listed, out, fresh, known)
    if reason is not None:
        return Job(listed, _with_history(fresh, known), Action.RENDER, reason, known)
    try:
        touched = stat_inputs(listed.row.song) != known.inputs_stat
    except InputError:
        again = _with_history(fresh, known)
        return Job(listed, again, Action.RENDER, "its song cannot be read", known)
    if known.state == State.MEASURED:
        record = _with_history(fresh, known) if touched else known
        return Job(listed, record, Action.RENDER, "measured", known)
    if touched:
        return Job(listed, known, Action.VERIFY, "its files were modified", known)
    return Job(listed, known, Action.SKIP, "done", known)


def _why_again(listed: Listed, out: Path, fresh: Record, known: Record) -> str | None:
    """Why a song that was begun must be rendered again, whatever its inputs are; else None."""
    if known.state == State.FAILED:
        return "failed before"
    if known.state not in (State.DONE, State.MEASURED):
        return "was interrupted" if known.attempts else "not started"
    changed = _what_changed(fresh, known)
    if changed:
        return f"{changed} changed"
    if known.state == State.DONE and not outputs_are_there(known, out):
        return "its files are gone or changed"
    return None


def _with_history(fresh: Record, known: Record) -> Record:
    """A new start that remembers how often it was tried and which files are its own."""
    return replace(
        fresh,
        state=State.PENDING,
        attempts=known.attempts,
        renders=known.renders,
        files=known.files,
    )


def _what_changed(fresh: Record, known: Record) -> str | None:
    parts = {
        "output": (fresh.output, known.output),
        "settings": (fresh.settings_sha256, known.settings_sha256),
        "model": (fresh.model_sha256, known.model_sha256),
        "profile": (fresh.profile_sha256, known.profile_sha256),
        "the program's version": (fresh.code_version, known.code_version),
    }
    changed = [name for name, (now, then) in parts.items() if now != then]
    return joined(changed) or None


def outputs_are_there(record: Record, out: Path) -> bool:
    """Whether every file of a finished song exists with the size it was written with."""
    root = os.fspath(out)
    for path, n_bytes, _ in record.files:
        try:
            size = os.stat(f"{root}/{path}").st_size  # noqa: PTH116 - 10 000 of them
            # An engineer works in a session: it may have changed, the mix is still done.
            if size != n_bytes and not path.endswith(DAW_SUFFIXES):
                return False
        except OSError:
            return False
    return True
