"""Moving finished files to their places: all of a song's, or, after a crash, the rest of them.

The ledger says PUBLISHING with every move before the first one; whatever interrupts, the next run
carries on. A song's files are never a mixture of two renders for longer than that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mixer.batch.engines.order import StagedFile
from mixer.batch.ledgers.ledger import Ledger
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.requests.outputs import Target
from mixer.batch.states import State
from mixer.files.whole_file import hash_file, rename_over
from mixer.output.daw.aside import set_aside
from mixer.output.daw.daw_formats import DAW_SUFFIXES
from mixer.output.names import RECALL_SUFFIXES, REPORT_SUFFIX, TRACK_ROLE, VERSION_ROLE, FileRole
from mixer.song.folders.folder_names import (
    FOLDER_SUFFIXES,
)

WORK_FOLDER, PREMASTER_FOLDER = "work", "premaster"

# Files beside a mix that are made again with it, as its folders are, by their endings.
_FILES = (*DAW_SUFFIXES, REPORT_SUFFIX, *RECALL_SUFFIXES.values())


def final_path(target: Target, file: StagedFile) -> str:
    """Destination of a staged file, relative to the output folder."""
    role = file.role
    if role == FileRole.MIX:
        return target.mix
    if role == FileRole.RECIPE:
        return target.recipe
    if role in target.beside:
        return target.beside[role]
    if role.startswith(TRACK_ROLE):
        return f"{target.tracks_folder}/{PurePosixPath(file.staged).name}"
    if role.startswith(VERSION_ROLE):
        return f"{target.versions_folder}/{PurePosixPath(file.staged).name}"
    return f"{target.stems_folder}/{role}.{target.format}"


def list_moves(
    target: Target, token: str, files: Sequence[StagedFile]
) -> tuple[list[list[str]], list[list[object]]]:
    """The moves of a song, the recipe last, and its files as the ledger keeps them."""
    in_order = sorted(
        files, key=lambda file: (file.role == FileRole.RECIPE, file.role == FileRole.MIX)
    )
    moves = [
        [f"{WORK_FOLDER}/{token}/{file.staged}", final_path(target, file)] for file in in_order
    ]
    kept: list[list[object]] = [
        [final_path(target, file), file.n_bytes, file.sha256] for file in in_order
    ]
    return moves, kept


def make_moves(moves: Iterable[Sequence[str]], state: Path, out: Path) -> None:
    """Rename the staged files to their destinations; files already moved are skipped.

    Raises:
        OSError: a destination cannot be written; nothing is moved if a folder cannot be made.
    """
    pending = [(state / staged, out / path) for staged, path in moves if (state / staged).exists()]
    for staged, path in pending:
        _refuse_links(staged.parent, state)
        _refuse_links(path.parent, out)
        path.parent.mkdir(parents=True, exist_ok=True)
    for staged, path in pending:
        rename_over(staged, path)
    for folder in {path.parent for _, path in pending}:
        _sync_folder(folder)


def _refuse_links(folder: Path, root: Path) -> None:
    """Raise OSError if a folder is elsewhere in truth: moves never leave the output folder."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise OSError(errno.ELOOP, "a link leads out of the output folder", str(folder))


def remove_stale_files(before: Sequence[Sequence[Any]], record: Record, out: Path) -> None:
    """Remove files that an earlier render wrote beside the same mix and the new one did not.

    Otherwise old stems could be summed with new ones, and a report would describe a mix that no
    longer exists. Files that were modified since are kept, and so is everything else.
    """
    now = {str(path) for path, _, _ in record.files}
    base = str(PurePosixPath(record.output).with_suffix(""))
    folders = [base + suffix for suffix in FOLDER_SUFFIXES]
    files = [base + suffix for suffix in _FILES]
    for path, n_bytes, sha256 in before:
        is_of_mix = path in files or str(PurePosixPath(path).parent) in folders
        if is_of_mix and path not in now and _is_unchanged(out / path, n_bytes, sha256):
            with contextlib.suppress(OSError):
                _refuse_links((out / path).parent, out)
                (out / path).unlink()
    for folder in folders:
        with contextlib.suppress(OSError):  # not there, or something is in it
            (out / folder).rmdir()


def set_sessions_aside(before: Sequence[Sequence[Any]], out: Path) -> dict[str, str]:
    """Rename sessions that an engineer has edited, and the audio that they play.

    Args:
        before: the ledger's list of the earlier render, whose files are then replaced or removed.
        out: output folder.

    Returns:
        Old name to new name, relative to the output folder.

    Raises:
        OSError: one of them cannot be renamed.
    """
    edited = [
        path
        for path, n_bytes, sha256 in before
        if path.endswith(DAW_SUFFIXES)
        and (out / path).exists()
        and not _is_unchanged(out / path, n_bytes, sha256)
    ]
    return set_aside(out, edited, [str(path) for path, _, _ in before])


def _is_unchanged(path: Path, n_bytes: int, sha256: str) -> bool:
    """Whether a file is still what the ledger says."""
    try:
        if not path.is_file() or path.stat().st_size != n_bytes:
            return False
        return hash_file(path) == sha256
    except OSError:
        return False


def recover(ledger: Ledger, state: Path, out: Path) -> list[str]:
    """Recover from an interrupted run: finish its moves and drop its unfinished work.

    Returns:
        Ids of the songs that are finished by this.

    Raises:
        OSError, OutputError: the moves or the ledger cannot be written.
    """
    finished = []
    for record in ledger:
        if record.state == State.PUBLISHING:
            make_moves(record.moves, state, out)
            if all((out / str(path)).exists() for path, _, _ in record.files):
                renders = record.renders + 1
                ledger.change(record.id, state=State.DONE, renders=renders, moves=[], error=None)
                finished.append(record.id)
            else:
                ledger.change(record.id, state=State.PENDING, moves=[])
        elif record.state == State.RUNNING:
            ledger.change(record.id, state=State.PENDING)
    clear_work(state)
    return finished


def clear_work(state: Path) -> None:
    """Remove unfinished work, and empty folders of albums."""
    shutil.rmtree(state / WORK_FOLDER, ignore_errors=True)
    for partial in (state / PREMASTER_FOLDER).glob("*.partial"):
        shutil.rmtree(partial, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, if the system supports it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
