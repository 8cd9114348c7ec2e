"""The Wave-U-Net from checkpoint to bundle; half precision costs what the manifest says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from export.bundle import Description, export_bundle, write_bundle
from export.fxnorm_exporter import WARM_UP_S
from export.half_precision import to_half_precision
from export.ops import GraphWriter
from export.verify import verify_bundle
from mixer.errors import ModelError
from mixer.network.model import Bundle, read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.verify import signal_to_noise_db
from mixer.network.verify import verify_bundle as verify_without_pytorch
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from tests.network.conftest import STRIDED, lively_network
from training.checkpoint import read_checkpoint, write_checkpoint
from training.networks.wave_u_net import LowPass, WaveUNet

HYPER = WaveUNetParameters(n_features=8, n_levels=3, output_samples=3000)


def new_network(seed: int, hyper: WaveUNetParameters = HYPER) -> WaveUNet:
    torch.manual_seed(seed)
    return WaveUNet(hyper).eval()


@pytest.fixture(scope="module")
def network() -> WaveUNet:
    return new_network(11)


@pytest.fixture(scope="module")
def bundle(network: WaveUNet, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundles")
    write_checkpoint(folder / "ours.safetensors", network, {"provenance": "seed 11"})
    return export_bundle(folder / "ours.safetensors", folder / "made", fp16=True)


def test_our_checkpoint_becomes_a_bundle(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.kind == "wave_u_net"
    assert manifest.hyper_parameters == HYPER
    assert manifest.provenance == "seed 11"
    assert manifest.warm_up_s == 0.0  # nothing recurrent to warm up
    assert set(manifest.graphs) == {"segment", "segment_fp16"}
    assert 0.0 < manifest.parity["max_abs_error"] < 1e-5
    assert verify_without_pytorch(bundle).passed


def test_checkpoints_read_back(network: WaveUNet, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "ours", network)
    torch.save(network.state_dict(), tmp_path / "published")
    ours = read_checkpoint(tmp_path / "ours")
    published = read_checkpoint(tmp_path / "published", segment_samples=3000)
    assert (ours.published, published.published) == (False, True)
    for checkpoint in (ours, published):
        assert isinstance(checkpoint.network, WaveUNet)
        assert not checkpoint.network.training
        assert checkpoint.network.hyper == HYPER
        for name, value in network.state_dict().items():
            assert torch.equal(checkpoint.network.state_dict()[name], value)
    hyper = read_checkpoint(tmp_path / "published").network.hyper
    assert isinstance(hyper, WaveUNetParameters)
    assert hyper.output_samples == 441_000


def test_the_other_kind_says_its_kind(tmp_path: Path) -> None:
    network = lively_network(STRIDED, seed=1)
    write_checkpoint(tmp_path / "ours", network)
    assert read_checkpoint(tmp_path / "ours").network.hyper == STRIDED


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda state: state.pop("network.waveunets.ALL.output_conv.bias"), "lacks parameter"),
        (lambda state: state.update(more=torch.zeros(1)), "unknown parameter"),
        (
            lambda state: state.pop("network.waveunets.ALL.downsampling_blocks.0.downconv.filter"),
            "downconv.filter is missing",
        ),
        (
            lambda state: state.update(
                {"network.waveunets.ALL.output_conv.weight": torch.zeros(3, 8, 1)}
            ),
            "wrong shape",
        ),
        (
            lambda state: state.update(
                {
                    "network.waveunets.ALL.downsampling_blocks.0.pre_shortcut_convs.0.filter.weight"
                    "": torch.zeros(12, 8, 5)
                }
            ),
            "multiple of 8",
        ),
    ],
)
def test_another_state_dict_is_refused(
    network: WaveUNet, tmp_path: Path, change: object, word: str
) -> None:
    state = dict(network.state_dict())
    change(state)  # type: ignore[operator]
    torch.save(state, tmp_path / "odd.params")
    with pytest.raises(ModelError, match=word) as caught:
        read_checkpoint(tmp_path / "odd.params")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "hyper", "word"),
    [
        ("transformer", HYPER.to_json(), "transformer"),
        ("wave_u_net", STRIDED.to_json(), "hyper-parameter"),
        ("fxnorm", HYPER.to_json(), "hyper-parameter"),
        ("wave_u_net", {**HYPER.to_json(), "output_samples": 1 << 50}, "output_samples"),
        ("wave_u_net", {**HYPER.to_json(), "n_features": 16}, "wrong shape"),
    ],
)
def test_another_kind_is_refused(
    network: WaveUNet, tmp_path: Path, kind: str, hyper: dict, word: str
) -> None:
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    texts = {"kind": kind, "hyper_parameters": json.dumps(hyper)}
    save_file(state, str(tmp_path / "odd"), metadata=texts)
    with pytest.raises(ModelError, match=word):
        read_checkpoint(tmp_path / "odd")


def test_a_wrong_export_fails(bundle: Bundle) -> None:
    with pytest.raises(ModelError, match="differs from PyTorch"):
        verify_bundle(new_network(12), bundle)


def test_a_filter_that_does_something_is_exported(tmp_path: Path) -> None:
    network = new_network(13)
    for module in network.modules():
        if isinstance(module, LowPass):
            taps = torch.hann_window(15, periodic=False)
            module.load_state_dict({"filter": (taps / taps.sum()).expand_as(module.filter)})
            assert not module.transparent
    description = Description("filtered", (), "test", "none", warm_up_s=0.0)
    made = write_bundle(network, tmp_path / "filtered", description)  # compares with PyTorch
    assert made.manifest.parity["max_abs_error"] < 1e-5
    operators = [n.op_type for n in onnx.load_from_string(made.read_graph("segment")).graph.node]
    assert operators.count("Pad") == 4


@pytest.mark.shared
def test_the_published_weights_answer_as_the_reference(shared: Path, tmp_path: Path) -> None:
    source = shared / "oracle/wave_u_net_small.params"
    bundle = export_bundle(source, tmp_path / "oracle", shape={"segment_samples": 2000})
    assert "published" in bundle.manifest.provenance
    oracle = np.load(shared / "oracle/wave_u_net_small.npz")
    (mix,) = Network(bundle, "cpu").run("segment", {"stems": oracle["input"]}, ["mix"])
    assert np.abs(mix - oracle["mix"]).max() < 1e-5


def test_the_recurrent_kind_keeps_its_warm_up(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "ours", lively_network(STRIDED, seed=1))
    made = export_bundle(tmp_path / "ours", tmp_path / "made", fp16=True)
    assert made.manifest.warm_up_s == WARM_UP_S
    halves = {name for name in made.manifest.graphs if name.endswith("_fp16")}
    assert halves == {"front_end_fp16", "back_end_fp16", "back_end_stems_fp16"}
    assert made.manifest.fp16_snr_db is not None
    assert 45.0 < made.manifest.fp16_snr_db < 90.0


def rounded(values: NDArray) -> NDArray[np.float32]:
    return values.astype(np.float16).astype(np.float32)


def test_half_precision_rounds_inputs_weights_and_answers(rng: np.random.Generator) -> None:
    weight = rng.standard_normal((16, 8, 32)).astype(np.float32)
    stems = rng.standard_normal((1, 8, 500)).astype(np.float32)
    graph = GraphWriter("one")
    answer = graph.add("Conv", graph.input("x", (1, 8, 500)), graph.constant(weight))
    graph.output(answer, "y", (1, 16, 469))
    content = to_half_precision(graph.build(), keep_roundings=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (measured,) = session.run(["y"], {"x": stems})
    pair = (torch.from_numpy(rounded(stems)), torch.from_numpy(rounded(weight)))
    expected = torch.conv1d(*pair).numpy()
    agreement_db = signal_to_noise_db(rounded(expected), measured)
    cost_db = signal_to_noise_db(
        torch.conv1d(*map(torch.from_numpy, (stems, weight))).numpy(), measured
    )
    assert agreement_db is None or agreement_db > 85.0  # a last bit here and there
    assert cost_db is not None
    assert 66.0 < cost_db < 72.0


def test_half_precision_halves_the_weights_and_keeps_the_interface(bundle: Bundle) -> None:
    full, half = (onnx.load_from_string(bundle.read_graph(n)) for n in ("segment", "segment_fp16"))
    assert [i.type for i in half.graph.input] == [i.type for i in full.graph.input]
    assert [o.type for o in half.graph.output] == [o.type for o in full.graph.output]
    convolutions = {n.input[1] for n in half.graph.node if n.op_type == "Conv"}
    types = {t.data_type for t in half.graph.initializer if t.name in convolutions}
    assert types == {onnx.TensorProto.FLOAT16}


def test_the_written_snr_is_that_of_half_precision(bundle: Bundle, network: WaveUNet) -> None:
    """Against PyTorch's own rounding of weights and of what goes into and out of them."""
    assert bundle.manifest.fp16_snr_db is not None
    stems, expected = bundle.read_check()
    emulated = new_network(11)
    with torch.no_grad():
        for module in emulated.modules():
            if isinstance(module, torch.nn.Conv1d):
                for parameter in module.parameters():
                    parameter.copy_(parameter.half().float())
                module.register_forward_pre_hook(lambda _, inputs: inputs[0].half().float())
                module.register_forward_hook(lambda _, inputs, output: output.half().float())
        missing = HYPER.output_samples - stems.shape[1]
        wrapped = np.pad(stems, ((0, 0), (missing, 0)), mode="wrap")
        mix = emulated.mix_whole(torch.from_numpy(wrapped[None]))[0, :, missing:].numpy()
    emulated_db = signal_to_noise_db(expected, mix)
    assert emulated_db == pytest.approx(bundle.manifest.fp16_snr_db, abs=0.5)


def test_a_weight_beyond_half_precision_is_refused(tmp_path: Path) -> None:
    network = new_network(14)
    with torch.no_grad():
        network.levels.output_conv.weight[0, 0, 0] = 1e6
    description = Description("large", (), "test", "none", warm_up_s=0.0)
    with pytest.raises(ModelError, match="without fp16"):
        write_bundle(network, tmp_path / "large", description, fp16=True)
    assert not list(tmp_path.iterdir())


def test_a_half_precision_graph_answers_nearly_the_same(bundle: Bundle) -> None:
    stems, _ = bundle.read_check()
    network = Network(read_bundle(bundle.folder), "cpu")
    exact = run_network(network, np.split(stems, 4)).mix
    half = onnxruntime.InferenceSession(
        bundle.read_graph("segment_fp16"), providers=["CPUExecutionProvider"]
    )
    margin = HYPER.margin_samples
    padded = np.pad(stems, ((0, 0), (margin, margin)))
    (mix,) = half.run(["mix"], {"stems": padded[None]})
    snr_db = signal_to_noise_db(exact, mix[0])
    assert snr_db is not None
    assert 45.0 < snr_db < 90.0
