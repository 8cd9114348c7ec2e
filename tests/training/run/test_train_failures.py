"""What goes wrong in a run: one clear line, and nothing half-written."""

from __future__ import annotations

import errno
import os
import re
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mixer.errors import DeviceError, InputError, ModelError, OutputError, SettingsError
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
    with_run,
)
from training.errors import TrainingError
from training.run.config import TrainingConfig
from training.run.loading import TrainingData

ROOT = Path(__file__).resolve().parents[3]


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    class Spoilt(NoiseSegments):
        def __getitem__(self, index: int) -> dict[str, Tensor]:
            item = super().__getitem__(index)
            if index == 13:
                item["inputs"][0, 5] = float("nan")
            return item

    def open_spoilt(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, train=Spoilt(items, noise_samples(config, network), 0))

    with pytest.raises(TrainingError, match=r"step 6 \(epoch 1\): the loss is nan.*learning_rate"):
        go(small_config(), tmp_path, open_data=open_spoilt)
    # What was kept before is sound.
    tensors, document = state(tmp_path)
    assert document["position"]["step"] == 5
    assert all(bool(value.isfinite().all()) for value in tensors.values())


def test_a_gradient_that_is_no_number_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "torch.nn.utils.clip_grad_norm_", lambda *arguments: torch.tensor(float("inf"))
    )
    with pytest.raises(TrainingError, match=r"step 0 \(epoch 0\): the gradient's norm is inf"):
        go(small_config(), tmp_path)


class UnreadableSegments(NoiseSegments):
    """Number 4 cannot be read."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if index == 4:
            raise InputError("song 3/vocals.flac: cannot be read as audio; prepare it again")
        return super().__getitem__(index)


class DeadlySegments(NoiseSegments):
    """Number 4 ends the process that reads it."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        if index == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_segment_that_cannot_be_read_is_one_line(tmp_path: Path, workers: int) -> None:
    def open_unreadable(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, train=UnreadableSegments(items, noise_samples(config, network), 0))

    with pytest.raises(InputError) as refusal:
        go(small_config(data={"workers": workers}), tmp_path, open_data=open_unreadable)
    assert str(refusal.value) == "song 3/vocals.flac: cannot be read as audio; prepare it again"


def train_with_a_deadly_reader(folder: Path) -> str:
    """What the run says of a reader that is killed."""

    def open_deadly(config: TrainingConfig, network: Any, items: int) -> TrainingData:
        plain = open_noise(config, network, items)
        return replace(plain, train=DeadlySegments(items, noise_samples(config, network), 0))

    with pytest.raises(TrainingError) as refusal:
        go(small_config(data={"workers": 1}), folder, open_data=open_deadly)
    return str(refusal.value)


@pytest.mark.slow
def test_a_killed_reader_is_one_line(tmp_path: Path) -> None:
    """In a process of its own: PyTorch's handler raises at the end of any later child as well."""
    call = "print(train_with_a_deadly_reader(Path(sys.argv[1])))"
    program = f"import sys\nfrom pathlib import Path\nfrom {__name__} import *\n{call}"
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert re.search(r"a data-loading process was killed .*data.workers", said.stdout), said.stderr


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset by peer"), EOFError()])
def test_a_reader_that_dies_while_it_hands_over_a_batch_is_one_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr("training.run.loop.take_step", broken)
    with pytest.raises(TrainingError, match=r"a data-loading process was killed .*data.workers"):
        go(small_config(), tmp_path)


def test_a_full_gpu_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("training.run.loop.take_step", full)
    with pytest.raises(TrainingError, match=r"cpu is out of memory; .*run.batch_size"):
        go(small_config(), tmp_path)


