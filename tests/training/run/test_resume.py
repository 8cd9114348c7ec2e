"""Runs that stop and go on: bit for bit the same, or refused."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from mixer.errors import ModelError
from tests.training.run.small_run import (
    HYPER,
    NoiseSegments,
    StopAfter,
    events,
    go,
    noise_samples,
    open_noise,
    small_config,
    state,
)
from training.errors import TrainingError
from training.run.config import TrainingConfig
from training.run.loading import TrainingData


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stops."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    go(small_config(), folder)
    return folder


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of twenty steps that nothing stops."""
    folder = tmp_path_factory.mktemp("runs") / "long"
    go(small_config(schedule={"epochs": [4]}), folder)
    return folder


@pytest.mark.parametrize("stopped_at", [3, 5, 8])
def test_twenty_steps_are_some_and_a_resumption(
    tmp_path: Path, long_run: Path, stopped_at: int
) -> None:
    """Stopped by Ctrl-C inside an epoch, at its end, and in the next; bit for bit the same."""
    config = small_config(schedule={"epochs": [4]})
    with pytest.raises(KeyboardInterrupt):
        go(config, tmp_path / "parts", tell=StopAfter(stopped_at))
    assert events(tmp_path / "parts", "step")[-1]["step"] == stopped_at
    go(config, tmp_path / "parts", resume=True)
    whole, whole_document = state(long_run)
    parts, parts_document = state(tmp_path / "parts")
    assert whole_document == parts_document
    assert whole_document["position"]["step"] == 20
    assert whole.keys() == parts.keys()
    assert {name.split(".")[0] for name in whole} == {"network", "ema", "optimiser", "random"}
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name
    folders = (long_run, tmp_path / "parts")
    told = [[s["loss"] for s in events(folder, "step")] for folder in folders]
    assert told[0] == told[1]
    assert len(told[0]) == 20
    best = [load_file(folder / "best.safetensors") for folder in folders]
    assert all(torch.equal(value, best[1][name]) for name, value in best[0].items())


@pytest.mark.parametrize("asked_at", [2, 7])
def test_a_run_that_is_stopped_in_a_validation_begins_with_it_again(
    tmp_path: Path, whole_run: Path, asked_at: int
) -> None:
    """Ctrl-C before training, and at the end of the first epoch; heard between two batches."""
    read: list[int] = []
    heard: list[str] = []

    class Stopping(NoiseSegments):
        def __getitem__(self, index: int) -> dict[str, Tensor]:
            read.append(index)
            if len(read) == asked_at:
                signal.raise_signal(signal.SIGINT)
            return super().__getitem__(index)

    def open_stopping(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, valid=Stopping(5, noise_samples(config, network), 77), heard={})

    with pytest.raises(KeyboardInterrupt):
        go(
            small_config(),
            tmp_path / "parts",
            tell=lambda event, values: heard.append(event),
            open_data=open_stopping,
        )
    assert len(read) < asked_at + 2  # no batch after the one that was being read
    assert heard[-2:] == ["stopping", "checkpoint"]
    go(small_config(), tmp_path / "parts", resume=True)
    (whole, whole_document), (parts, parts_document) = map(state, (whole_run, tmp_path / "parts"))
    assert whole_document == parts_document
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())
    assert len(events(tmp_path / "parts", "epoch")) == len(events(whole_run, "epoch"))


def test_a_resumed_run_reads_the_segments_that_are_left(tmp_path: Path) -> None:
    read: list[int] = []

    class Noted(NoiseSegments):
        def __getitem__(self, index: int) -> dict[str, Tensor]:
            read.append(index)
            return super().__getitem__(index)

    def open_noted(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, train=Noted(items, noise_samples(config, network), 0))

    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path, tell=StopAfter(3), open_data=open_noted)
    go(small_config(), tmp_path, resume=True, open_data=open_noted)
    assert read == list(range(20))


def test_a_log_does_not_tell_twice(tmp_path: Path) -> None:
    """Killed after a checkpoint: steps that the log has and the checkpoint has not come again."""
    config = small_config(run={"checkpoint_every_steps": 2})

    class KilledError(Exception):
        pass

    def kill(event: str, values: Any) -> None:
        if event == "step" and values["step"] == 3:
            raise KilledError

    with pytest.raises(KilledError):
        go(config, tmp_path, tell=kill)
    go(config, tmp_path, resume=True)
    assert [step["step"] for step in events(tmp_path, "step")] == list(range(1, 11))


def test_a_finished_run_is_finished(tmp_path: Path) -> None:
    config = small_config(schedule={"epochs": [1]})
    first = go(config, tmp_path)
    assert go(config, tmp_path, resume=True) == first
    assert len(events(tmp_path, "start")) == len(events(tmp_path, "finished")) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": {"hyper_parameters": HYPER | {"n_filters": 6}}}, "its network.n_filters is 8"),
        ({"run": {"seed": 4}}, "its seed is 0, but this configuration has 4"),
        ({"run": {"batch_size": 1}}, "its batch_size is 2"),
        ({"run": {"stage": "pretrain"}}, "its stage is 'train'"),
        ({"optimiser": {"ema_decay": 0.0}}, "its optimiser.ema is true"),
        ({"data": {"swap_channels": False}}, "its segments.swap_channels is true"),
    ],
)
def test_another_run_is_not_resumed(
    tmp_path: Path, change: dict[str, dict[str, Any]], message: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path, tell=StopAfter(1))
    before = (tmp_path / "state.safetensors").read_bytes()
    with pytest.raises(ModelError) as refusal:
        go(small_config(**change), tmp_path, resume=True)
    assert message in str(refusal.value)
    assert (tmp_path / "state.safetensors").read_bytes() == before


