"""Checks that the folder of a run's ledger holds its own files and no links elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mixer.batch.ledgers.ledger import BALLAST_FILE, LEDGER_FILE
from mixer.batch.ledgers.publish import PREMASTER_FOLDER, WORK_FOLDER
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.errors import OutputError
from mixer.files.whole_file import hash_file, write_json

LOCK_FILE = "lock"
# The tables that the last run wrote, and their hashes: they may be replaced.
TABLES_FILE = "tables.json"
_MOST_BYTES = 1 << 16
_FILES = (
    LOCK_FILE,
    BALLAST_FILE,
    TABLES_FILE,
    *(LEDGER_FILE + suffix for suffix in ("", "-wal", "-shm", "-journal")),
)


def refuse_odd_state(out: Path, state: Path) -> None:
    """Raise OutputError if a run would write, or remove, through a symbolic link.

    Args:
        out: output folder, which may be a link: that is its user's choice.
        state: the run's folder in it.
    """
    whole = out / STATE_FOLDER
    folders = [whole, state, state / WORK_FOLDER, state / PREMASTER_FOLDER]
    for path in folders:
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise OutputError(f"{path} is not a folder of a batch; move it away and start again")
    for path in (whole / LOCK_FILE, *(state / name for name in _FILES)):
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise OutputError(f"{path} is not a file of a batch; move it away and start again")


def find_foreign_table(out: Path, state: Path, names: Sequence[str]) -> str | None:
    """Message about a table in the output folder that no run wrote, or that was edited since.

    Args:
        out, state: as in `refuse_odd_state`.
        names: of the tables that will be written.
    """
    ours = _read_hashes(state / TABLES_FILE)
    for name in names:
        path = out / name
        is_plain = path.is_file() and not path.is_symlink()
        if os.path.lexists(path) and not (is_plain and hash_file(path) in ours.get(name, ())):
            return (
                f"{path} was not written by this batch, or was edited since; move it away or add "
                "--overwrite"
            )
    return None


def remember_tables(state: Path, hashes: Mapping[str, str]) -> None:
    """Note the hashes of tables to be written, so that the next run may replace the tables.

    Done before writing and in addition to the earlier hashes, as a run may be killed between.

    Raises:
        OutputError: the disk is full or read-only.
    """
    before = _read_hashes(state / TABLES_FILE)
    now = {name: [*before.get(name, ())[-1:], sha256] for name, sha256 in hashes.items()}
    write_json(state / TABLES_FILE, {**before, **now})


def _read_hashes(path: Path) -> dict[str, list[str]]:
    try:
        with path.open("rb") as file:
            hashes = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(hashes, dict):
        return {}
    return {name: value for name, value in hashes.items() if isinstance(value, list)}
