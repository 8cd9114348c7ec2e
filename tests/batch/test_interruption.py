"""What Ctrl-C does, once and twice, and what becomes of workers whose parent dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from tests.batch.killing import COPY, N_IN_FLIGHT, children, linux, mixes, start
from tests.batch.stand_in import expected_mix


@linux
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_once_finishes_what_runs_and_twice_drops_it(make_songs, tmp_path, presses) -> None:
    names = [f"s{n}" for n in range(40)]
    manifest, out = (
        make_songs(names, **{name: {"seconds": 0.6} for name in names}),
        tmp_path / "out",
    )
    process = start(manifest, out, COPY)
    while not mixes(out):
        time.sleep(0.01)
    time.sleep(0.2)  # both workers are in the middle of a song
    finished = mixes(out)
    for _ in range(presses):
        # As a terminal does it: to every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    assert process.wait(timeout=20) == 130
    records = read_records(out / STATE_FOLDER / LEDGER_FILE)
    done = [r.id for r in records if r.state == State.DONE]
    running = [r.id for r in records if r.state == "running"]
    assert mixes(out) == len(done)
    for song_id in done:
        assert (out / f"{song_id}.wav").read_bytes() == expected_mix(tmp_path / song_id, {})
    # Nothing was begun after the press; one may have ended between the count and it.
    assert len(done) <= finished + N_IN_FLIGHT + 1
    if presses == 1:
        assert len(done) > finished
        assert not running
    else:
        assert running
    assert not list((out / STATE_FOLDER / "work").glob("*"))
    assert not list((tmp_path / "out tmp").iterdir())


@linux
def test_a_terminal_that_goes_away_ends_the_run_and_kills_no_worker(
    make_songs, tmp_path, monkeypatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    manifest = make_songs(["one", "two"], one={"seconds": 60}, two={"seconds": 60})
    command = [
        sys.executable,
        "-m",
        "mixer",
        "batch",
        str(manifest),
        "-o",
        "out",
        "--devices",
        "cpu",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup has it ignored
    )  # fmt: skip
    while not (tmp_path / "out" / STATE_FOLDER / LEDGER_FILE).exists() or not (
        children(process.pid)
    ):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    assert "died" not in said
    assert not list((tmp_path / "tmp").iterdir())


@linux
def test_orphans_go_with_their_parent(make_songs, tmp_path) -> None:
    manifest = make_songs(["one"], one={"seconds": 60})
    process = start(manifest, tmp_path / "out", COPY)
    while (
        not (tmp_path / "out" / STATE_FOLDER / LEDGER_FILE).exists()
        or len(children(process.pid)) < 3
    ):  # two workers and the tracker of resources
        time.sleep(0.02)
    workers = children(process.pid)
    process.kill()
    process.wait()
    until_s = time.monotonic() + 10.0
    while any(Path(f"/proc/{pid}/stat").exists() and "Z" not in
              Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in workers):  # fmt: skip
        assert time.monotonic() < until_s
        time.sleep(0.05)
    assert not list((tmp_path / "out tmp").glob("mixer-*"))
