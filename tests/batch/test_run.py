"""Runs, resumed and changed, with work that takes no time: what is done, kept, refused, counted."""

import csv
import hashlib
import json
import os
import shutil

import numpy as np
import pytest
import soundfile

from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.engines.order import Order, Outcome
from mixer.batch.engines.work import Report, WorkerContext
from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.listener import Listener, Status, Stop
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.requests.row_mistakes import ManifestError
from mixer.batch.states import Action, Ending, Mode, State
from mixer.batch.survey import survey_song
from mixer.errors import OutputError
from tests.batch.conftest import HereEngine
from tests.batch.recorded import records, seen
from tests.batch.stand_in import copy_song, expected_mix
from tests.batch.tables.index_rows import rows_of


def test_a_run_renders_every_song_and_writes_the_tables(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(["one", "two", "three"], three={"fail": "no good"})
    out = tmp_path / "out"
    summary = batch(manifest, out, html=True)
    assert (summary.n_done, summary.n_failed, summary.exit_code) == (2, 1, 1)
    assert (out / "one.wav").read_bytes() == expected_mix(tmp_path / "one", {})
    with (out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["one", "two", "three"]
    assert (rows[0]["state"], rows[0]["loudness_lufs"], rows[0]["attempts"]) == (
        "done",
        "-14.0",
        "1",
    )
    assert (rows[2]["state"], rows[2]["error"]) == ("failed", "no good")
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert lines[0]["files"][0]["path"] == "one.wav"
    assert lines[0]["mix_sha256"] == rows[0]["mix_sha256"]
    shown = rows_of((out / "index.html").read_text())
    assert [row["mix"] for row in shown] == ["one.wav", "two.wav", ""]
    assert shown[2]["error"] == "no good"
    assert sorted(p.name for p in (out / STATE_FOLDER).iterdir()) == [
        "ledger.sqlite", "lock", "reserve", "tables.json", "work"
    ]  # fmt: skip
    assert not list((out / STATE_FOLDER / "work").iterdir())


def test_done_and_unchanged_is_skipped_and_failed_is_done_again(
    make_songs, batch, tmp_path
) -> None:
    manifest = make_songs(["one", "two"], two={"fail": "no good"})
    out = tmp_path / "out"
    batch(manifest, out)
    before = (out / "one.wav").stat().st_mtime_ns
    (tmp_path / "two" / "behaviour.json").unlink()
    summary = batch(manifest, out)
    assert seen(batch) == ["two"]
    assert (summary.n_skipped, summary.n_done, summary.exit_code) == (1, 1, 0)
    assert (out / "one.wav").stat().st_mtime_ns == before
    batch(manifest, out)
    assert seen(batch) == []
    assert not batch.engine.started


def test_what_changed_is_done_again(make_songs, batch, tmp_path) -> None:
    names = ["same", "touched", "edited", "more", "settings", "gone"]
    manifest, out = make_songs(names), tmp_path / "out"
    batch(manifest, out)
    os.utime(tmp_path / "touched" / "drums.wav", ns=(1, 1))
    with (tmp_path / "edited" / "drums.wav").open("r+b") as file:
        file.seek(100)
        file.write(b"xy")
    shutil.copy(tmp_path / "more" / "drums.wav", tmp_path / "more" / "bass.wav")
    (tmp_path / "same" / "notes.txt").write_text("not audio")
    (out / "gone.wav").unlink()
    lines = [f"{name},{0.5 if name == 'settings' else ''}" for name in names]
    manifest.write_text("song,amount\n" + "\n".join(lines) + "\n")
    reasons = {
        job.record.id: (job.action, job.reason) for job in plan_batch(manifest, out, Options())
    }
    assert reasons == {
        "same": (Action.SKIP, "done"),
        "touched": (Action.VERIFY, "its files were modified"),
        "edited": (Action.VERIFY, "its files were modified"),
        "more": (Action.VERIFY, "its files were modified"),
        "settings": (Action.RENDER, "settings changed"),
        "gone": (Action.RENDER, "its files are gone or changed"),
    }
    summary = batch(manifest, out)
    assert (summary.n_done, summary.n_skipped) == (4, 2)
    renders = {song_id: record.renders for song_id, record in records(out).items()}
    assert renders == {"same": 1, "touched": 1, "edited": 2, "more": 2, "settings": 2, "gone": 2}
    # What was only looked at was not attempted.
    assert {song_id: record.attempts for song_id, record in records(out).items()} == renders
    for name in names:
        settings = {"amount": 0.5} if name == "settings" else {}
        assert (out / f"{name}.wav").read_bytes() == expected_mix(tmp_path / name, settings)
    batch(manifest, out)
    assert seen(batch) == []


def test_a_finished_song_whose_mix_is_removed_meanwhile_has_failed(
    make_songs, batch, tmp_path
) -> None:
    manifest, out = make_songs(["one", "two", "three"]), tmp_path / "out"
    batch(manifest, out)
    (out / "two.wav").unlink()

    def remove(order: Order, context: WorkerContext, report: Report) -> Outcome:
        (out / "one.wav").unlink()
        return copy_song(order, context, report)

    summary = batch(manifest, out, remove)
    assert (summary.n_done, summary.n_skipped, summary.n_failed) == (1, 1, 1)
    assert "removed or changed during the run" in records(out)["one"].error


def test_what_is_left_takes_as_long_as_what_is_done(make_songs, batch, tmp_path) -> None:
    told: list[Status] = []

    class Told(Listener):
        def progressed(self, status: Status) -> None:
            told.append(status)

    batch(make_songs(["one", "two", "three", "four"]), tmp_path / "out", listener=Told())
    left_s = {status.n_done: (status.left_s, status.elapsed_s) for status in told}
    assert left_s[3][0] == pytest.approx(left_s[3][1] / 3)
    assert left_s[2][0] == pytest.approx(left_s[2][1])
    assert left_s[1][0] == pytest.approx(left_s[1][1] * 3)
    assert left_s[4][0] == 0.0


def test_another_version_of_program_or_model_renders_again(
    make_songs, batch, tmp_path, monkeypatch
) -> None:
    manifest, out = make_songs(["one"]), tmp_path / "out"
    batch(manifest, out)
    monkeypatch.setattr("mixer.batch.batch_plan.code_version", lambda: "99")
    (job,) = plan_batch(manifest, out, Options())
    assert job.reason == "the program's version changed"
    monkeypatch.undo()
    manifest.write_text("song,model\none,none\n")
    (job,) = plan_batch(manifest, out, Options())
    assert job.reason == "settings and model changed"


def test_modes(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one", "two"], two={"fail": "no"}), tmp_path / "out"
    batch(manifest, out)
    (tmp_path / "three").mkdir()
    shutil.copy(tmp_path / "one" / "drums.wav", tmp_path / "three")
    manifest.write_text("song\none\ntwo\nthree\n")
    batch(manifest, out, mode=Mode.RETRY_FAILED)
    assert seen(batch) == ["two"]
    batch(manifest, out, mode=Mode.FORCE)
    assert seen(batch) == ["one", "two", "three"]


def test_a_manifest_with_mistakes_leaves_no_trace(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(["one"], "song,output\none,../../{song}\nnowhere,\n")
    with pytest.raises(ManifestError) as caught:
        batch(manifest, tmp_path / "out")
    assert [m.split(":")[0] for m in caught.value.mistakes] == [
        "row 2, column output", "row 3, column song"
    ]  # fmt: skip
    manifest.write_text("song,output,model\none,../../{song},nosuch\n")
    with pytest.raises(ManifestError) as caught:
        batch(manifest, tmp_path / "out")
    assert [m.split(":")[0] for m in caught.value.mistakes] == [
        "row 2, column output", "row 2, column model"
    ]  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_a_file_of_somebody_elses_is_not_replaced(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one"]), tmp_path / "out"
    out.mkdir()
    (out / "one.wav").write_text("mine")
    with pytest.raises(ManifestError, match="already exists and is not a result of this ledger"):
        batch(manifest, out)
    assert (out / "one.wav").read_text() == "mine"
    assert batch(manifest, out, overwrite=True).n_done == 1


def test_failures_may_be_limited(make_songs, batch, tmp_path) -> None:
    names = [f"s{n}" for n in range(6)]
    manifest = make_songs(names, **{n: {"fail": "no"} for n in names[:4]})
    summary = batch(manifest, tmp_path / "out", max_failures=2)
    assert (summary.n_failed, summary.n_done, summary.n_left) == (3, 0, 3)
    assert "2 are allowed" in summary.stopped_by
    assert summary.exit_code == 1
    assert batch(manifest, tmp_path / "fast", max_failures=0).n_failed == 1


def test_unreadable_and_vanished_songs_fail_and_the_rest_is_done(
    make_songs, batch, tmp_path
) -> None:
    manifest, out = make_songs(["good", "damaged", "empty", "vanishing", "last"]), tmp_path / "out"
    (tmp_path / "damaged" / "drums.wav").write_bytes(b"RIFF")
    (tmp_path / "empty" / "drums.wav").unlink()

    def vanish(order, context, report):
        shutil.rmtree(tmp_path / "vanishing", ignore_errors=True)
        return copy_song(order, context, report)

    summary = batch(manifest, out, work=vanish)
    assert (summary.n_done, summary.n_failed) == (2, 3)
    errors = {song_id: r.error for song_id, r in records(out).items() if r.state == State.FAILED}
    assert "drums.wav: cannot be read as audio" in errors["damaged"]
    assert "no audio files in it" in errors["empty"]
    assert "cannot be read (No such file" in errors["vanishing"]


def test_a_song_larger_than_the_machine_fails_alone_again_and_again(
    make_songs, batch, tmp_path, monkeypatch
) -> None:
    manifest, out = make_songs(["giant", "one", "odd", "two"]), tmp_path / "out"
    soundfile.write(tmp_path / "giant" / "drums.wav", np.zeros((44_100 * 20, 2)), 44_100)
    monkeypatch.setattr(HereEngine, "memory_bytes", 10_000_000)
    survey = survey_song

    def survey_or_break(row, *others):
        if row.id == "odd":
            raise ZeroDivisionError("a bug")
        return survey(row, *others)

    monkeypatch.setattr("mixer.batch.survey.survey_song", survey_or_break)
    for n_done, n_skipped in ((2, 0), (0, 2)):
        summary = batch(manifest, out)
        assert (summary.n_done, summary.n_skipped, summary.n_failed) == (n_done, n_skipped, 2)
        errors = {r.id: r.error or "" for r in summary.records if r.state == State.FAILED}
        assert "GB of memory, but this machine has 0 GB; split the song" in errors["giant"]
        assert "internal error (ZeroDivisionError: a bug)" in errors["odd"]


def test_a_song_larger_than_the_disk_holds_no_other_up(
    make_songs, batch, tmp_path, monkeypatch
) -> None:
    manifest, out = make_songs([f"s{n}" for n in range(20)]), tmp_path / "out"
    for name in ("s0", "s7"):
        soundfile.write(tmp_path / name / "drums.wav", np.zeros((44_100 * 20, 2)), 44_100)
    free = shutil.disk_usage(tmp_path)._replace(free=6_000_000)
    monkeypatch.setattr("mixer.batch.waiting.shutil.disk_usage", lambda path: free)
    for n_done in (18, 0):
        summary = batch(manifest, out)
        assert (summary.n_done, summary.n_failed, summary.n_left) == (n_done, 0, 2)
        assert summary.stopped_by is not None
        assert summary.stopped_by == (
            "not enough disk space for s0 and 1 song more: it needs 9.6 MB, and 6.0 MB is free; "
            "free some space"
        )


def test_a_failed_song_takes_no_other_out_of_the_queue(make_songs, batch, tmp_path) -> None:
    """The rest of its album comes to the front of the queue while it is taken out of it."""
    rows = "one,A,-14\ntwo,,\nbroken,A,-14\nlast,,\n"
    manifest = make_songs(["one", "two", "broken", "last"], f"song,album,loudness_lufs\n{rows}")
    (tmp_path / "broken" / "drums.wav").write_bytes(b"RIFF")
    summary = batch(manifest, tmp_path / "out")
    assert (summary.n_done, summary.n_failed, summary.n_left) == (3, 1, 0)


def test_a_full_disk_ends_the_run_and_loses_nothing(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one", "two", "three"]), tmp_path / "out"

    def fill(order, context, report):
        if order.id == "two":
            return Outcome(order.id, order.token, Ending.FAILED, "full", disk_full=True)
        return copy_song(order, context, report)

    summary = batch(manifest, out, work=fill)
    assert summary.stopped_by == "the disk is full"
    assert (summary.n_done, summary.n_failed, summary.n_left) == (1, 1, 1)
    assert batch(manifest, out).n_done == 2


def test_what_cannot_be_put_in_place_fails(make_songs, batch, tmp_path) -> None:
    manifest, out = (
        make_songs(["one", "two"], "song,output\none,a/{song}\ntwo,b/{song}\n"),
        (tmp_path / "out"),
    )

    def block(order, context, report):
        (out / "a").write_text("a file where a folder must be")
        return copy_song(order, context, report)

    summary = batch(manifest, out, work=block)
    assert (summary.n_done, summary.n_failed) == (1, 1)
    assert records(out)["one"].error.startswith("a/one.wav: cannot be written")


def test_stopping_finishes_what_runs(make_songs, batch, tmp_path) -> None:
    manifest, stop = make_songs(["one", "two", "three"]), Stop()

    def press(order, context, report):
        stop.request()
        return copy_song(order, context, report)

    summary = batch(manifest, tmp_path / "out", work=press, stop=stop)
    assert (summary.n_done, summary.n_left, summary.exit_code) == (1, 2, 130)
    assert records(tmp_path / "out").keys() == {"one"}


def test_what_is_stopped_before_the_first_song_starts_no_worker(
    make_songs, batch, tmp_path
) -> None:
    manifest, stop = make_songs(["one", "two"]), Stop()
    stop.request()
    summary = batch(manifest, tmp_path / "out", stop=stop)
    assert (summary.n_done, summary.n_left, summary.exit_code) == (0, 2, 130)
    assert not batch.engine.started
    assert batch(manifest, tmp_path / "out").n_done == 2


def test_moves_that_broke_off_are_carried_on(make_songs, batch, tmp_path, monkeypatch) -> None:
    manifest, out = make_songs(["one"]), tmp_path / "out"
    monkeypatch.setattr("mixer.batch.run.make_moves", lambda *unused: os._exit(9))
    pid = os.fork()
    if pid == 0:
        batch(manifest, out)
    os.waitpid(pid, 0)
    monkeypatch.undo()
    assert not (out / "one.wav").exists()
    summary = batch(manifest, out)
    assert seen(batch) == []
    assert (summary.n_skipped, summary.exit_code) == (1, 0)
    assert (out / "one.wav").read_bytes() == expected_mix(tmp_path / "one", {})
    assert records(out)["one"].renders == 1


def test_stems_of_an_earlier_render_go_and_nothing_else(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one"], "song,stems\none,yes\n"), tmp_path / "out"
    names = iter((["vocals", "bass"], ["bass"]))

    def with_stems(order, context, report):
        from mixer.batch.engines.order import StagedFile

        outcome = copy_song(order, context, report)
        folder = tmp_path / "out" / STATE_FOLDER / "work" / order.token / "mix.stems"
        folder.mkdir()
        stems = []
        for name in next(names):
            (folder / f"{name}.wav").write_text(name)
            sha256 = hashlib.sha256(name.encode()).hexdigest()
            stems.append(StagedFile(f"mix.stems/{name}.wav", name, len(name), sha256))
        return Outcome(order.id, order.token, Ending.DONE, files=outcome.files + tuple(stems),
                       inputs_stat=outcome.inputs_stat, figures=outcome.figures)  # fmt: skip

    batch(manifest, out, work=with_stems)
    (out / "one.stems" / "mine.wav").write_text("mine")
    batch(manifest, out, work=with_stems, mode=Mode.FORCE)
    assert sorted(p.name for p in (out / "one.stems").iterdir()) == ["bass.wav", "mine.wav"]


def test_a_second_run_on_the_folder_is_refused(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs(["one"]), tmp_path / "out"

    def second(order, context, report):
        with pytest.raises(OutputError, match=f"process {os.getpid()} on .* is using this folder"):
            batch(manifest, out)
        return copy_song(order, context, report)

    assert batch(manifest, out, work=second).n_done == 1


def test_the_ledger_finds_room_on_a_full_disk(tmp_path, monkeypatch) -> None:
    import sqlite3

    from mixer.batch.ledgers.ledger_rows import Record

    with Ledger(tmp_path) as ledger:
        real = ledger._transaction
        reserve = tmp_path / "reserve"
        assert reserve.stat().st_size == 1 << 20

        def full():
            if reserve.exists():
                raise sqlite3.OperationalError("database or disk is full")
            return real()

        monkeypatch.setattr(ledger, "_transaction", full)
        ledger.put(Record("x", State.PENDING))
        assert ledger.disk_was_full
    (record,) = read_records(tmp_path / LEDGER_FILE)
    assert record.state == State.PENDING
    assert record.state != State.DONE