def test_another_data_set_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path, tell=StopAfter(1))

    def open_other(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, identity={**plain.identity, "sha256": "1" * 64})

    with pytest.raises(TrainingError, match="another data set"):
        go(small_config(), tmp_path, resume=True, open_data=open_other)


@pytest.mark.parametrize("kept_share", [0.0, 0.001, 0.3, 0.9])
def test_a_truncated_state_is_refused(tmp_path: Path, kept_share: float) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path, tell=StopAfter(1))
    path = tmp_path / "state.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept_share)])
    with pytest.raises(ModelError, match=r"state.safetensors: a damaged state file"):
        go(small_config(), tmp_path, resume=True)


def test_a_state_with_wrong_tensors_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path, tell=StopAfter(1))
    path = tmp_path / "state.safetensors"
    with safe_open(str(path), framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    for name, spoilt in {
        "network.conv_1.weight": torch.zeros(1),
        "ema.conv_1.weight": torch.zeros(1),
        "optimiser.0.exp_avg": torch.zeros(2, 2),
        "optimiser.999.exp_avg": torch.zeros(2, 2),
        "optimiser.x.exp_avg": torch.zeros(2, 2),
        "random.cpu": torch.zeros(3),
    }.items():
        save_file(tensors | {name: spoilt}, path, metadata=metadata)
        with pytest.raises(ModelError, match="not the state of this run"):
            go(small_config(), tmp_path, resume=True)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_step_that_is_given_up_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backwards: bool
) -> None:
    """Ctrl-C between two layers of the fourth step, forwards or backwards."""
    steps: list[int] = []
    forward = torch.nn.LSTM.forward

    def interrupted(module: torch.nn.LSTM, *given: Any) -> Any:
        found = forward(module, *given)
        torch.rand(1)  # a step that draws
        steps.extend([1] * torch.is_grad_enabled())
        if len(steps) == stop_at:
            if backwards:
                found[0].register_hook(lambda _: signal.raise_signal(signal.SIGINT))
            else:
                signal.raise_signal(signal.SIGINT)
        return found

    monkeypatch.setattr(torch.nn.LSTM, "forward", interrupted)
    stop_at = -1
    go(small_config(), tmp_path / "whole")
    steps.clear()
    stop_at = 4
    with pytest.raises(KeyboardInterrupt):
        go(small_config(), tmp_path / "parts")
    assert len(steps) == stop_at
    stop_at = -1
    assert events(tmp_path / "parts", "step")[-1]["step"] == 3
    assert state(tmp_path / "parts")[1]["position"]["step"] == 3
    go(small_config(), tmp_path / "parts", resume=True)
    (whole, whole_document), (parts, parts_document) = map(
        state, (tmp_path / "whole", tmp_path / "parts")
    )
    assert whole_document == parts_document
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


@pytest.fixture(scope="module")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with pytest.raises(KeyboardInterrupt):
        go(small_config(), folder, tell=StopAfter(3))
    return folder


def spoil(folder: Path, copy: Path, tensors: dict[str, Any], document: dict[str, Any]) -> None:
    """A copy of a run, with other tensors (None for none) and another document."""
    from safetensors.torch import save_file

    shutil.copytree(folder, copy)
    whole, _ = state(folder)
    kept = {name: value for name, value in (whole | tensors).items() if value is not None}
    save_file(kept, copy / "state.safetensors", metadata={"state": json.dumps(document)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("epoch", value) for value in ("x", -5, 1.5, 2**62, None, True)),
        *(("batch", value) for value in ("x", -3, None)),
        *(("step", value) for value in ("x", -10, 1e300, None, 2**70)),
        *(("loss_sum", value) for value in ("x", None, float("nan"))),
        *(("best_loss", value) for value in ("x", [])),
        *(("best_epoch", value) for value in ("x", -1)),
        *(("finished", value) for value in ("x", 1)),
        ("unknown", 1),
    ],
)
def test_a_position_that_no_run_has_is_refused(
    stopped_run: Path, tmp_path: Path, name: str, value: Any
) -> None:
    _, document = state(stopped_run)
    document["position"][name] = value
    spoil(stopped_run, tmp_path / "run", {}, document)
    with pytest.raises(ModelError, match=f"position.{name}") as refusal:
        go(small_config(), tmp_path / "run", resume=True)
    assert len(refusal.value.lines) == 1


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("optimiser.0.exp_avg_sq", None, "moments of parameter 0"),
        ("optimiser.0.more", torch.zeros(8, 8, 16), "moments of parameter 0"),
        ("optimiser.0.exp_avg", torch.tensor(1.0), "wrong shape"),
        ("optimiser.0.step", torch.tensor(-1.0), "step is -1"),
        ("optimiser.0.step", torch.tensor(float("nan")), "step is nan"),
        ("optimiser.-1.step", torch.tensor(1.0), "belongs to no parameter"),
        ("optimiser.999.step", torch.tensor(1.0), "belongs to no parameter"),
    ],
)
def test_moments_that_no_step_can_use_are_refused(
    stopped_run: Path, tmp_path: Path, name: str, value: Tensor | None, why: str
) -> None:
    spoil(stopped_run, tmp_path / "run", {name: value}, state(stopped_run)[1])
    with pytest.raises(ModelError, match=f"not the state of this run: .*{why}"):
        go(small_config(), tmp_path / "run", resume=True)


@pytest.mark.parametrize("scaler", [None, [], {"scale": "x"}])
def test_a_scale_that_is_not_a_number_is_refused(
    stopped_run: Path, tmp_path: Path, scaler: Any
) -> None:
    spoil(stopped_run, tmp_path / "run", {}, state(stopped_run)[1] | {"scaler": scaler})
    with pytest.raises(ModelError, match="not the state of this run"):
        go(small_config(), tmp_path / "run", resume=True)
