"""Checkpoints of both kinds read back exactly; everything else is refused in one clear line."""

from __future__ import annotations

import json
import os
import stat
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mixer.errors import ModelError
from tests.network.conftest import PAPER_LIKE, STRIDED, lively_network
from training.checkpoint import read_checkpoint, write_checkpoint
from training.networks.fxnorm import FxNormNetwork

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def network() -> FxNormNetwork:
    return lively_network(PAPER_LIKE, seed=1)


def refused(path: Path, word: str) -> None:
    with pytest.raises(ModelError, match=word) as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_checkpoint_has_the_rights_of_any_new_file(
    network: FxNormNetwork, tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        write_checkpoint(tmp_path / "best.safetensors", network)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "best.safetensors").stat().st_mode) == 0o666 & ~umask


def test_ours_read_back_with_hyper_parameters_and_words(tmp_path: Path) -> None:
    written = lively_network(STRIDED, seed=2)
    path = tmp_path / "any.name"
    write_checkpoint(path, written, {"provenance": "a test", "licence": "CC0-1.0"})
    checkpoint = read_checkpoint(path)
    assert checkpoint.network.hyper == STRIDED
    assert checkpoint.metadata["licence"] == "CC0-1.0"
    assert not checkpoint.published
    assert not checkpoint.network.training
    for name, value in written.state_dict().items():
        assert torch.equal(checkpoint.network.state_dict()[name], value)


@pytest.mark.parametrize("legacy", [False, True])
def test_state_dicts_show_their_hyper_parameters(
    network: FxNormNetwork, tmp_path: Path, legacy: bool
) -> None:
    path = tmp_path / "net.params"
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=not legacy)
    checkpoint = read_checkpoint(path)
    assert checkpoint.network.hyper == PAPER_LIKE
    assert checkpoint.published


def test_stride_and_pool_can_be_given(network: FxNormNetwork, tmp_path: Path) -> None:
    path = tmp_path / "net.params"
    torch.save(network.state_dict(), path)
    hyper = read_checkpoint(path, stride_samples=8, pool_frames=16).network.hyper
    assert (hyper.stride_samples, hyper.pool_frames) == (8, 16)
    with pytest.raises(ModelError, match="at least kernel_samples"):
        read_checkpoint(path, stride_samples=8, pool_frames=4)


def test_what_a_file_states_is_not_contradicted(network: FxNormNetwork, tmp_path: Path) -> None:
    """No parameter's shape shows the stride: of a file that states it another would fit."""
    ours, published = tmp_path / "ours.safetensors", tmp_path / "published.params"
    write_checkpoint(ours, lively_network(STRIDED, seed=1))
    torch.save(network.state_dict(), published)
    stride, pool = STRIDED.stride_samples, STRIDED.pool_frames
    agreed = read_checkpoint(ours, stride_samples=stride, pool_frames=pool)
    assert agreed.network.hyper == STRIDED
    assert agreed.unstated == {}
    with pytest.raises(ModelError, match=f"stored stride_samples is {stride}, not {2 * stride}"):
        read_checkpoint(ours, stride_samples=2 * stride)
    with pytest.raises(ModelError, match=f"stored pool_frames is {pool}, not {2 * pool}"):
        read_checkpoint(ours, pool_frames=2 * pool)
    for path in (ours, published):
        with pytest.raises(ModelError, match="fxnorm networks do not have segment_samples"):
            read_checkpoint(path, segment_samples=1_000)
    assert read_checkpoint(published).unstated == {"stride_samples": 1, "pool_frames": 64}


def test_twice_the_stems_of_one_channel_is_another_network(tmp_path: Path) -> None:
    path = tmp_path / "ours.safetensors"
    network = lively_network(PAPER_LIKE, seed=1)
    stated = PAPER_LIKE.to_json() | {"n_stems": 8, "n_channels": 1}
    metadata = {"kind": "fxnorm", "hyper_parameters": json.dumps(stated)}
    save_file(network.state_dict(), path, metadata=metadata)
    refused(path, "n_channels is 1; it must be 2, as stems are stereo")


