"""Devices: what was asked for, what really runs, and silence on both streams."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from mixer.errors import DeviceError, ModelError
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from mixer.network.band_mixer.run import CONTROL_OUTPUTS, LEVEL_INPUTS
from mixer.network.device import Device, parse_device
from mixer.network.manifest import FileEntry
from mixer.network.model import read_bundle
from mixer.network.runtime import cuda_is_likely
from mixer.network.session import Network
from tests.network.conftest import Exported

no_cuda = pytest.mark.skipif(cuda_is_likely(), reason="this machine has a GPU")


def test_device_names() -> None:
    assert parse_device("auto") is None
    assert parse_device("cpu") == Device("cpu")
    assert parse_device("cuda") == Device("cuda", 0)
    assert str(parse_device("cuda:3")) == "cuda:3"
    for text in ("gpu", "cuda:", "cuda:-1", "cpu:0", "", "CUDA"):
        with pytest.raises(DeviceError, match="unknown device"):
            parse_device(text)


@no_cuda
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_without_cuda_is_an_error(exported: Exported, device: str) -> None:
    with pytest.raises(DeviceError, match="does not work here") as caught:
        Network(exported.bundle, device)
    assert "\n" not in str(caught.value)


@no_cuda
def test_auto_finds_the_cpu_and_says_so(exported: Exported) -> None:
    assert str(Network(exported.bundle, "auto").device) == "cpu"


def test_the_runtime_prints_nothing(exported: Exported) -> None:
    program = (
        "import sys; from mixer.network.model import read_bundle;"
        "from mixer.network.session import Network;"
        "from mixer.errors import DeviceError\n"
        "bundle = read_bundle(sys.argv[1])\n"
        "for device in ('auto', 'cuda:9', 'cpu'):\n"
        "    try:\n        Network(bundle, device)\n"
        "    except DeviceError:\n        pass\n"
        "assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", program, str(exported.bundle.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_graph_answers_the_same_bits_whatever_the_threads(rng: np.random.Generator) -> None:
    """At this length the runtime's own threads cut a product of the shipped graph otherwise."""
    bundle = read_bundle("default")
    hyper = bundle.manifest.parameters(BandMixerParameters)
    shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, 200)
    feeds = {
        name: (20.0 * rng.standard_normal(shape) - 40.0).astype(np.float32) for name in LEVEL_INPUTS
    }
    one, *others = (
        Network(bundle, "cpu", threads).run(CONTROLS_GRAPH, feeds, CONTROL_OUTPUTS)
        for threads in (1, 2, 3, 4)
    )
    for other in others:
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _one_nan(answer: np.ndarray) -> np.ndarray:
    answer = answer.copy()
    answer.flat[-1] = np.nan
    return answer


@pytest.mark.parametrize(
    ("tampered", "words"),
    [
        (_one_nan, "values that are not finite"),
        (lambda answer: answer.astype(np.float64), "a type other than float32"),
        (lambda answer: answer[..., :-1], "the shape"),
    ],
)
def test_an_answer_that_is_none_is_refused(tampered, words: str) -> None:
    bundle = read_bundle("default")
    hyper = bundle.manifest.parameters(BandMixerParameters)
    shape = (1, hyper.n_stems * len(VIEWS) * hyper.n_bands, 3)
    feeds = {name: np.full(shape, -40.0, np.float32) for name in LEVEL_INPUTS}
    network = Network(bundle, "cpu", 1)
    first, *others = network.run(CONTROLS_GRAPH, feeds, CONTROL_OUTPUTS)
    answers = [tampered(first), *others]
    network._sessions[CONTROLS_GRAPH] = SimpleNamespace(run=lambda outputs, feeds: answers)
    with pytest.raises(ModelError, match=f"output gain_db of graph {CONTROLS_GRAPH} has {words}"):
        network.run(CONTROLS_GRAPH, feeds, CONTROL_OUTPUTS)


def test_threads_must_be_positive(exported: Exported) -> None:
    with pytest.raises(DeviceError, match="threads"):
        Network(exported.bundle, "cpu", threads=0)
    assert Network(exported.bundle, "cpu", threads=3).threads == 3
    assert Network(exported.bundle, "cpu").threads >= 1


def test_a_graph_that_is_none_is_a_model_error(exported: Exported, tmp_path) -> None:
    content = b"not a graph"
    (tmp_path / "front_end.onnx").write_bytes(content)
    import hashlib

    entry = FileEntry("front_end.onnx", hashlib.sha256(content).hexdigest())
    manifest = replace(exported.bundle.manifest, graphs=MappingProxyType({"front_end": entry}))
    bundle = replace(exported.bundle, folder=tmp_path, manifest=manifest)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Network(bundle, "cpu")


def test_wrong_feeds_become_a_device_error(exported: Exported) -> None:
    network = Network(exported.bundle, "cpu", is_own=True)
    with pytest.raises(DeviceError, match="front_end"):
        network.run("front_end", {"samples": np.zeros((1, 3, 5), np.float32)}, ["latent"])
