"""Runs: what they learn, what they leave, and when they end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.run.small_run import (
    HYPER,
    StopAfter,
    events,
    go,
    small_config,
    state,
)
from training.checkpoint import read_checkpoint


def test_a_run_learns_and_leaves_checkpoints_that_export_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: set[tuple[bool, bool]] = set()
    forward = torch.nn.LSTM.forward

    def noted(module: torch.nn.LSTM, *given: Any) -> Any:
        modes.add((module.training, torch.is_grad_enabled()))
        return forward(module, *given)

    monkeypatch.setattr(torch.nn.LSTM, "forward", noted)
    outcome = go(small_config(), tmp_path)
    assert modes == {
        (True, True),
        (False, False),
    }  # no validation in training mode, nor the reverse
    steps = events(tmp_path, "step")
    assert [step["step"] for step in steps] == list(range(1, 11))
    assert steps[-1]["loss"] < 0.6 * steps[0]["loss"]
    assert (outcome.steps, outcome.epochs, outcome.best_epoch) == (10, 2, 1)
    best = read_checkpoint(outcome.best)
    assert best.network.hyper.n_filters == HYPER["n_filters"]
    assert best.metadata["dataset_sha256"] == "0" * 64
    assert json.loads(best.metadata["config"]) == small_config().to_json()
    assert json.loads(best.metadata["validation"])["loss"] == outcome.best_loss
    assert json.loads((tmp_path / "config.json").read_text()) == small_config().to_json()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.safetensors",
        "config.json",
        "last.safetensors",
        "log.jsonl",
        "state.safetensors",
    ]


def test_warm_up_fills_the_moments_and_moves_nothing(tmp_path: Path) -> None:
    config = small_config(schedule={"warm_up_epochs": 1, "epochs": [1]})
    with pytest.raises(KeyboardInterrupt):
        go(config, tmp_path, tell=StopAfter(4))
    tensors, _ = state(tmp_path)
    torch.manual_seed(config.run.seed)
    from training.run.kinds import build_network

    fresh = build_network("fxnorm", HYPER, 0).state_dict()
    for name, value in fresh.items():
        assert torch.equal(tensors[f"network.{name}"], value), name
    assert tensors["optimiser.0.exp_avg_sq"].abs().max() > 0.0


def test_the_running_mean_is_what_is_validated_and_kept(tmp_path: Path) -> None:
    go(small_config(), tmp_path)
    tensors, _ = state(tmp_path)
    kept = read_checkpoint(tmp_path / "last.safetensors").network.state_dict()
    assert torch.equal(kept["conv_1.weight"], tensors["ema.conv_1.weight"])
    assert not torch.equal(kept["conv_1.weight"], tensors["network.conv_1.weight"])


def test_pre_training_moves_the_front_end_alone_and_training_takes_it(tmp_path: Path) -> None:
    pretrain = small_config(run={"stage": "pretrain"}, optimiser={"ema_decay": 0.0})
    outcome = go(pretrain, tmp_path / "a")
    losses = [step["loss"] for step in events(tmp_path / "a", "step")]
    assert losses[-1] < losses[0]
    pretrained = read_checkpoint(outcome.best).network.state_dict()
    torch.manual_seed(pretrain.run.seed)
    from training.run.kinds import build_network

    fresh = build_network("fxnorm", HYPER, 0).state_dict()
    moved = {name for name in fresh if not torch.equal(fresh[name], pretrained[name])}
    assert moved == {"conv_1.weight", "conv_2.0.weight"}
    start = {"start_from": str(outcome.best), "start_parts": "front_end"}
    warm_up = {"warm_up_epochs": 1, "epochs": [1]}
    config = small_config(network=start, schedule=warm_up, run={"seed": 5})
    with pytest.raises(KeyboardInterrupt):
        go(config, tmp_path / "b", tell=StopAfter(1))
    begun, _ = state(tmp_path / "b")
    for name in fresh:
        same = torch.equal(begun[f"network.{name}"], pretrained[name])
        constant = bool((fresh[name] == fresh[name].flatten()[0]).all())
        assert same or name not in moved
        assert not same or name in moved or constant or name.startswith("blstm.bias_hh"), name


def test_wet_stems_can_be_trained_for(tmp_path: Path) -> None:
    config = small_config(loss={"stem_weight": 2.0}, schedule={"epochs": [6]})
    go(config, tmp_path)
    epochs = events(tmp_path, "epoch")
    assert epochs[-1]["valid_loss"] < 0.7 * epochs[0]["valid_loss"]


def test_a_wave_u_net_trains(tmp_path: Path) -> None:
    hyper = {"n_features": 8, "n_levels": 2, "filter_samples": 5}
    config = small_config(
        network={"kind": "wave_u_net", "hyper_parameters": hyper}, loss={"kind": "lb"}
    )
    outcome = go(config, tmp_path)
    steps = events(tmp_path, "step")
    assert steps[-1]["loss"] < steps[0]["loss"]
    network = read_checkpoint(outcome.best).network
    assert network.hyper.output_samples == round(config.data.segment_s * 44_100)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_bfloat16_learns_as_well(tmp_path: Path, kind: str) -> None:
    config = small_config(run={"precision": "bf16"}, optimiser={"kind": kind})
    go(config, tmp_path)
    steps = events(tmp_path, "step")
    assert steps[-1]["loss"] < 0.7 * steps[0]["loss"]


@pytest.mark.parametrize(
    ("losses", "epochs", "best_epoch"),
    [
        ([1.0, 1.0, 1.0, 1.0], 4, 0),  # while the rate is 0, nothing can be expected
        ([1.0, 1.0, 0.9, 0.8, 0.9, 0.8], 6, 3),
        ([9.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], 8, 7),
    ],
)
def test_training_stops_when_validation_does_not_improve(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    losses: list[float],
    epochs: int,
    best_epoch: int,
) -> None:
    config = small_config(
        schedule={"warm_up_epochs": 2, "epochs": [6]},
        run={"patience_epochs": 2, "batches_per_epoch": 1},
    )
    validations = iter([99.0, *losses])  # the first before training
    monkeypatch.setattr(
        "training.run.loop.validate", lambda *arguments: {"loss": next(validations), "seen": 2.0}
    )
    outcome = go(config, tmp_path)
    assert (outcome.epochs, outcome.best_epoch) == (epochs, best_epoch)
    assert read_checkpoint(outcome.best).metadata["step"] == str(best_epoch + 1)
    assert read_checkpoint(tmp_path / "last.safetensors").metadata["step"] == str(epochs)
    assert events(tmp_path, "epoch")[0]["valid_seen"] == 2.0


def test_tensorboard_has_curves_of_measurements_and_stereo_sound(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    go(small_config(run={"tensorboard": True}), tmp_path)
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    # Validation before training is the first point of its curve.
    assert [point.step for point in board.Scalars("epoch/valid_loss")] == [0, 5, 10]
    assert len(board.Scalars("step/gradient_norm")) == 10
    assert set(board.Tags()["scalars"]) == {
        "step/loss",
        "step/gradient_norm",
        "step/learning_rate",
        "step/audio_s_per_s",
        "epoch/train_loss",
        "epoch/valid_loss",
    }
    songs = [f"song-{index}" for index in range(3)]
    assert set(board.Tags()["audio"]) == {
        f"{song}/{name}" for song in songs for name in ("input", "output", "target")
    }
    outputs = board.Audio("song-1/output")
    assert [sound.step for sound in outputs] == [5, 10]
    assert outputs[0].encoded_audio_string != outputs[1].encoded_audio_string
    targets = board.Audio("song-1/target")
    assert targets[0].encoded_audio_string == targets[1].encoded_audio_string
    assert outputs[-1].content_type == "audio/wav"
    assert outputs[-1].length_frames == round(0.2 * 44_100)
    assert outputs[-1].encoded_audio_string[:4] == b"RIFF"
    assert int.from_bytes(outputs[-1].encoded_audio_string[22:24], "little") == 2


def test_a_step_says_how_many_there_are_and_how_long_is_left(tmp_path: Path) -> None:
    go(small_config(), tmp_path)
    steps = events(tmp_path, "step")
    assert {step["steps"] for step in steps} == {10}
    assert all(step["left_s"] > 0.0 and step["audio_s_per_s"] > 0.0 for step in steps)
    # Behind the last step there is its epoch's validation alone.
    assert steps[-1]["left_s"] < steps[0]["left_s"]


def test_without_tensorboard_a_run_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    go(small_config(run={"tensorboard": True}), tmp_path)
    assert "not installed" in events(tmp_path, "warning")[0]["text"]
    assert len(events(tmp_path, "epoch")) == 2
