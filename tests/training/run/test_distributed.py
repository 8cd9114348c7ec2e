"""Two processes on gloo: the same result as one with batches twice as large."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mixer.errors import DeviceError
from tests.training.run.small_run import HYPER, open_noise, small_config
from training.run.distributed import choose_device, joined_processes
from training.run.kinds import build_network
from training.run.train import train

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from tests.training.run.small_run import open_noise, small_config
from training.run.train import train

told = []
config = small_config(run={"batch_size": 1})
tell = lambda event, values: told.append(event)
train(config, Path(sys.argv[1]), tell=tell, open_data=open_noise)
print("told", len(told))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def launch(folder: Path) -> list[str]:
    """The program in two processes, as torchrun would start them; what each printed."""
    common = os.environ | {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder)],
            env=common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for rank in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in processes]
    for process, (_, error) in zip(processes, answers, strict=True):
        assert process.returncode == 0, error
    return [out for out, _ in answers]


@pytest.mark.slow
def test_two_processes_are_one_with_twice_the_batch(tmp_path: Path) -> None:
    said = launch(tmp_path / "two")
    before = torch.get_num_threads()
    train(small_config(run={"batch_size": 2}), tmp_path / "one", open_data=open_noise)
    torch.set_num_threads(before)
    assert said[0].strip() == "told 16"  # start, untrained, 10 steps, 2 epochs, 2 checkpoints
    assert said[1].strip() == "told 0"
    logs = [
        [json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    ]
    first = [log[2] for log in logs]
    assert first[0]["loss"] == pytest.approx(first[1]["loss"], rel=1e-5)
    assert first[0]["gradient_norm"] == pytest.approx(first[1]["gradient_norm"], rel=1e-3)
    for ours, theirs in zip(*logs, strict=True):
        for key in {"loss", "train_loss", "valid_loss"} & ours.keys():
            assert ours[key] == pytest.approx(theirs[key], rel=1e-2), key
    # Rounding, which the logarithms of the loss and ten steps of Adam enlarge, beside how far
    # the weights have come.
    torch.manual_seed(0)
    begun = build_network("fxnorm", HYPER, 0).state_dict()
    one, two = (load_file(tmp_path / name / "last.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys() == begun.keys()
    apart = sum((value - two[name]).square().sum().item() for name, value in one.items())
    moved = sum((value - begun[name]).square().sum().item() for name, value in one.items())
    assert apart < 0.05**2 * moved


def test_one_process_is_no_group() -> None:
    with joined_processes("cpu") as processes:
        assert (processes.rank, processes.n_ranks, processes.is_first) == (0, 1, True)
        assert processes.sums([1.5, 2.0]) == [1.5, 2.0]
        assert processes.gathered("mine") == ["mine"]
        module = torch.nn.Linear(1, 1)
        assert processes.shared(module) is module


def test_a_damaged_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(DeviceError, match="WORLD_SIZE is two"), joined_processes("cpu"):
        pass


def test_each_process_has_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto", local_rank=1, n_ranks=2) == torch.device("cuda", 1)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cuda") == torch.device("cuda", 0)
    with pytest.raises(DeviceError, match="cuda:2 is not available: PyTorch finds 2 CUDA devices"):
        choose_device("cuda", local_rank=2, n_ranks=3)
