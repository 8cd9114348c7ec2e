"""The GPU's check on the CPU: a runtime that says it has CUDA, and very little of everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import onnxruntime
import pytest

from benchmarks.gpu import batch, check, training
from benchmarks.gpu.parity import Parity
from benchmarks.gpu.places import Places, Sizes, find_places
from benchmarks.gpu.report import NO_TIME, Report
from mixer.cli.batch_run import run_command
from mixer.network.model import read_bundle
from mixer.network.runtime import load_cuda_libraries
from mixer.song.load import load_song
from tests.network.conftest import STRIDED

ROOT = Path(__file__).resolve().parents[2]
CUDA = "CUDAExecutionProvider"
TINY = Sizes(
    durations_s=(2.0,),
    parity_s=1.0,
    chunks_samples=(4096,),
    batch_songs=1,
    batch_song_s=2.0,
    hyper=STRIDED,
    warm_up_s=0.5,
    training=("data.segment_s=1.7", "run.batch_size=1", "run.batches_per_epoch=3"),
    larger_batches=(2,),
)
RealSession = onnxruntime.InferenceSession


class FakeCudaSession:
    """A session on the CPU that says what a session on a GPU would."""

    opened: ClassVar[list[str]] = []

    def __init__(self, content: bytes, options: Any = None, *, providers: list[Any]) -> None:
        names = [each if isinstance(each, str) else each[0] for each in providers]
        self.opened.extend(names)
        self._names = names
        self._session = RealSession(content, options, providers=["CPUExecutionProvider"])

    def get_providers(self) -> list[str]:
        return self._names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def pretend_to_mix(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """A batch that is found to be one that `mixer` understands, of songs that are there."""
    assert command[1:4] == ["-m", "mixer", "batch"]
    asked = run_command.make_context("run", command[4:]).params
    rows = asked["manifest"].read_text().splitlines()[1:]
    assert rows
    for row in rows:
        song, model = row.split(",")
        assert load_song(asked["manifest"].parent / song).stems
        assert read_bundle(model)
    return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def _cuda(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA])
    monkeypatch.setattr(onnxruntime, "InferenceSession", FakeCudaSession)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda directory: None)
    monkeypatch.setattr("mixer.network.runtime.count_gpus", lambda: 1)
    monkeypatch.setattr(training, "_TIMED_STEPS", 1)
    monkeypatch.setattr(batch, "subprocess", SimpleNamespace(run=pretend_to_mix))
    load_cuda_libraries.cache_clear()
    FakeCudaSession.opened.clear()
    yield
    load_cuda_libraries.cache_clear()


@pytest.mark.slow
@pytest.mark.usefixtures("_cuda")
def test_the_whole_check_runs_without_a_gpu(tmp_path: Path) -> None:
    assert find_places() == Places("cuda:0", "cpu", "cuda:0")
    report = check.run_check(Places("cuda:0", "cpu", "cpu"), TINY, lambda line: None)
    assert report.left_out == {}
    assert report.passed
    assert CUDA in FakeCudaSession.opened
    compared = [(found.bundle, found.device) for found in report.parity]
    assert compared == [
        ("default", "cuda:0"),
        ("paper", "cuda:0"),
        ("tracks", "cuda:0"),
        ("paper-full", "cuda:0"),
        ("paper-full-fp16", "cuda:0 in fp16"),
        ("paper-full", "cuda:0"),
    ]
    halves = report.parity[4]
    assert "SNR at least" in halves.bound
    assert halves.max_abs_error > 10.0 * report.parity[3].max_abs_error
    measured = [(speed.what, speed.bundle, speed.chunk_samples) for speed in report.speeds]
    assert measured == [
        ("network", "paper-full", None),
        ("network", "paper-full-fp16", None),
        ("network", "default", None),
        ("network", "paper-full", 4096),
        ("render", "paper-full", None),
        ("render", "default", None),
    ]
    for speed in [*report.speeds, *report.training]:
        assert sum(speed.shares.values()) == pytest.approx(1.0)
    assert [s.device for s in report.speeds if s.what == "render"] == ["cuda:0", "cuda:0"]
    assert 0.0 < report.speeds[4].shares["normalise"] < 1.0
    trained = [(speed.precision, speed.batch_size) for speed in report.training]
    assert trained == [("float32", 1), ("bf16", 1), ("bf16", 2)]
    (mixed,) = report.batches
    assert mixed.seconds > 0.0
    as_json, as_text = report.write(tmp_path / "out")
    table = json.loads(as_json.read_text())
    assert table["passed"] is True
    assert table["limits"].keys() >= {"render, paper-full, 2 s", "training, float32"}
    text = as_text.read_text()
    for heading in ("Parity", "Speed", "Batch", "Training", "Goals for an H100 or H200"):
        assert f"## {heading}" in text
    assert "asked 0.005 at most" in text
    assert "asked 300 at least" in text


def test_what_breaks_fails_the_check_and_costs_nothing_else(tmp_path, monkeypatch) -> None:
    def broken(*arguments: Any) -> Any:
        yield "a figure"
        raise RuntimeError("CUDA error: an illegal memory access\nwas encountered")

    monkeypatch.setattr(check, "write_paper_bundles", lambda folder, sizes: (folder, folder))
    monkeypatch.setattr(check, "check_parity", lambda *arguments: [])
    monkeypatch.setattr(check, "training_speeds", broken)
    for name in ("network_speeds", "render_speeds"):
        monkeypatch.setattr(check, name, lambda *arguments: iter(()))
    monkeypatch.setattr(check, "batch_speed", lambda *arguments: "a batch")
    report = check.run_check(find_places(), TINY, lambda line: None)
    assert report.training == ["a figure"]
    assert report.batches == ["a batch"]
    assert report.left_out == {"training": "RuntimeError: was encountered"}
    assert not report.passed
    # Where the time is up, nothing more begins; that alone is no failure.
    report = check.run_check(find_places(), TINY, lambda line: None, time_s=-1.0)
    assert set(report.left_out.values()) == {NO_TIME}


def test_a_bare_machine_is_measured_as_far_as_it_goes(monkeypatch) -> None:
    """Without a library for audio files there is no training and no render, and that is said."""
    code = (
        "import sys\n"
        "for name in ('soundfile', 'soxr', 'pyloudnorm', 'pedalboard'): sys.modules[name] = None\n"
        "import benchmarks.gpu.__main__"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)

    def bare(*arguments: Any) -> Any:
        raise ModuleNotFoundError("No module named 'soundfile'", name="soundfile")

    good = Parity("a", "b", "cuda:0", 1e-6, None, "largest error at most 0.0001", True)
    monkeypatch.setattr(check, "write_paper_bundles", lambda folder, sizes: (folder, folder))
    monkeypatch.setattr(check, "check_parity", lambda *arguments: [good])
    for name in ("training_speeds", "network_speeds", "render_speeds", "batch_speed"):
        monkeypatch.setattr(check, name, bare)
    report = check.run_check(find_places(), TINY, lambda line: None)
    assert report.left_out["training"] == "not installed here: soundfile"
    assert report.passed


def test_a_failed_comparison_fails_the_check() -> None:
    good = Parity("a", "b", "cuda:0", 1e-6, None, "largest error at most 0.0001", True)
    bad = Parity("a", "b", "cuda:0", 1e-3, 40.0, "largest error at most 0.0001", False)
    places = Places("cuda:0", "cuda:0", "cuda:0")
    assert Report(places, [good]).passed
    assert not Report(places, [good, bad]).passed
    assert "| FAILED |" in "\n".join(Report(places, [good, bad]).lines())
    assert not Report(places).passed
