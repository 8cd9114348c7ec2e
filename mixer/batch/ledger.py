"""The ledger: what happened to every song, in SQLite, surviving a kill and a power cut.

One process writes it at a time (`mixer.batch.lock`), so the database is opened exclusively: its
write-ahead log then needs no shared memory and works on network file systems too.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mixer.batch.asked import Asked
from mixer.batch.figures import Figures
from mixer.batch.states import State
from mixer.errors import OutputError

SCHEMA_VERSION = 1
LEDGER_FILE = "ledger.sqlite"
# Kept beside the ledger so that on a full disk there is room to write down what happened.
_BALLAST_FILE = "reserve"
_BALLAST_BYTES = 1 << 20
_JSON = ("settings", "files", "moves", "figures")


@dataclass(frozen=True)
class Record:
    """One song in the ledger.

    Attributes:
        id: the song's.
        state: where it is on its way.
        output: path of the mix, relative to the output folder.
        album: None for a single.
        attempts: renders begun; a retry after a worker's death counts.
        renders: renders finished and published.
        settings: all that was asked for, as JSON keeps it.
        settings_sha256, inputs_sha256, model_sha256, profile_sha256, code_version: what it was
            made of.
        inputs_stat: see `mixer.batch.inputs.stat_inputs`.
        files: of the finished mix: [path relative to the output folder, bytes, sha256].
        moves: while publishing: [staged path relative to the state folder, path relative to the
            output folder].
        figures: measurements and times.
        token: of the last attempt.
        started, finished: ISO 8601, UTC.
        error: of a failed song.
    """

    id: str
    state: State = State.PENDING
    output: str = ""
    album: str | None = None
    attempts: int = 0
    renders: int = 0
    settings: Asked = field(default_factory=Asked)
    settings_sha256: str = ""
    inputs_stat: str = ""
    inputs_sha256: str = ""
    model_sha256: str = ""
    profile_sha256: str = ""
    code_version: str = ""
    files: list[list[Any]] = field(default_factory=list)
    moves: list[list[str]] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    token: str = ""
    started: str = ""
    finished: str = ""
    error: str | None = None


_NAMES = tuple(f.name for f in fields(Record))
_INTEGERS = ("attempts", "renders")


class Ledger:
    """An open ledger. Every change is on the disk when the call returns.

    Args:
        folder: that holds it; there already.

    Raises:
        OutputError: damaged, of another version, open elsewhere, or the disk is full or read-only.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER_FILE
        self._ballast = folder / _BALLAST_FILE
        self._records: dict[str, Record] = {}
        self.disk_was_full = False
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._open()
        except sqlite3.Error as error:
            raise OutputError(self._words(error)) from None
        self._keep_ballast()

    def close(self) -> None:
        """Write the log back and let go."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))

    def get(self, song_id: str) -> Record | None:
        """The record of a song."""
        return self._records.get(song_id)

    def put(self, *records: Record) -> None:
        """Write records, all or none.

        Raises:
            OutputError: the disk is full even without the reserve, or went away.
        """
        self._write([_as_row(record) for record in records])
        self._records.update({record.id: record for record in records})

    def change(self, song_id: str, **changes: Any) -> Record:
        """Write some fields of a song that is there; the whole record."""
        record = replace(self._records[song_id], **changes)
        self.put(record)
        return record

    def _open(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            raise OutputError(
                f"{self.path}: version {version} of the ledger, this program knows "
                f"{SCHEMA_VERSION}; use the program that made it, or another output folder"
            )
        columns = ", ".join(
            f"{name} {'INTEGER' if name in _INTEGERS else 'TEXT'}"
            for name in _NAMES
            if name != "id"
        )
        self._db.execute(f"CREATE TABLE IF NOT EXISTS songs (id TEXT PRIMARY KEY, {columns})")
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        for row in self._db.execute(f"SELECT {', '.join(_NAMES)} FROM songs"):
            record = _from_row(row)
            self._records[record.id] = record

    def _write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        sql = f"INSERT OR REPLACE INTO songs VALUES ({', '.join('?' * len(_NAMES))})"
        for last_try in (False, True):
            try:
                with self._transaction():
                    self._db.executemany(sql, rows)
            except sqlite3.Error as error:
                if last_try or not _is_full(error):
                    raise OutputError(self._words(error)) from None
                self.disk_was_full = True
                self._ballast.unlink(missing_ok=True)
            else:
                return

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled it back already.
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _keep_ballast(self) -> None:
        try:
            with self._ballast.open("wb") as file:
                file.write(b"\0" * _BALLAST_BYTES)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self._ballast.unlink(missing_ok=True)

    def _words(self, error: sqlite3.Error) -> str:
        reason = str(error)
        if "locked" in reason:
            return f"{self.path}: the ledger is open in another program; close it and start again"
        if "malformed" in reason or "not a database" in reason:
            return (
                f"{self.path}: the ledger is damaged ({reason}); move it away and start again with "
                "--overwrite"
            )
        return f"{self.path}: the ledger cannot be written ({reason}); free the disk, start again"


def read_records(path: Path) -> list[Record]:
    """All records of a ledger that no run has open.

    Raises:
        OutputError: not there, damaged, of another version, or open in a run.
    """
    if not path.is_file():
        raise OutputError(f"{path}: no ledger there")
    with Ledger(path.parent) as ledger:
        return list(ledger)


def _as_row(record: Record) -> tuple[Any, ...]:
    # ASCII alone: a file name that is no UTF-8 comes as lone surrogates, which SQLite refuses.
    return tuple(
        json.dumps(getattr(record, name), separators=(",", ":"), allow_nan=False)
        if name in _JSON
        else getattr(record, name)
        for name in _NAMES
    )


def _from_row(row: tuple[Any, ...]) -> Record:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _JSON:
        values[name] = json.loads(values[name])
    values["state"] = State(values["state"])
    return Record(**values)


def _is_full(error: sqlite3.Error) -> bool:
    return "full" in str(error) or "disk I/O" in str(error)
