"""The server's memory: participants, their tokens and their latest answers, in SQLite.

Tables of `TEST/answers.sqlite`:

    participants  participant TEXT, token TEXT, created TEXT
    answers       participant TEXT, revision INTEGER, complete INTEGER, saved TEXT (server's clock,
                  ISO 8601, UTC), answers TEXT (JSON, see `mixer.listen.answers`)
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mixer.errors import InputError, OutputError
from mixer.files.whole_file import refuse_existing, write_json, write_output
from mixer.listen.answers import Answers

STORE_FILE = "answers.sqlite"
LINKS_FILE = "links.csv"
SCHEMA_VERSION = 1
MAX_PARTICIPANTS = 10_000
_TOKEN_BYTES = 18  # 144 bits: nobody guesses one
_BUSY_MS = 10_000


class StaleError(Exception):
    """The answers are older than those that are kept."""


class Store:
    """The answers of one test; safe to use from many threads.

    Args:
        path: the database; created if it does not exist, readable by its owner only.
        test_id: of the test it belongs to.

    Raises:
        InputError: the file is not such a database, or belongs to another test.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, test_id: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._open(test_id)
        except BaseException:
            self._db.close()
            raise

    def _open(self, test_id: str) -> None:
        with self._guarded():
            self._db.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            self._db.execute("PRAGMA journal_mode=WAL")
            # Answers that a participant was told are saved survive a power cut.
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value)")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS participants "
                "(participant TEXT PRIMARY KEY, token TEXT UNIQUE NOT NULL, created TEXT NOT NULL)"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS answers (participant TEXT PRIMARY KEY, "
                "revision INTEGER NOT NULL, complete INTEGER NOT NULL, saved TEXT NOT NULL, "
                "answers TEXT NOT NULL)"
            )
            about = [("schema", SCHEMA_VERSION), ("test_id", test_id)]
            self._db.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", about)
            kept = dict(self._db.execute("SELECT name, value FROM about"))
            self._db.execute("COMMIT")
        if kept != dict(about):
            raise InputError(f"{self._path}: holds answers to another test; move it away")

    def close(self) -> None:
        """Close the database; what was saved is on disk already."""
        with self._lock:
            self._db.close()

    def invite(self, n_participants: int) -> dict[str, str]:
        """Make sure that there are at least `n_participants` participants.

        Returns:
            Participant to token, for all there are: `P001`, `P002` and so on.

        Raises:
            InputError: more than `MAX_PARTICIPANTS` are requested.
        """
        if n_participants > MAX_PARTICIPANTS:
            raise InputError(f"{n_participants} participants: {MAX_PARTICIPANTS} at most")
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            for number in range(1, n_participants + 1):
                row = (f"P{number:03d}", secrets.token_urlsafe(_TOKEN_BYTES), _now())
                self._db.execute("INSERT OR IGNORE INTO participants VALUES (?, ?, ?)", row)
            self._db.execute("COMMIT")
            query = "SELECT participant, token FROM participants ORDER BY length(participant), 1"
            return dict(self._db.execute(query))

    def save(self, answers: Answers) -> None:
        """Keep a participant's answers in place of older ones; on disk when this returns.

        Raises:
            StaleError: newer answers are already stored.
        """
        text = json.dumps(answers.as_json(), ensure_ascii=False, allow_nan=False)
        with self._guarded():
            cursor = self._db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?) ON CONFLICT (participant) DO UPDATE "
                "SET revision = excluded.revision, complete = excluded.complete, "
                "saved = excluded.saved, answers = excluded.answers "
                "WHERE excluded.revision > revision OR excluded.answers = answers",
                (answers.participant, answers.revision, answers.complete, _now(), text),
            )
            if cursor.rowcount == 0:
                raise StaleError

    def latest(self, participant: str) -> str | None:
        """A participant's answers as JSON text, or None."""
        query = "SELECT answers FROM answers WHERE participant = ?"
        with self._guarded():
            row = self._db.execute(query, (participant,)).fetchone()
        return None if row is None else str(row[0])

    def all(self) -> dict[str, str]:
        """Every participant's answers as JSON text."""
        query = "SELECT participant, answers FROM answers ORDER BY length(participant), 1"
        with self._guarded():
            return dict(self._db.execute(query))

    def counts(self) -> tuple[int, int]:
        """Numbers of participants who have answered something, and everything."""
        with self._guarded():
            row = self._db.execute("SELECT count(*), coalesce(sum(complete), 0) FROM answers")
            begun, complete = row.fetchone()
        return int(begun), int(complete)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; what SQLite says becomes one clear line."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise OutputError(f"{self._path}: {error}") from None


def export_answers(store: Store, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write every participant's answers as a JSON file of their own.

    Raises:
        OutputError: a file is there already, or cannot be written.
    """
    answers = store.all()
    paths = {participant: folder / f"answers-{participant}.json" for participant in answers}
    if not overwrite:
        refuse_existing(list(paths.values()))
    for participant, path in paths.items():
        write_json(path, json.loads(answers[participant]))
    return list(paths.values())


def write_links(path: Path, links: dict[str, str]) -> None:
    """Write the participants' links as CSV, for its owner alone.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    csv.writer(text).writerows([("participant", "link"), *links.items()])
    write_output(path, text.getvalue(), 0o600)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