@pytest.mark.shared
def test_the_published_configuration_loads(shared: Path) -> None:
    hyper = read_checkpoint(shared / "oracle/fxnorm_net_small.params").network.hyper
    assert (hyper.n_filters, hyper.kernel_samples, hyper.smoothing_frames) == (16, 64, 128)
    assert (hyper.bottleneck_channels, hyper.hidden_channels, hyper.skip_channels) == (32, 16, 8)
    assert (hyper.n_blocks, hyper.n_repeats, hyper.blstm_layers, hyper.se_ratio) == (3, 2, 3, 4)
    assert (hyper.stride_samples, hyper.pool_frames) == (1, 64)


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
            return os.mkdir, (str(trace),)

    path = tmp_path / "evil.params"
    torch.save({"conv_1.weight": Evil()}, path)
    refused(path, "code")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda s: s.pop("layerNorm.bias"), "lacks parameter layerNorm.bias"),
        (lambda s: s.pop("conv_1.weight"), "conv_1.weight is missing"),
        (lambda s: s.update(extra=torch.zeros(1)), "unknown parameter extra"),
        (lambda s: s.update({"layerNorm.bias": torch.zeros(3)}), "wrong shape.*layerNorm.bias"),
        (lambda s: s.update({"layerNorm.bias": torch.full((16,), torch.nan)}), "NaN"),
        (lambda s: s.update({"layerNorm.bias": torch.zeros(16, dtype=torch.int32)}), "int32"),
        (lambda s: s.update(wide=torch.zeros(1).expand(60_000, 60_000)), "larger than the file"),
        (lambda s: [s.pop(name) for name in list(s) if "repeats" in name][:0], "repeats.0.0"),
    ],
)
def test_state_dicts_of_something_else_are_refused(
    network: FxNormNetwork, tmp_path: Path, change: Callable[[State], object], word: str
) -> None:
    state: State = dict(network.state_dict())
    change(state)
    path = tmp_path / "net.params"
    torch.save(state, path)
    refused(path, word)


def test_many_missing_keys_are_counted(network: FxNormNetwork, tmp_path: Path) -> None:
    state = {name: v for name, v in network.state_dict().items() if "se_block.net.2" not in name}
    for name in ("layerNorm.bias", "layerNorm.weight", "output.1.bias"):
        del state[name]
    path = tmp_path / "net.params"
    torch.save(state, path)
    refused(path, "layerNorm.bias, layerNorm.weight, output.1.bias and 2 more")


def test_safetensors_without_our_metadata_are_refused(
    network: FxNormNetwork, tmp_path: Path
) -> None:
    path = tmp_path / "net.safetensors"
    save_file(dict(network.state_dict()), str(path))
    refused(path, "hyper_parameters")
    for text, word in (("[1]", "object"), ("{", "not valid"), ('{"n_stems": 9999999}', "lacks")):
        save_file(dict(network.state_dict()), str(path), metadata={"hyper_parameters": text})
        refused(path, word)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"no checkpoint at all",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 20) + b'{"a": 1}            ',
        struct.pack("<Q", 2) + b"{}",
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    refused(path, ".")
    refused(tmp_path / "absent", "cannot be read")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("n_blocks", 60_000, "n_blocks is 60000"),
        ("n_repeats", 60_000, "n_repeats is 60000"),
        ("blstm_layers", 60_000, "blstm_layers is 60000"),
        ("n_filters", 60_000, "n_filters is 60000"),
        ("n_blocks", 12, "states n_blocks 12"),
        ("n_repeats", 16, "states n_repeats 16"),
        ("blstm_layers", 8, "states blstm_layers 8"),
    ],
)
def test_what_a_header_claims_is_not_built(
    network: FxNormNetwork,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: int,
    word: str,
) -> None:
    monkeypatch.setattr("training.checkpoint.new_network", lambda hyper: pytest.fail("built"))
    text = json.dumps(network.hyper.to_json() | {name: value})
    path = tmp_path / "net.safetensors"
    save_file(dict(network.state_dict()), str(path), metadata={"hyper_parameters": text})
    refused(path, word)


@pytest.mark.parametrize("name", ["net.safetensors", "net.params"])
@pytest.mark.parametrize(
    "content", [b"1234567", bytes(range(1, 256)), bytes(64), b"\x80\x02garbage", b"PK\x03\x04PK"]
)
def test_random_bytes_are_not_a_checkpoint(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(path, "not a checkpoint")
