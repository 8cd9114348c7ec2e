"""The ledger and the lock: what they keep, and whom they refuse."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.lock import LockedError, hold_lock
from mixer.batch.states import State
from mixer.errors import OutputError

ODD = 'a "b"\n🎚'


def test_records_come_back_as_they_were(tmp_path) -> None:
    record = Record(
        ODD, State.DONE, "x.wav", None, 2, 1, {"amount": 0.5}, "s", '["\\udcff"]',
        files=[["x.wav", 3, "abc"]], figures={"loudness_lufs": None, "odd": os.fsdecode(b"\xff")},
    )  # fmt: skip
    with Ledger(tmp_path) as ledger:
        ledger.put(record, Record("other"))
        ledger.change("other", state=State.FAILED, error="why")
    failed = replace(Record("other"), state=State.FAILED, error="why")
    assert read_records(tmp_path / LEDGER_FILE) == [record, failed]


def test_what_was_put_survives_a_kill(tmp_path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from mixer.batch.ledgers.ledger import *\n"
        "from mixer.batch.states import State; from mixer.batch.ledgers.ledger_rows import Record\n"
        "ledger = Ledger(Path(sys.argv[1])); ledger.put(Record('x', State.DONE))\n"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    assert killed.returncode == -9
    assert read_records(tmp_path / LEDGER_FILE) == [Record("x", State.DONE)]


def test_a_damaged_or_newer_ledger_is_refused_in_words(tmp_path) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(OutputError, match="the ledger is damaged"):
        Ledger(tmp_path)
    (tmp_path / LEDGER_FILE).unlink()
    with sqlite3.connect(tmp_path / LEDGER_FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OutputError, match="version 99"):
        Ledger(tmp_path)


def test_one_holder_at_a_time(tmp_path) -> None:
    path = tmp_path / "out" / ".state" / "lock"
    path.parent.mkdir(parents=True)
    with hold_lock(path) as before:
        assert before is None
        with pytest.raises(LockedError, match=f"process {os.getpid()} on"), hold_lock(path):
            pass
    with hold_lock(path) as before:
        assert before is None


@pytest.mark.parametrize("text", ["[" * 4_000, "[1]", "\xff", "{"])
def test_a_lock_that_says_anything_is_taken(tmp_path, text) -> None:
    (tmp_path / "lock").write_text(text)
    with hold_lock(tmp_path / "lock") as before:
        assert not before


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from mixer.batch.ledgers.lock import hold_lock\n"
        "with hold_lock(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "lock"
    process = subprocess.Popen([sys.executable, "-c", code, str(path)])
    process.wait()
    assert json.loads(path.read_text())["pid"] == process.pid
    with hold_lock(path) as before:
        assert before is not None
        assert before["pid"] == process.pid


def test_shards_hold_it_together_and_nobody_alone_beside_them(tmp_path) -> None:
    path = tmp_path / "a" / "lock"
    path.parent.mkdir()
    with (
        hold_lock(path, shared=True),
        hold_lock(path, shared=True),
        pytest.raises(LockedError),
        hold_lock(path),
    ):
        pass
    with hold_lock(path), pytest.raises(LockedError), hold_lock(path, shared=True):
        pass
