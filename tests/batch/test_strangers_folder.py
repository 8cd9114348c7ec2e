"""An output folder that is somebody's: its files stay, and a ledger in it is input as any other."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.ledgers.ledger_rows import NAMES, Record, as_row
from mixer.batch.merge_shards import find_shards
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from mixer.errors import OutputError
from tests.batch.stand_in import copy_song

MINE = "mine"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / STATE_FOLDER).mkdir(parents=True)
    return folder


@pytest.mark.parametrize("name", ["results.csv", "results.jsonl", "index.html"])
def test_tables_that_are_somebodys_are_not_replaced(make_songs, batch, out: Path, name) -> None:
    manifest = make_songs(["one"])
    (out / name).write_text(MINE)
    with pytest.raises(OutputError, match=f"{name} was not written by this batch"):
        batch(manifest, out, html=True)
    assert (out / name).read_text() == MINE
    assert not (out / "one.wav").exists()
    batch(manifest, out, html=True, overwrite=True)
    assert (out / name).read_text() != MINE
    # Now it is ours, until somebody works in it.
    batch(manifest, out, html=True)
    with (out / name).open("a") as file:
        file.write(MINE)
    with pytest.raises(OutputError, match="was edited since"):
        batch(manifest, out, html=True)


def test_a_table_that_is_a_link_is_not_ours(make_songs, batch, tmp_path: Path, out: Path) -> None:
    manifest = make_songs(["one"])
    (out / "results.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="was not written by this batch"):
        batch(manifest, out)
    assert not (tmp_path / "nowhere").exists()


def test_a_dry_run_says_that_a_table_is_in_the_way(make_songs, out: Path, capsys) -> None:
    from mixer.cli.main import run

    manifest = make_songs(["one"])
    (out / "results.csv").write_text(MINE)
    assert run(["batch", str(manifest), "-o", str(out), "--dry-run"]) == 0
    assert "would fail: " in capsys.readouterr().err


def write_row(out: Path, **values: object) -> None:
    """A ledger with one song, of which some columns say what we want."""
    record = Record("one", State.PUBLISHING, "one.wav", attempts=1)
    row = dict(zip(NAMES, as_row(record), strict=True)) | values
    Ledger(out / STATE_FOLDER).close()
    with sqlite3.connect(out / STATE_FOLDER / LEDGER_FILE) as db:
        db.execute(f"INSERT INTO songs VALUES ({', '.join('?' * len(row))})", list(row.values()))
    db.close()


STAGED = "work/00/mix.wav"


@pytest.mark.parametrize(
    "values",
    [
        {"id": b"\x00\x01"},
        {"state": "surprise"},
        {"output": "../../outside.wav"},
        {"output": "/outside.wav"},
        {"attempts": -1},
        {"attempts": 2**63 - 1},
        {"renders": "many"},
        {"settings": "[]"},
        {"settings": "[" * 100_000},
        {"figures": '{"loudness_lufs": NaN}'},
        {"figures": '{"seconds": {"write": "long"}}'},
        {"figures": '{"remarks": 3}'},
        {"figures": '{"duration_s": 1e999}'},
        {"files": "null"},
        {"files": '[["one.wav"]]'},
        {"files": '[["../outside.wav", 1, "x"]]'},
        {"files": f'[["{STATE_FOLDER}/ledger.sqlite", 1, "x"]]'},
        {"files": '[["one.wav", -1, "x"]]'},
        {"files": '[["one.wav", true, "x"]]'},
        {"moves": f'[["{STAGED}", "../outside.wav"]]'},
        {"moves": f'[["{STAGED}", "/outside.wav"]]'},
        {"moves": f'[["{STAGED}", "other.wav"]]'},
        {"moves": f'[["{STAGED}", "one.wav", "x"]]'},
        {"moves": '[["../../outside.wav", "one.wav"]]'},
        {"moves": '[["work/00/../../../../outside.wav", "one.wav"]]'},
        {"moves": '[["ledger.sqlite", "one.wav"]]'},
    ],
)
def test_a_ledger_that_says_anything_odd_is_refused_before_the_first_move(
    make_songs, batch, tmp_path: Path, out: Path, values: dict[str, object]
) -> None:
    manifest = make_songs(["one"])
    (tmp_path / "outside.wav").write_text(MINE)
    (out / "other.wav").write_text(MINE)
    (out / STATE_FOLDER / "work" / "00").mkdir(parents=True)
    (out / STATE_FOLDER / STAGED).write_text("theirs")
    write_row(out, **values)
    with pytest.raises(OutputError, match=r"the ledger is damaged .*; move it away"):
        batch(manifest, out)
    assert (tmp_path / "outside.wav").read_text() == MINE
    assert (out / "other.wav").read_text() == MINE
    assert not (out / "one.wav").exists()


def test_a_folder_s_name_counts_no_shards_without_end(out: Path) -> None:
    for name in (f"shard-{10**20}-of-{10**20}", "shard-1-of-1000000000", "shard-1-of-2"):
        (out / STATE_FOLDER / name).mkdir(parents=True)
        (out / STATE_FOLDER / name / "ledger.sqlite").touch()
    assert find_shards(out) == [(1, 2)]


def test_an_honest_ledger_of_an_interrupted_run_is_carried_on(make_songs, batch, out) -> None:
    manifest = make_songs(["one"])
    (out / STATE_FOLDER / "work" / "00").mkdir(parents=True)
    (out / STATE_FOLDER / STAGED).write_text("made")
    write_row(out, moves=f'[["{STAGED}", "one.wav"]]', files='[["one.wav", 4, "x"]]')
    batch(manifest, out)
    assert read_records(out / STATE_FOLDER / LEDGER_FILE)[0].renders > 0


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "CREATE TRIGGER t AFTER INSERT ON songs BEGIN DELETE FROM songs; END",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE songs ADD COLUMN more TEXT",
        "DROP TABLE songs",
    ],
)
def test_a_database_of_another_shape_is_refused(make_songs, batch, out, statement: str) -> None:
    manifest = make_songs(["one"])
    Ledger(out / STATE_FOLDER).close()
    with sqlite3.connect(out / STATE_FOLDER / LEDGER_FILE) as db:
        db.execute(statement)
        if statement.startswith("DROP"):
            db.execute("CREATE TABLE songs (id BLOB, x)")
    db.close()
    with pytest.raises(OutputError, match="the ledger is damaged"):
        batch(manifest, out)


@pytest.mark.parametrize("name", ["", "work", "premaster", "lock", LEDGER_FILE, "reserve"])
def test_nothing_is_written_or_removed_through_a_link_beside_the_ledger(
    make_songs, batch, tmp_path: Path, out: Path, name: str
) -> None:
    manifest = make_songs(["one"])
    outside = tmp_path / "outside"
    (outside / "x.partial").mkdir(parents=True)
    (outside / "x.partial" / "file").write_text(MINE)
    link = out / STATE_FOLDER / name
    if not name:
        link.rmdir()
    link.symlink_to(outside / "x.partial" / "file" if "." in name or name == "lock" else outside)
    with pytest.raises(OutputError, match=r"of a batch; move it away and start again"):
        batch(manifest, out)
    with pytest.raises(OutputError, match=r"of a batch; move it away and start again"):
        plan_batch(manifest, out, Options())
    assert (outside / "x.partial" / "file").read_text() == MINE
    assert [path.name for path in outside.iterdir()] == ["x.partial"]


def test_a_pipe_in_place_of_the_ledger_does_not_hang(make_songs, batch, out: Path) -> None:
    manifest = make_songs(["one"])
    os.mkfifo(out / STATE_FOLDER / LEDGER_FILE)
    with pytest.raises(OutputError, match="is not a file of a batch"):
        batch(manifest, out)


def test_moves_never_follow_a_link_out_of_the_folder(make_songs, batch, tmp_path, out) -> None:
    manifest = make_songs(["one"])
    (tmp_path / "outside").mkdir()
    (out / "two.stems").symlink_to(tmp_path / "outside")
    (out / STATE_FOLDER / "work" / "00").mkdir(parents=True)
    (out / STATE_FOLDER / STAGED).write_text("theirs")
    # Of a song that the manifest does not name.
    moves = json.dumps([[STAGED, "two.stems/bass.wav"]])
    write_row(out, id="two", output="two.wav", moves=moves)
    with pytest.raises(OutputError, match="a link leads out of the output folder"):
        batch(manifest, out)
    assert list((tmp_path / "outside").iterdir()) == []


def test_mixes_that_were_removed_during_the_run_are_missed(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one", "two", "three"]), tmp_path / "out"

    def removing(order, context, report):
        if order.id == "three":
            shutil.rmtree(out)
        return copy_song(order, context, report)

    summary = batch(manifest, out, work=removing)
    assert (summary.n_done, summary.n_failed, summary.exit_code) == (1, 2, 1)
    errors = [record.error for record in summary.records]
    assert errors[:2] == ["its files were removed or changed during the run; start again"] * 2
    assert (out / "three.wav").is_file()
