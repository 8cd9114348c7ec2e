"""A stranger's graph has a process of its own: the same bits, limits that hold, nothing left."""

from __future__ import annotations

import gc
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mixer.errors import ModelError
from mixer.network.device import Device
from mixer.network.model import PACKAGED, read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.untrusted.process import GraphProcess
from tests.network.untrusted.test_cost import model_of, node
from tests.passthrough import PASSTHROUGH

CPU = Device("cpu")
ONE = {"one": np.ones((1, 1), np.float32)}
# Sizes that the file does not tell: these graphs are opened in a moment, whatever they then take.
ENDS: tuple[tuple[int], tuple[str, str]] = (2,), ("n", "m")
LARGE = model_of([node("Cast", "x", "s", to=7), node("Expand", "one s", "y")], ONE, *ENDS)
ENDLESS = model_of(
    [
        node("Cast", "x", "s", to=7),
        node("Expand", "one s", "m0"),
        *(node("MatMul", f"m{i} m0", f"m{i + 1}") for i in range(2_000)),
        node("ReduceSum", "m2000", "t"),
        node("Add", "x t", "y"),
    ],
    ONE,
    *ENDS,
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits this memory")


@pytest.fixture
def process() -> Iterator[GraphProcess]:
    made = GraphProcess(CPU, 2, "a bundle", optimise=True)
    yield made
    made.close()


def run(process: GraphProcess, side: int, *, memory_bytes: int, limit_s: float) -> np.ndarray:
    feeds = {"x": np.array([side, side], np.float32)}
    (answer,) = process.run("g", feeds, {"y": (side, side)}, memory_bytes, limit_s)
    assert isinstance(answer, np.ndarray)
    return answer


def test_the_bits_are_those_of_this_process() -> None:
    rng = np.random.default_rng(5)
    stems = [rng.uniform(-0.5, 0.5, (2, 30_011)).astype(np.float32) for _ in range(4)]
    bundle = read_bundle(PASSTHROUGH)
    here, apart = Network(bundle, "cpu", 2, is_own=True), Network(bundle, "cpu", 2)
    expected = run_network(here, stems, wet_stems=True, warm_up_s=0.1)
    found = run_network(apart, stems, wet_stems=True, warm_up_s=0.1)
    assert np.array_equal(found.mix, expected.mix)
    assert found.wet_stems is not None
    assert expected.wet_stems is not None
    assert all(map(np.array_equal, found.wet_stems, expected.wet_stems))


def test_a_shipped_bundle_runs_here_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*arguments: object, **more: object) -> None:
        raise AssertionError

    monkeypatch.setattr("mixer.network.untrusted.graphs.GraphProcess", no_process)
    Network(read_bundle("default"), "cpu")
    copy = Path(shutil.copytree(PACKAGED / "default", tmp_path / "copy"))
    Network(read_bundle(copy), "cpu")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "name": "mine"}))
    assert not read_bundle(copy).is_shipped
    with pytest.raises(AssertionError):
        Network(read_bundle(copy), "cpu")


@linux
def test_memory_beyond_the_limit_is_refused_in_one_line(process: GraphProcess) -> None:
    process.open("g", LARGE, 256 << 20, 60.0)
    assert run(process, 1_000, memory_bytes=256 << 20, limit_s=60.0).sum() == 1e6
    feeds = {"x": np.array([30_000, 30_000], np.float32)}
    with pytest.raises(ModelError, match="needed more memory than it is allowed") as caught:
        process.run("g", feeds, {"y": (1,)}, 256 << 20, 60.0)
    assert "\n" not in str(caught.value)
    assert run(process, 1_000, memory_bytes=256 << 20, limit_s=60.0).sum() == 1e6


def test_a_run_without_end_is_ended(process: GraphProcess) -> None:
    process.open("g", ENDLESS, 1 << 30, 60.0)
    began = time.monotonic()
    with pytest.raises(ModelError, match="did not respond within 1 s and was stopped"):
        run(process, 4_000, memory_bytes=1 << 30, limit_s=1.0)
    assert time.monotonic() - began < 60.0
    with pytest.raises(ModelError, match="its process ended"):
        run(process, 10, memory_bytes=1 << 30, limit_s=60.0)


def test_a_process_that_dies_is_told_of(process: GraphProcess) -> None:
    process.open("g", LARGE, 1 << 30, 60.0)
    process._process.kill()
    with pytest.raises(ModelError, match="SIGKILL, most likely out of memory"):
        run(process, 10, memory_bytes=1 << 30, limit_s=60.0)


def test_a_network_opens_again_after_its_process_has_died() -> None:
    """A batch goes on with the next song."""
    stems = [np.full((2, 9_000), 0.1, np.float32)] * 4
    network = Network(read_bundle(PASSTHROUGH), "cpu", 1)
    expected = run_network(network, stems, warm_up_s=0.0).mix
    assert network._apart is not None
    assert network._apart._process is not None
    network._apart._process._process.kill()
    with pytest.raises(ModelError, match="its process ended"):
        run_network(network, stems, warm_up_s=0.0)
    assert np.array_equal(run_network(network, stems, warm_up_s=0.0).mix, expected)


def test_the_process_ends_with_its_last_user() -> None:
    network = Network(read_bundle(PASSTHROUGH), "cpu", 1)
    assert network._apart is not None
    assert network._apart._process is not None
    process = network._apart._process._process
    assert process.poll() is None
    del network
    gc.collect()
    assert process.poll() is not None


def test_nothing_is_imported_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnxruntime", "numpy", "json", "mixer"):
        text = f'open({str(tmp_path / "PWNED")!r}, "w"); raise SystemExit\n'
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    Network(read_bundle(PASSTHROUGH), "cpu", 1)
    assert not (tmp_path / "PWNED").exists()


def test_a_graph_that_says_its_answer_is_larger_is_refused(process: GraphProcess) -> None:
    """What was not asked for is not read: its type and shape alone come back."""
    process.open("g", LARGE, 1 << 30, 60.0)
    feeds = {"x": np.array([3, 4], np.float32)}
    assert process.run("g", feeds, {"y": (3, 3)}, 1 << 30, 60.0) == [("float32", (3, 4))]
