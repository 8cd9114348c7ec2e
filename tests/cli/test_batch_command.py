"""`mixer batch` as users and scripts meet it."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.listener import Stop
from mixer.batch.requests.defaults import Defaults
from mixer.batch.requests.manifest import read_manifest
from mixer.batch.states import State
from mixer.batch.tables.page_rows import index_row
from mixer.batch.tables.results import write_results
from mixer.cli.batch_run import _stop_on_signals
from mixer.cli.batch_summary import say_ending, show_table
from mixer.cli.main import run
from mixer.output.config import Config
from tests.signals import band


@pytest.fixture
def manifest(write_song, rng, tmp_path, monkeypatch):
    for name in ("one", "two"):
        files = {f"{stem}.wav": audio for stem, audio in band(rng, 1.5, 44_100).items()}
        write_song(files, folder=name)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "manifest.csv"
    path.write_text("song,loudness_lufs\none,-16\ntwo,-16\n")
    return path


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_a_night_from_init_to_results(manifest, tmp_path, capsys) -> None:
    (tmp_path / "two" / "drums.wav").write_bytes(b"RIFF")
    assert run(["batch", "init", "."]) == 0
    (tmp_path / "made.csv").write_text(capsys.readouterr().out)
    assert run(["batch", "made.csv", "-o", "out", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [song["action"] for song in plan["songs"]] == ["render", "render"]
    assert "cannot be read as audio" in plan["songs"][1]["problem"]
    assert plan["output_bytes"] > 1.5 * 44_100 * 6
    assert not (tmp_path / "out").exists()

    assert run(["batch", "made.csv", "-o", "out", "--json", "--html"]) == 1
    said = capsys.readouterr()
    results = {result["id"]: result for result in lines(said.out)}
    assert results["one"]["state"] == "done"
    assert results["one"]["real_time_factor"] > 0
    assert "drums.wav: cannot be read as audio" in results["two"]["error"]
    *_, failed, last = said.err.splitlines()
    assert failed == f"failed: two: {results['two']['error']}"
    assert last == "results: out/results.csv, out/results.jsonl, out/index.html"
    assert run(["batch", "made.csv", "-o", "out", "-q"]) == 1
    assert capsys.readouterr() == ("", failed + "\n")
    assert soundfile.info("out/one.wav").frames == 1.5 * 44_100
    assert (tmp_path / "out" / "index.html").exists()

    soundfile.write("two/drums.wav", soundfile.read("one/drums.wav")[0], 44_100)
    assert run(["batch", "made.csv", "-o", "out"]) == 0
    said = capsys.readouterr()
    assert "2 songs: 1 to do, 1 unchanged" in said.err
    assert "1 done, 0 failed, 1 unchanged" in said.out
    assert run(["batch", "made.csv", "-o", "out"]) == 0
    assert "nothing to do: 2 songs finished and unchanged" in capsys.readouterr().out
    assert run(["batch", "made.csv", "-o", "out", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_last_lines_are_what_needs_a_look_and_where_the_results_are() -> None:
    figures = {"left_out": ["mix.wav", "a.txt"], "not_recognised": ["Xq.wav"]}
    records = [
        Record("one", State.DONE, figures=figures),
        Record("two", State.DONE, figures={"left_out": [], "not_recognised": []}),
        Record("three", State.FAILED, error="drums.wav: is silent"),
        *(Record(f"s{n}", State.DONE, figures={"left_out": ["x"]}) for n in range(25)),
    ]
    told: list[str] = []
    say_ending(records, [Path("out/results.csv")], lambda line, tone=None: told.append(line))
    assert told[0] == "one: 2 files left out, 1 name not recognised"
    assert told[1] == "s0: 1 file left out"
    assert told[20:] == [
        "... and 6 songs more; in all 27 files left out, 1 name not recognised",
        "failed: three: drums.wav: is silent",
        "results: out/results.csv",
    ]


def test_a_render_s_warning_stands_in_the_table_as_in_results_and_index(capsys, tmp_path) -> None:
    warning = "drums.wav: is clipped"
    done = {"loudness_lufs": None, "remarks": [warning], "duration_s": 2.0, "seconds": {"mix": 1.0}}
    records = [Record("one", State.DONE, output="one.wav", figures=done)]
    write_results(records, tmp_path, tmp_path, "", html=True)
    show_table(records)
    assert "silent; drums.wav: is clipped" in capsys.readouterr().out
    (row,) = csv.DictReader((tmp_path / "results.csv").open(encoding="utf-8"))
    assert (row["marks"], row["remarks"]) == ("silent", warning)
    line = json.loads((tmp_path / "results.jsonl").read_text(encoding="utf-8"))
    assert (line["marks"], line["remarks"]) == ("silent", [warning])
    shown = index_row(records[0], ["silent"])
    assert (shown["marks"], shown["remarks"]) == (["silent"], [warning])


def test_of_a_long_batch_songs_with_warnings_are_shown(capsys) -> None:
    figures = {"loudness_lufs": -18.0, "true_peak_dbtp": -3.0}
    records = [Record(f"s{n}", State.DONE, figures=figures) for n in range(101)]
    records[7] = Record("s7", State.DONE, figures=figures | {"remarks": ["a stem is silent"]})
    show_table(records)
    told = capsys.readouterr().out
    assert "a stem is silent" in told
    assert "s8 " not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ignore-columns", "manifest.csv", "--dry-run"],
        ["manifest.csv", "--ignore-columns", "--dry-run"],
        ["manifest.csv", "--dry-run", "--ignore-columns"],
        ["--ignore-columns", "notes", "manifest.csv", "--dry-run"],
    ],
)
def test_unknown_columns_are_let_through_with_or_without_names(manifest, capsys, arguments) -> None:
    manifest.write_text("song,Notes\none,loud\ntwo,\n")
    assert run(["batch", "manifest.csv", "--dry-run"]) == 2
    assert "row 1, column 'Notes': unknown column" in capsys.readouterr().err
    assert run(["batch", *arguments]) == 0


def test_formats_and_platforms_for_every_row_that_does_not_say_its_own(
    tmp_path, manifest, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("MIXER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('[batch]\nformat = "ogg"\nquality = 5.0\n')
    manifest.write_text(
        "song,id,output,format,loudness_lufs\n"
        "one,bare,,,\none,named,x.flac,,\none,said,,opus,\none,loud,,,-9\n"
    )
    arguments = ["batch", str(manifest), "--format", "mp3", "--bit-depth", "16"]
    assert run([*arguments, "--dry-run", "--json"]) == 0
    songs = json.loads(capsys.readouterr().out)["songs"]
    assert [song["output"] for song in songs] == ["bare.mp3", "x.flac", "said.opus", "loud.mp3"]

    given = Defaults(
        settings={"platform": "spotify"}, config=Config(output={"format": "mp3", "bit_depth": "16"})
    )
    rows, mistakes = read_manifest(manifest, given)
    assert not mistakes
    assert [row.settings.get("loudness_lufs") for row in rows] == [-14.0, -14.0, -14.0, -9.0]
    assert [row.settings.get("platform") for row in rows] == ["spotify"] * 3 + [None]
    assert [row.wanted.bit_depth for row in rows] == ["24", "16", "24", "24"]
    assert run([*arguments, "--for", "spotifi", "--dry-run"]) == 2
    assert "did you mean 'spotify'?" in capsys.readouterr().err


def test_a_dry_run_counts_what_would_fail_and_a_run_of_nothing_has_no_pace(
    manifest, tmp_path, capsys
) -> None:
    (tmp_path / "two" / "drums.wav").write_bytes(b"RIFF")
    assert run(["batch", str(manifest), "-o", "out", "--dry-run"]) == 0
    assert "2 songs, 2 to do, 1 of which would fail: 0:02 of music" in capsys.readouterr().out
    manifest.write_text("song\ntwo\n")
    assert run(["batch", str(manifest), "-o", "out"]) == 1
    said = capsys.readouterr()
    assert "1 song: 1 to do" in said.err
    assert any(re.fullmatch(r"0 done, 1 failed in 0:\d\d", line) for line in said.out.splitlines())
    assert "real time" not in said.err


def test_a_termination_says_that_it_drops_what_runs_and_ctrl_c_that_it_finishes(capsys) -> None:
    for number, said in (
        (signal.SIGTERM, "mixer: abandoning the songs in progress"),
        (
            signal.SIGINT,
            "mixer: finishing the songs in progress; press Ctrl-C again to abandon them",
        ),
    ):
        stop = Stop()
        with _stop_on_signals(stop, quiet=False):
            signal.raise_signal(number)
        assert stop.soon
        assert stop.now == (number == signal.SIGTERM)
        assert capsys.readouterr().err.strip() == said


def test_a_quiet_dry_run_tells_failures_alone(manifest, tmp_path, capsys) -> None:
    (tmp_path / "two" / "drums.wav").write_bytes(b"RIFF")
    assert run(["batch", str(manifest), "-o", "out", "--dry-run", "-q"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("would fail: two: drums.wav: cannot be read as audio")
    assert run(["batch", str(tmp_path)]) == 2
    assert "mixer batch init" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_replaced(manifest, tmp_path, capsys) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "one.wav").write_text("mine")
    assert run(["batch", str(manifest), "-o", "out", "--dry-run"]) == 0
    assert "would need --overwrite: one: one.wav already exists" in capsys.readouterr().out
    assert run(["batch", str(manifest), "-o", "out", "--dry-run", "--json"]) == 0
    songs = json.loads(capsys.readouterr().out)["songs"]
    assert [song["needs_overwrite_of"] for song in songs] == ["one.wav", None]
    assert run(["batch", str(manifest), "-o", "out", "--dry-run", "--overwrite"]) == 0
    assert "would need" not in capsys.readouterr().out
    assert run(["batch", str(manifest), "-o", "out"]) == 2


@pytest.mark.slow
def test_shards_and_their_merge(manifest, tmp_path, capsys) -> None:
    for shard in ("1/2", "2/2"):
        assert run(["batch", "manifest.csv", "-o", "out", "--shard", shard, "-q", "-j", "1"]) == 0
    assert run(["batch", "merge", "out", "--manifest", "manifest.csv"]) == 0
    assert "2 shards: 2 done, 0 failed, 0 left" in capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path / "out").glob("results*.csv")) == [
        "results.csv", "results.shard-1-of-2.csv", "results.shard-2-of-2.csv"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["batch"], 2, "mixer batch init"),
        (["batch", "nothing.csv"], 2, "does not exist"),
        (["batch", "manifest.csv", "--shard", "3/2"], 2, "must be I/N"),
        (["batch", "manifest.csv", "--address", "auto"], 2, "--engine ray"),
        (["batch", "manifest.csv", "--devices", "tpu"], 3, "unknown device 'tpu'"),
        (["batch", "manifest.csv", "-j", "0"], 2, "must be a whole number from 1"),
        (["batch", "bad.csv"], 2, "row 2, column output: '../x' leads out"),
        (["batch", "bad.csv", "--dry-run"], 2, "row 3, column model: unknown model 'nosuch'"),
        (["batch", "init", "empty"], 1, "none of its folders holds a song's recordings"),
        (["batch", "merge", "empty"], 1, "no shard has a ledger"),
    ],
)
def test_mistakes_cost_lines_and_the_right_code(
    manifest, tmp_path, capsys, arguments, code, message
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.csv").write_text("song,output,model\none,../x,\ntwo,,nosuch\n")
    assert run(arguments) == code
    said = capsys.readouterr()
    assert message in said.err + said.out
    assert "Traceback" not in said.err


def test_a_dry_run_for_people(manifest, capsys) -> None:
    assert run(["batch", "manifest.csv", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "2 songs, 2 to do: 0:03 of music" in said
    assert "a rough guess" in said
    wanted = ("--daw", "reaper", "--deliver", "mix,instrumental,tv", "--report")
    assert run(["batch", "manifest.csv", "--dry-run", *wanted]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "reaper, stems, versions (instrumental, tv), report" in said


@pytest.mark.slow
def test_a_finished_manifest_of_many_songs_is_resumed_in_seconds(tmp_path) -> None:
    """A tenth of the 10 000 songs that the benchmark takes, in a tenth of its time and some."""
    from mixer.batch.batch_session import Options, plan_batch
    from mixer.batch.inputs import stat_inputs
    from mixer.batch.ledgers.ledger import Ledger
    from mixer.batch.requests.outputs import STATE_FOLDER
    from mixer.batch.states import State

    rows = ["song"]
    for n in range(1000):
        (tmp_path / f"s{n}").mkdir()
        (tmp_path / f"s{n}" / "drums.wav").write_bytes(b"RIFF")
        rows.append(f"s{n}")
    manifest, out = tmp_path / "manifest.csv", tmp_path / "out"
    manifest.write_text("\n".join(rows) + "\n")
    state = out / STATE_FOLDER
    state.mkdir(parents=True)
    records = []
    for job in plan_batch(manifest, out, Options()):
        (out / job.record.output).write_bytes(b"mix")
        files = [[job.record.output, 3, "sha"]]
        listing = stat_inputs(job.listed.row.song)
        fields = {"state": State.DONE, "attempts": 1, "files": files, "inputs_stat": listing}
        records.append(type(job.record)(**{**vars(job.record), **fields}))
    with Ledger(state) as ledger:
        ledger.put(*records)
    command = [sys.executable, "-m", "mixer", "batch", str(manifest), "-o", str(out), "-q"]
    before = os.times()
    subprocess.run(command, check=True, env={**os.environ})
    after = os.times()
    # Of the processor, not of the clock: other programs may be at work.
    used_s = after.children_user + after.children_system
    assert used_s - before.children_user - before.children_system < 3.0
    assert (out / "results.csv").read_text().count("\n") == 1001


def test_planning_loads_no_renderer() -> None:
    code = (
        "import sys; import mixer.batch.batch_session, mixer.batch.engines.local\n"
        "import mixer.batch.engines.devices, mixer.batch.estimate, mixer.batch.merge_shards\n"
        "print(*sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(out.stdout.split())
    heavy = {"numpy", "scipy", "onnxruntime", "pedalboard", "soundfile", "click", "rich", "ray"}
    assert not loaded & heavy


def test_a_plan_says_that_it_does_not_listen(tmp_path, monkeypatch, capsys, rng) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "song").mkdir()
    for name in ("Kick.wav", "Qwertz.wav"):
        soundfile.write(tmp_path / "song" / name, 0.1 * rng.standard_normal(44_100), 44_100)
    (tmp_path / "songs.csv").write_text("song\nsong\n")
    assert run(["batch", "songs.csv", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "song: 1 name not recognised" in said
    assert "based on file names only: a render" in said
    assert run(["batch", "songs.csv", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["listened"] is False
    assert plan["songs"][0]["not_recognised"] == ["Qwertz.wav"]
    (tmp_path / "song" / "Qwertz.wav").rename(tmp_path / "song" / "Snare.wav")
    assert run(["batch", "songs.csv", "--dry-run"]) == 0
    assert "by names alone" not in capsys.readouterr().out


def test_a_mistyped_command_of_batch_gets_the_nearest(capsys) -> None:
    assert run(["batch", "mrge", "out"]) == 2
    assert "'mrge' is neither a manifest nor a command; did you mean 'merge'?" in (
        capsys.readouterr().err
    )
