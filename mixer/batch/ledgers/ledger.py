"""The ledger: what happened to every song, in SQLite, surviving a kill and a power cut.

One process writes it at a time (`mixer.batch.ledgers.lock`), so the database is opened exclusively:
its write-ahead log then needs no shared memory and works on network file systems too.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixer.batch.ledgers.ledger_rows import (
    INTEGERS,
    LONGEST_CELL_BYTES,
    NAMES,
    Record,
    as_row,
    from_row,
)
from mixer.batch.requests.sheet import MAX_ROWS
from mixer.errors import OutputError

SCHEMA_VERSION = 1
LEDGER_FILE = "ledger.sqlite"
# Kept beside the ledger so that on a full disk there is room to write down what happened.
BALLAST_FILE = "reserve"
_BALLAST_BYTES = 1 << 20
_DAMAGED = ("malformed", "not a database", "decode", "too big", "datatype mismatch")


class Ledger:
    """An open ledger. Every change is on the disk when the call returns.

    Args:
        folder: existing folder of the ledger.

    Raises:
        OutputError: the ledger is damaged, of another version or open elsewhere, or the disk is
            full or read-only.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER_FILE
        self._ballast = folder / BALLAST_FILE
        self._records: dict[str, Record] = {}
        self.disk_was_full = False
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
            # An untrusted ledger: nothing that it defines runs, and no cell is without end.
            self._db.execute("PRAGMA trusted_schema = OFF")
            self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL_BYTES)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._open()
        except sqlite3.Error as error:
            self.close()
            raise OutputError(self._words(error)) from None
        except ValueError as error:
            self.close()
            raise OutputError(self._damaged(str(error))) from None
        except OutputError:
            self.close()
            raise
        self._keep_ballast()

    def close(self) -> None:
        """Write the log back and close the database."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))

    def get(self, song_id: str) -> Record | None:
        """The record of a song, or None."""
        return self._records.get(song_id)

    def put(self, *records: Record) -> None:
        """Write records, all or none.

        Raises:
            OutputError: the disk is full even without the reserve, or was removed.
        """
        self._write([as_row(record) for record in records])
        self._records.update({record.id: record for record in records})

    def change(self, song_id: str, **changes: Any) -> Record:
        """Change some fields of an existing record, and return the whole record."""
        record = replace(self._records[song_id], **changes)
        self.put(record)
        return record

    def _open(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            raise OutputError(
                f"{self.path}: the ledger has version {version}, and this mixer reads version "
                f"{SCHEMA_VERSION}; use the version of mixer that made it, or another output folder"
            )
        self._refuse_other_tables()
        columns = ", ".join(f"{name} {_kind(name)}" for name in NAMES if name != "id")
        self._db.execute(f"CREATE TABLE IF NOT EXISTS songs (id TEXT PRIMARY KEY, {columns})")
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        for number, row in enumerate(self._db.execute(f"SELECT {', '.join(NAMES)} FROM songs")):
            if number >= MAX_ROWS:
                raise ValueError(f"more than {MAX_ROWS} songs")
            record = from_row(row)
            self._records[record.id] = record

    def _refuse_other_tables(self) -> None:
        """Raise ValueError if there is anything but the table of songs as we make it."""
        found = self._db.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL")
        if set(found) - {("table", "songs")}:
            raise ValueError("it holds more than the table of songs")
        columns = self._db.execute("SELECT name, type FROM pragma_table_info('songs')").fetchall()
        if columns and columns != [(name, _kind(name)) for name in NAMES]:
            raise ValueError("its table of songs has different columns")

    def _write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        sql = f"INSERT OR REPLACE INTO songs VALUES ({', '.join('?' * len(NAMES))})"
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
        if any(words in reason for words in _DAMAGED):
            return self._damaged(reason)
        return (
            f"{self.path}: the ledger cannot be written ({reason}); free disk space and start again"
        )

    def _damaged(self, reason: str) -> str:
        return (
            f"{self.path}: the ledger is damaged ({reason}); move it away and start again with "
            "--overwrite"
        )


def read_records(path: Path) -> list[Record]:
    """All records of a ledger that no run has open.

    Raises:
        OutputError: the ledger does not exist, is damaged, of another version, or open in a run.
    """
    if not path.is_file():
        raise OutputError(f"{path}: no ledger was found")
    with Ledger(path.parent) as ledger:
        return list(ledger)


def _kind(name: str) -> str:
    return "INTEGER" if name in INTEGERS else "TEXT"


def _is_full(error: sqlite3.Error) -> bool:
    return "full" in str(error) or "disk I/O" in str(error)
