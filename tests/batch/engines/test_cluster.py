"""The same work on a real Ray cluster of this machine, with a worker killed in the middle."""

import tempfile
from pathlib import Path

import pytest

from mixer.batch.batch_session import Options, run_batch
from mixer.batch.engines.engine import EngineError
from mixer.batch.engines.worker_process import WorkerSpec
from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER
from tests.batch.stand_in import expected_mix


@pytest.mark.slow
def test_a_ray_cluster_renders_all_and_retries_the_killed(
    make_songs, tmp_path, monkeypatch
) -> None:
    pytest.importorskip("ray")
    from mixer.batch.engines.cluster import RayEngine

    names = [f"s{n}" for n in range(10)]
    manifest = make_songs(names, s2={"die": 1}, s5={"die": 9}, s7={"fail": "no good"})
    out = tmp_path / "out"
    # Ray would import what lies where it is started.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for module in ("numpy", "multiprocessing", "pickle", "setproctitle"):
        (tmp_path / f"{module}.py").write_text("open('PWNED', 'w')\nraise SystemExit\n")
    before = set(Path(tempfile.gettempdir()).glob("mixer-ray-*"))
    spec = WorkerSpec("ray", "cpu", 1, "tests.batch.stand_in:copy_song")
    summary = run_batch(manifest, out, Options(), lambda n_songs: RayEngine(spec, None, 2))
    assert not (tmp_path / "PWNED").exists()
    assert not list((tmp_path / "home").iterdir())
    assert set(Path(tempfile.gettempdir()).glob("mixer-ray-*")) == before
    records = {r.id: r for r in read_records(out / STATE_FOLDER / LEDGER_FILE)}
    assert (summary.n_done, summary.n_failed) == (8, 2), records["s1"].error
    assert records["s5"].error.startswith("its worker died twice")
    assert records["s7"].error == "no good"
    assert (tmp_path / "s2" / "deaths").read_text() == "1"
    assert (tmp_path / "s5" / "deaths").read_text() == "2"
    for name in set(names) - {"s5", "s7"}:
        assert (out / f"{name}.wav").read_bytes() == expected_mix(tmp_path / name, {})


def test_without_ray_it_says_what_to_install(monkeypatch) -> None:
    import importlib

    from mixer.batch.engines import cluster

    def missing(name: str):
        if name == "ray":
            raise ModuleNotFoundError(name)
        return importlib.import_module(name)

    monkeypatch.setattr(cluster, "import_module", missing)
    with pytest.raises(EngineError, match=r"needs Ray: pip install .*\[ray\]"):
        cluster.RayEngine(WorkerSpec("ray"), None)
