"""The network answers as the reference does, and as the method is written down."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mixer.network.fxnorm.parameters import HyperParameters
from tests.network.conftest import STRIDED, one_torch_thread
from tests.training.networks.plain_fxnorm import plain_forward
from training.networks.fxnorm import FxNormNetwork

__all__ = ["one_torch_thread"]

ORACLE = HyperParameters(
    n_filters=16,
    bottleneck_channels=32,
    hidden_channels=16,
    skip_channels=8,
    n_blocks=3,
    n_repeats=2,
    se_ratio=4,
)


def test_the_paper_has_2752817_parameters() -> None:
    assert sum(parameter.numel() for parameter in FxNormNetwork().parameters()) == 2_752_817


@pytest.mark.shared
def test_names_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "figures/fxnorm_net_keys.json").read_text())
    ours = {name: list(value.shape) for name, value in FxNormNetwork().state_dict().items()}
    assert ours == published


@pytest.mark.shared
def test_answers_of_the_reference(shared: Path) -> None:
    oracle = np.load(shared / "oracle/fxnorm_net_small.npz")
    network = FxNormNetwork(ORACLE)
    network.load_state_dict(
        {name[6:]: torch.from_numpy(oracle[name]) for name in oracle.files if name[:6] == "state/"}
    )
    stems = torch.from_numpy(oracle["input"])
    with torch.inference_mode():
        mix, before = network(stems).numpy(), network.mix_before_tanh(stems).numpy()
        rebuilt = network.pretrain(stems)[0].unsqueeze(1).numpy()
    assert np.abs(mix - oracle["mix"]).max() < 1e-5
    assert np.abs(before - oracle["mix_before_tanh"]).max() < 1e-5
    assert np.abs(rebuilt - oracle["pretrain_stems"]).max() < 1e-5
    assert np.abs(oracle["mix"]).max() > 0.5


@pytest.mark.parametrize("hyper", [ORACLE, STRIDED], ids=["paper's stride", "strided"])
@pytest.mark.parametrize("n_samples", [1, 27, 28, 29, 1000])
def test_the_algebra_changes_nothing(hyper: HyperParameters, n_samples: int) -> None:
    torch.manual_seed(3)
    network = FxNormNetwork(hyper).double()
    stems = torch.randn(2, hyper.n_inputs, n_samples, dtype=torch.float64)
    with torch.no_grad():
        before, wet = plain_forward(network, stems)
        assert torch.allclose(network.wet_stems(stems), wet, rtol=0.0, atol=1e-12)
        assert torch.allclose(network.mix_before_tanh(stems), before, rtol=0.0, atol=1e-12)
        assert torch.allclose(network(stems), torch.tanh(before), rtol=0.0, atol=1e-12)
        assert network.pretrain(stems).shape == wet.shape


def test_every_parameter_learns_but_the_last_residual() -> None:
    torch.manual_seed(4)
    network = FxNormNetwork(STRIDED)
    network(torch.randn(2, 8, 2000)).square().mean().backward()
    silent = [name for name, value in network.named_parameters() if value.grad is None]
    assert silent == ["repeats.1.1.res_out.weight", "repeats.1.1.res_out.bias"]
    moved = [value.grad.abs().max() for value in network.parameters() if value.grad is not None]
    assert min(moved) > 0.0


def test_only_the_front_end_pre_trains() -> None:
    torch.manual_seed(4)
    network = FxNormNetwork(STRIDED)
    network.pretrain(torch.randn(1, 8, 2000)).abs().mean().backward()
    learning = [name for name, value in network.named_parameters() if value.grad is not None]
    assert learning == ["conv_1.weight", "conv_2.0.weight"]


def test_forget_gates_remember_1_to_32_frames() -> None:
    torch.manual_seed(5)
    lstm = FxNormNetwork().blstm
    units = lstm.hidden_size
    for name, bias in lstm.named_parameters():
        if name.startswith("bias_ih"):
            memory = bias.detach()[units : 2 * units].exp()
            assert 1.0 <= float(memory.min()) < 8.0 < 24.0 < float(memory.max()) <= 32.0
            assert torch.equal(bias[:units], -bias[units : 2 * units])
        elif name.startswith("bias_hh"):
            assert not bias[: 2 * units].any()


def test_input_gains_reach_the_mix_in_order() -> None:
    """Stems are stem by stem: silencing channels 2 and 3 silences what the second stem encodes."""
    torch.manual_seed(6)
    network = FxNormNetwork(STRIDED)
    with torch.no_grad():
        network.conv_1.weight[:, 2:4] = 0.0
        stems = torch.randn(1, 8, 500)
        wet = network.wet_stems(stems)
        assert not wet[0, 1].any()
        changed = stems.clone()
        changed[:, 2:4] = 5.0
        assert torch.equal(network(changed), network(stems))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"n_filters": 0}, "n_filters"),
        ({"n_filters": 15}, "must be even"),
        ({"stride_samples": 65}, "skipped"),
        ({"pool_frames": 63}, "at least kernel_samples"),
        ({"tcn_kernel_frames": 4}, "must be odd"),
        ({"n_blocks": 1, "n_repeats": 1}, "at least 2"),
    ],
)
def test_impossible_shapes_are_refused(values: dict[str, int], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        HyperParameters(**values)


def test_hyper_parameters_go_through_json() -> None:
    assert HyperParameters.from_json(json.loads(json.dumps(STRIDED.to_json()))) == STRIDED
    for broken in ({"n_stems": 4}, {**STRIDED.to_json(), "x": 1}):
        with pytest.raises(ValueError, match="hyper-parameter"):
            HyperParameters.from_json(broken)
    with pytest.raises(ValueError, match="integer"):
        HyperParameters.from_json({**STRIDED.to_json(), "n_stems": 4.0})