def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the state is the largest of them."""
    config = small_config()
    with pytest.raises(KeyboardInterrupt):
        go(config, tmp_path, tell=StopAfter(5))
    before = (tmp_path / "state.safetensors").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
        with pytest.raises(OutputError, match=r"state.safetensors: cannot be written \("):
            go(config, tmp_path, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    assert not list(tmp_path.glob(".*"))
    assert go(config, tmp_path, resume=True).steps == 10


def test_a_read_only_log_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def full(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "log.jsonl":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(
        OutputError, match=r"log.jsonl: cannot be written \(No space left on device\)"
    ):
        go(small_config(), tmp_path)


def test_a_run_that_is_there_is_not_touched_unasked(tmp_path: Path) -> None:
    config = small_config(schedule={"epochs": [1]})
    go(config, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "tensorboard").mkdir(exist_ok=True)
    (tmp_path / "tensorboard" / "events.out.tfevents.1.host").write_text("mine")
    (tmp_path / "tensorboard" / "events.out.tfevents.1.host.mixer").write_text("of the run")
    before = (tmp_path / "best.safetensors").read_bytes()
    with pytest.raises(OutputError, match=r"contains a run already; add --resume"):
        go(with_run(config, seed=1), tmp_path)
    assert (tmp_path / "best.safetensors").read_bytes() == before
    go(with_run(config, seed=1), tmp_path, overwrite=True)
    assert (tmp_path / "best.safetensors").read_bytes() != before
    assert (tmp_path / "notes.txt").read_text() == "mine"
    left = [path.name for path in (tmp_path / "tensorboard").iterdir()]
    assert left == ["events.out.tfevents.1.host"]
    with pytest.raises(KeyboardInterrupt):
        go(with_run(config, seed=2), tmp_path, overwrite=True, tell=StopAfter(1))
    assert [step["step"] for step in events(tmp_path, "step")] == [1]
    assert not (tmp_path / "best.safetensors").exists()  # nothing of the earlier run is left
    with pytest.raises(OutputError, match="no run to resume"):
        go(config, tmp_path / "nowhere", resume=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_called_tensorboard_that_no_run_made_stays(tmp_path: Path) -> None:
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "notes.txt").write_text("mine")
    go(small_config(schedule={"epochs": [1]}), tmp_path)
    assert (tmp_path / "tensorboard" / "notes.txt").read_text() == "mine"


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    outcome = go(small_config(schedule={"epochs": [1]}), tmp_path / "a")
    wider = {"hyper_parameters": HYPER | {"n_filters": 6}, "start_from": str(outcome.best)}
    with pytest.raises(
        ModelError, match=r"from a different network: conv_1.weight is \(8, 8, 16\)"
    ):
        go(small_config(network=wider), tmp_path / "b")
    deeper = {"hyper_parameters": HYPER | {"n_repeats": 2}, "start_from": str(outcome.best)}
    with pytest.raises(ModelError, match="parameters are missing"):
        go(small_config(network=deeper), tmp_path / "b")
    # which no shape of a parameter shows
    coarser = {"hyper_parameters": HYPER | {"pool_frames": 2 * HYPER["pool_frames"]}}
    with pytest.raises(ModelError, match=r"from a different network: pool_frames is \d+, not \d+;"):
        go(small_config(network=coarser | {"start_from": str(outcome.best)}), tmp_path / "b")
    kind = {"kind": "wave_u_net", "hyper_parameters": {}, "start_from": str(outcome.best)}
    with pytest.raises(
        ModelError, match="holds a FxNormNetwork, but this configuration has a WaveUNet"
    ):
        go(small_config(network=kind), tmp_path / "b")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(outcome.best.read_bytes()[:3000])
    with pytest.raises(ModelError, match=r"cut.safetensors"):
        go(small_config(network={"start_from": str(cut)}), tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"run": {"device": "tpu"}}, DeviceError, "unknown run.device 'tpu'; choose from auto"),
        ({"run": {"device": "cuda:99"}}, DeviceError, "cuda:99 is not available"),
        ({"run": {"precision": "fp16"}}, DeviceError, "fp16 needs CUDA"),
        ({"loss": {"guard_samples": 9000}}, SettingsError, "segments of 0.2 s are too short"),
        (
            {"network": {"hyper_parameters": {"n_filter": 3}}},
            SettingsError,
            "n_filter for fxnorm; did you mean 'n_filters'?",
        ),
        ({"network": {"hyper_parameters": {"n_filters": 3}}}, SettingsError, "even"),
    ],
)
def test_what_cannot_run_is_refused(
    tmp_path: Path, change: dict[str, dict[str, Any]], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as refusal:
        go(small_config(**change), tmp_path / "run")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "run").exists()
