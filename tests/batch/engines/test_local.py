"""The pool: workers that die are replaced, their songs tried once more, memory is kept to."""

import json
import signal
from pathlib import Path

import pytest

from mixer.batch.batch_session import Options, run_batch
from mixer.batch.engines.engine import EngineError
from mixer.batch.engines.local import LocalEngine, worker_specs
from mixer.batch.engines.processes import describe_exit
from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.listener import Listener
from mixer.batch.memory import WORKER_BYTES, render_bytes
from mixer.batch.requests.outputs import STATE_FOLDER
from tests.batch.stand_in import expected_mix

COPY, COUNT = "tests.batch.stand_in:copy_song", "tests.batch.stand_in:count_song"
PLENTY = 8 << 30


class Heard(Listener):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def said(self, text: str) -> None:
        self.texts.append(text)


def run(manifest, out, n_workers=2, work=COPY, budget_bytes=PLENTY, listener=None):
    engine = LocalEngine(worker_specs(n_workers, 1, ["cpu"], work), budget_bytes)
    summary = run_batch(manifest, out, Options(), lambda n_songs: engine, listener)
    return summary, {r.id: r for r in read_records(out / STATE_FOLDER / LEDGER_FILE)}


def test_dead_workers_are_replaced_and_songs_tried_once_more(make_songs, tmp_path) -> None:
    names = [f"s{n}" for n in range(12)]
    manifest = make_songs(names, s3={"die": 1}, s7={"die": 2}, s8={"die": 1}, s9={"fail": "no"})
    heard = Heard()
    summary, records = run(manifest, tmp_path / "out", listener=heard)
    assert (summary.n_done, summary.n_failed) == (10, 2)
    assert "its worker died twice, the last time by SIGKILL" in records["s7"].error
    assert records["s9"].error == "no"
    assert records["s3"].attempts == 2
    # once more where it was beside another that died, which is not its fault
    assert records["s7"].attempts in (2, 3)
    assert any("its worker died by SIGKILL" in text for text in heard.texts)
    for name in set(names) - {"s7", "s9"}:
        assert (tmp_path / "out" / f"{name}.wav").read_bytes() == expected_mix(tmp_path / name, {})
        assert records[name].renders == 1
    assert not list((tmp_path / "out" / STATE_FOLDER / "work").iterdir())


def test_what_does_not_fit_beside_others_runs_alone(make_songs, tmp_path) -> None:
    names = [f"s{n}" for n in range(4)]
    need = render_bytes(4410, 1, 1)
    for budget, company in ((WORKER_BYTES * 2 + int(1.5 * need), 0), (PLENTY, 1)):
        folder = f"company of {company}"
        manifest = make_songs(names, folder=folder, s0={"company": company})
        run(manifest, tmp_path / f"out{company}", 2, COUNT, budget)
        beside = [int((tmp_path / folder / name / "beside").read_text()) for name in names]
        assert max(beside) == 1 + company


def test_long_songs_are_reckoned_with_what_lies_in_memory_of_them() -> None:
    minute = 60 * 44_100
    # Measured: 0.8 GB for ten minutes of four stems, 1.2 GB for an hour, the worker's own included.
    for minutes, measured_gb, at_most_gb in ((10, 0.8, 1.0), (60, 1.2, 1.5)):
        need_gb = (WORKER_BYTES + render_bytes(minutes * minute, 4, 2)) / 1e9
        assert measured_gb <= need_gb <= at_most_gb
    # With stems and a report, 0.75 GB for ten minutes.
    with_report = render_bytes(10 * minute, 4, 2, wet_stems=True, report=True)
    assert 0.75 <= (WORKER_BYTES + with_report) / 1e9 <= 1.0
    short, longer = (render_bytes(seconds * 44_100, 4, 1) for seconds in (10, 20))
    assert longer == 2 * short
    # What a network keeps between its passes lies in no file.
    kept = render_bytes(60 * minute, 4, 2, network_bytes=7_000_000_000)
    assert kept > 7_000_000_000


@pytest.mark.slow
def test_memory_of_a_render_is_within_the_estimate(write_song, rng, tmp_path) -> None:
    import subprocess
    import sys

    from mixer.batch.requests.identity import read_identities
    from mixer.batch.survey import survey_song
    from tests.batch.manifests import read_rows
    from tests.signals import band

    write_song({f"{n}.wav": a for n, a in band(rng, 20.0, 44_100).items()})
    (tmp_path / "m.csv").write_text("song,stems\nsong,yes\n")
    (row,) = read_rows(tmp_path / "m.csv")
    ((identity,), _) = read_identities([row])
    size = survey_song(row, "wav", identity, 2)
    code = (
        "import sys\n"
        "from mixer import *\n"
        "from benchmarks.network_memory import peak_bytes\n"
        "mix = render(load_song(sys.argv[1]), RenderSettings(loudness_lufs=-10, device='cpu'),"
        " wet_stems=True, threads=2)\n"
        "write_mix(mix, sys.argv[1] + '/../x.wav')\n"
        "print(peak_bytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(row.song)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    taken_bytes = int(done.stdout)
    assert taken_bytes <= WORKER_BYTES + size.need_bytes
    assert taken_bytes >= 0.3 * (WORKER_BYTES + size.need_bytes)  # an estimate, not a ban


def test_workers_that_cannot_start_end_the_run(make_songs, tmp_path) -> None:
    manifest = make_songs(["one"])
    with pytest.raises(EngineError, match="workers cannot start: AttributeError"):
        run(manifest, tmp_path / "out", 1, "tests.batch.stand_in:nothing")
    (record,) = read_records(tmp_path / "out" / STATE_FOLDER / LEDGER_FILE)
    assert record.state == "running"  # begun, not failed: the next run does it
    summary, _ = run(manifest, tmp_path / "out", 1)
    assert summary.n_done == 1


def test_ways_to_die_in_words() -> None:
    assert describe_exit(-signal.SIGKILL) == "by SIGKILL (killed, or out of memory)"
    assert describe_exit(3) == "with exit code 3"
    assert describe_exit(-63) == "by signal 63"


def test_two_songs_in_a_dying_worker_are_told_apart(make_songs, tmp_path) -> None:
    """The song that was only beside the killer is done, whatever the killer does."""
    names = [f"s{n}" for n in range(8)]
    manifest = make_songs(names, s0={"die": 2}, **{n: {"seconds": 0.1} for n in names[1:]})
    summary, records = run(manifest, tmp_path / "out", 1)
    assert (summary.n_done, summary.n_failed) == (7, 1)
    assert records["s0"].error.startswith("its worker died twice")
    assert json.loads((tmp_path / "s0" / "deaths").read_text()) == 2


def test_a_worker_that_is_still_starting_is_not_waited_for() -> None:
    engine = LocalEngine(worker_specs(1, 1, ["cpu"], COPY), PLENTY)
    engine.start()
    (slot,) = engine._slots
    engine.close(at_once=False)
    assert slot.process.exitcode == -signal.SIGKILL
