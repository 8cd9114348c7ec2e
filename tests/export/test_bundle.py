"""Export: verified against PyTorch, written whole or not at all, never over something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from export import bundle as bundle_module
from export.bundle import PAPER_EFFECTS, export_bundle
from export.graphs import toeplitz_blocks
from export.verify import verify_bundle
from mixer.cli.main import run
from mixer.errors import ModelError, OutputError
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.session import Network
from mixer.network.stream import run_network
from tests.network.conftest import STRIDED, Exported, lively_network
from training.checkpoint import write_checkpoint
from training.networks.fxnorm import FxNormNetwork


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "small.safetensors"
    write_checkpoint(path, lively_network(STRIDED, seed=8), {"provenance": "seed 8"})
    return path


def test_a_checkpoint_becomes_a_bundle(
    checkpoint: Path, tmp_path: Path, profile_path: Path
) -> None:
    bundle = export_bundle(checkpoint, tmp_path / "made", profile=profile_path, licence="CC0-1.0")
    manifest = bundle.manifest
    assert (manifest.name, manifest.provenance, manifest.licence) == ("made", "seed 8", "CC0-1.0")
    assert manifest.effects == PAPER_EFFECTS
    assert bundle.profile_path.read_bytes() == profile_path.read_bytes()
    checks = [set(check) for check in manifest.parity["lengths"]]
    assert checks == [{"samples", "streamed_mix", "streamed_wet_stems", "whole_mix"}] * 3
    assert 0.0 < manifest.parity["max_abs_error"] < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_the_command_says_which_configuration_it_took(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stride = STRIDED.stride_samples
    published = tmp_path / "net.params"
    torch.save(lively_network(STRIDED, seed=8).state_dict(), published)
    made = ["-o", str(tmp_path / "made")]
    assert run(["export", str(checkpoint), "--stride", str(2 * stride), *made]) == 3
    assert f"stored stride_samples is {stride}, not {2 * stride}" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
    assert run(["export", str(published), "--stride", str(stride), *made]) == 0
    said = capsys.readouterr().out.splitlines()
    taken = f"stride_samples {stride}, pool_frames {STRIDED.kernel_samples}"
    assert said[1].startswith("network: kind fxnorm, n_stems 4, ")
    assert taken in said[1]
    assert said[2] == (
        "provenance: exported from the published state dict net.params; assumed, not stated: "
        + taken.replace(",", " and")
    )


@pytest.mark.parametrize("n_samples", [1, 28, 5000, 12_345])
def test_the_whole_graph_takes_any_length(
    exported: Exported, rng: np.random.Generator, n_samples: int
) -> None:
    session = onnxruntime.InferenceSession(
        exported.bundle.read_graph("model"), providers=["CPUExecutionProvider"]
    )
    stems = (0.3 * rng.standard_normal((1, 8, n_samples))).astype(np.float32)
    (mix,) = session.run(["mix"], {"stems": stems})
    assert np.abs(mix[0] - exported.whole_file(stems[0])[0]).max() < 5e-6


@pytest.mark.parametrize("smoothing_frames", [1, 2, 16, 17, 39])
def test_smoothing_as_matrices_is_the_convolution(
    rng: np.random.Generator, smoothing_frames: int
) -> None:
    hyper = HyperParameters(
        kernel_samples=8, pool_frames=8, smoothing_frames=smoothing_frames, n_filters=2
    )
    kernels = rng.standard_normal((2, smoothing_frames)).astype(np.float32)
    signal = rng.standard_normal((2, 64)).astype(np.float32)
    pads = (hyper.smoothing_left_frames, hyper.smoothing_right_frames)
    wanted = torch.nn.functional.conv1d(
        torch.nn.functional.pad(torch.from_numpy(signal)[None], pads),
        torch.from_numpy(kernels)[:, None],
        groups=2,
    )[0].numpy()
    matrices = toeplitz_blocks(hyper, kernels)
    reach = matrices.shape[1] // 8 // 2
    padded = np.pad(signal, ((0, 0), (reach * 8, reach * 8)))
    for block in range(8):
        seen = padded[:, block * 8 : (block + 2 * reach + 1) * 8]
        got = np.einsum("fk,fki->fi", seen, matrices)
        assert np.abs(got - wanted[:, block * 8 : block * 8 + 8]).max() < 1e-5


def test_a_wrong_export_fails(exported: Exported) -> None:
    other = FxNormNetwork(exported.torch_network.hyper)
    other.load_state_dict(exported.torch_network.state_dict())
    with torch.no_grad():
        other.conv_1.weight[0, 0, 0] += 0.05
    with pytest.raises(ModelError, match="differs from PyTorch"):
        verify_bundle(other.eval(), exported.bundle)


def test_what_exists_is_not_overwritten(
    checkpoint: Path, tmp_path: Path, profile_path: Path
) -> None:
    out = tmp_path / "bundle"
    export_bundle(checkpoint, out, profile=profile_path, provenance="first")
    with pytest.raises(OutputError, match="already exists"):
        export_bundle(checkpoint, out, profile=profile_path)
    second = export_bundle(
        checkpoint, out, profile=profile_path, provenance="second", overwrite=True
    )
    assert second.manifest.provenance == "second"
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"notes\.txt is not part of the bundle"):
        export_bundle(checkpoint, out, profile=profile_path, overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "song.wav").write_bytes(b"RIFF")
    with pytest.raises(OutputError, match="not a model bundle"):
        export_bundle(checkpoint, precious, profile=profile_path, overwrite=True)
    assert (precious / "song.wav").exists()


def test_a_failed_export_leaves_nothing(
    checkpoint: Path, tmp_path: Path, profile_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> dict[str, object]:
        raise ModelError("too far")

    out = tmp_path / "bundle"
    export_bundle(checkpoint, out, profile=profile_path)
    before = (out / "manifest.json").read_bytes()
    monkeypatch.setattr(bundle_module, "verify_bundle", fail)
    with pytest.raises(ModelError, match="too far"):
        export_bundle(checkpoint, out, profile=profile_path, overwrite=True)
    with pytest.raises(ModelError, match="too far"):
        export_bundle(checkpoint, tmp_path / "new", profile=profile_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (out / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("content", [None, "[]", "{"])
def test_what_is_no_profile_is_refused(
    checkpoint: Path, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "profile.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelError, match="profile"):
        export_bundle(checkpoint, tmp_path / "out", profile=path)


@pytest.mark.shared
def test_the_published_network_runs_in_the_runtime(
    shared: Path, tmp_path: Path, profile_path: Path
) -> None:
    source = shared / "oracle/fxnorm_net_small.params"
    bundle = export_bundle(source, tmp_path / "oracle", profile=profile_path)
    assert "published" in bundle.manifest.provenance
    oracle = np.load(shared / "oracle/fxnorm_net_small.npz")
    stems = np.split(oracle["input"][0], 4)
    output = run_network(Network(bundle, "cpu"), stems, warm_up_s=0.0, wet_stems=True)
    assert output.wet_stems is not None
    assert np.abs(output.mix - oracle["mix"][0]).max() < 1e-5
    assert np.abs(sum(output.wet_stems) - oracle["mix_before_tanh"][0]).max() < 1e-5
    assert json.loads((bundle.folder / "manifest.json").read_text())["parity"]
