"""`mixer train` on a prepared data set, from raw songs to a bundle."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mixer.cli.main import run
from tests.training.run.small_run import HYPER
from tests.training.songs import write_song
from training.run.config import TrainingConfig
from training.run.config_reader import find_config, read_config, shipped_configs
from training.run.train import Outcome

SMALL = [
    "data.segment_s=0.5",
    "data.workers=0",
    "data.valid_segment_s=0.5",
    "loss.guard_samples=0",
    "schedule.epochs=1",
    "run.batches_per_epoch=3",
    "run.batch_size=2",
    "run.log_every_steps=1",
    "run.threads=1",
    "run.device=cpu",
    *(f"network.hyper_parameters.{name}={value}" for name, value in HYPER.items()),
]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set of four songs of two seconds, one of them for validation."""
    folder = tmp_path_factory.mktemp("songs")
    for seed in range(4):
        write_song(folder / f"song {seed}", seed=seed)
    prepared = folder.parent / "data"
    arguments = ["--effects", "eq,loudness", "--variants", "1", "--jobs", "1", "--quiet"]
    shares = ["--valid-share", "0.4", "--test-share", "0"]
    assert run(["dataset", "prepare", str(folder), "-o", str(prepared), *arguments, *shares]) == 0
    return prepared


@pytest.mark.slow
def test_from_a_data_set_to_a_bundle(data: Path, tmp_path: Path, capsys) -> None:
    arguments = [f"data.folder={data}", *SMALL, "-o", str(tmp_path / "run")]
    assert run(["train", "smoke", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (answer["epochs"], answer["steps"], answer["device"]) == (1, 3, "cpu")
    assert re.search(r"step 3 of 3 \(epoch 0\): loss .* s of audio a second, 0:0\d left", said.err)
    assert "epoch 0: train" in said.err
    assert run(["export", answer["best"], "-o", str(tmp_path / "bundle")]) == 0
    manifest = json.loads((tmp_path / "bundle/manifest.json").read_text())
    assert manifest["network"]["n_filters"] == HYPER["n_filters"]
    assert "mixer train, stage train, step 3" in manifest["provenance"]
    capsys.readouterr()
    assert run(["train", "smoke", *arguments, "--resume"]) == 0
    assert "this run is finished, so nothing was trained" in capsys.readouterr().err
    # Again: refused; asked for: begun anew, with nothing said.
    assert run(["train", "smoke", *arguments]) == 1
    assert "contains a run already; add --resume" in capsys.readouterr().err
    assert run(["train", "smoke", *arguments, "--overwrite", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("stage", "further"),
    [
        ("train", "export it with: mixer export best -o BUNDLE"),
        ("pretrain", "train the rest from it with: network.start_from=best"),
    ],
)
def test_what_to_do_with_the_best_weights(monkeypatch, capsys, stage: str, further: str) -> None:
    done = Outcome(Path("run"), Path("best"), 1.5, best_epoch=0, epochs=1, steps=3, device="cpu")
    monkeypatch.setattr("training.run.train.train", lambda *arguments, **options: done)
    assert run(["train", "smoke", f"run.stage={stage}"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(further)


@pytest.mark.slow
def test_a_shorter_smoke_run_learns(data: Path, tmp_path: Path) -> None:
    """Ten of the 360 steps that are shipped: on other songs a tenth less loss than without them."""
    shorter = ["run.batches_per_epoch=10", "schedule.epochs=1", "data.workers=0", "run.device=cpu"]
    options = ["run.threads=1", "run.tensorboard=false", "-o", str(tmp_path / "run"), "-q"]
    assert run(["train", "smoke", f"data.folder={data}", *shorter, *options]) == 0
    events = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    losses = {event["event"]: event["valid_loss"] for event in events if "valid_loss" in event}
    assert losses["epoch"] < 0.9 * losses["untrained"]


@pytest.mark.slow
def test_an_interrupted_run_exits_130_and_goes_on(data: Path, tmp_path: Path, capsys) -> None:
    more = ["run.batches_per_epoch=1000", "data.workers=1"]
    arguments = [f"data.folder={data}", *SMALL, *more, "-o", str(tmp_path / "run")]
    command = [sys.executable, "-m", "mixer", "train", "smoke", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    while "step 2 of 1000" not in process.stderr.readline():
        assert process.poll() is None
    # As a terminal does: to the whole group, reading processes included.
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 130
    said = process.stderr.read()
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if "To continue: " in line]
    again = shlex.split(line.partition("To continue: ")[2])
    assert again == ["mixer", "train", "smoke", *arguments, "--resume"]
    assert (tmp_path / "run/state.safetensors").is_file()
    log = (tmp_path / "run/log.jsonl").read_text().splitlines()
    stopped_at = json.loads(log[-1])["step"]
    assert 2 <= stopped_at < 1000
    capsys.readouterr()
    assert (
        run(
            [
                "train",
                "smoke",
                *arguments[:-2],
                "run.batches_per_epoch=4",
                "-o",
                str(tmp_path / "run"),
                "--resume",
            ]
        )
        == 3
    )
    assert "its batches_per_epoch is 1000, but this configuration has 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["paper-lx"], 2, "neither a file nor a shipped configuration"),
        (["smoke"], 2, "data.folder is empty; set data.folder=DIR"),
        (["smoke", "data.folder=NOWHERE"], 1, "NOWHERE: no such folder; prepare a data set there"),
        (["smoke", "data.foldr=x"], 2, "data.foldr is unknown; did you mean 'folder'?"),
        (
            ["smoke", "run.batch_size=0"],
            2,
            "batch_size must be a whole number from 1 to 4096, not 0",
        ),
        (["smoke", "--resume", "--overwrite"], 2, "cannot be combined"),
        (["smoke", "run.device=cuda:99"], 3, "cuda:99 is not available"),
    ],
)
def test_bad_usage_is_one_line(
    tmp_path: Path, capsys, monkeypatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["train", *arguments]) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"stems": ["vocals", "drums"]}, 1, "stems other than vocals, bass, drums, other"),
        ({"sample_rate": 48_000}, 1, "prepared at 48000 Hz, but networks run at 44100 Hz"),
    ],
)
def test_other_data_are_refused(
    data: Path, tmp_path: Path, capsys, change: dict[str, object], code: int, message: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in data.iterdir():
        if path.name != "dataset.json":
            (other / path.name).symlink_to(path)
    description = json.loads((data / "dataset.json").read_text())
    (other / "dataset.json").write_text(json.dumps(description | change))
    arguments = [f"data.folder={other}", *SMALL, "-o", str(tmp_path / "run")]
    assert run(["train", "smoke", *arguments]) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_dry_run_prints_toml_that_can_be_fed_back(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    changed = ["optimiser.learning_rate=5e-4", "network.hyper_parameters.n_filters=64"]
    for config in shipped_configs():
        more = changed if config.startswith("paper") else []
        assert run(["train", config, *more, "--dry-run"]) == 0
        said = capsys.readouterr()
        assert "nothing was measured; add data.folder=DATA" in said.err
        Path("again.toml").write_text(said.out)
        assert read_config(Path("again.toml")) == read_config(find_config(config), more)
        assert tomllib.loads(said.out).keys() == TrainingConfig().to_json().keys()
    Path("again.toml").unlink()
    assert not list(tmp_path.iterdir())


def test_a_dry_run_measures_the_first_steps_and_leaves_nothing(
    data: Path, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "smoke", f"data.folder={data}", *SMALL, "--dry-run"]
    more = ["schedule.epochs=50", "run.patience_epochs=7"]
    assert run([*arguments, *more]) == 0
    said = capsys.readouterr()
    assert "150 steps in 50 epochs, or 7 epochs without improvement; measured over 2" in said.err
    assert re.search(r"the whole run takes about \d+:\d\d(:\d\d)? on this machine", said.err)
    assert f"folder = {json.dumps(str(data))}" in said.out
    assert run([*arguments, *more, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    plan = answer["plan"]
    assert (plan["steps"], plan["measured_steps"], plan["device"]) == (150, 2, "cpu")
    total_s = 150 * plan["step_s"] + 51 * plan["validation_s"]
    assert plan["total_s"] == pytest.approx(total_s)
    assert plan["audio_s_per_s"] == pytest.approx(2 * 0.5 / plan["step_s"])
    # An epoch of a single step has no second one to time.
    assert run([*arguments, "run.batches_per_epoch=1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["measured_steps"] == 1
    assert not list(tmp_path.iterdir())


def test_ten_seconds_of_validation_songs_can_be_heard(data: Path) -> None:
    config = read_config(find_config("smoke"), [f"data.folder={data}", *SMALL])
    config = dataclasses.replace(config, run=dataclasses.replace(config.run, audio_examples=3))
    from training.run.kinds import build_network
    from training.run.waveforms import new_objective, open_prepared

    network = build_network(config.network.kind, config.network.hyper_parameters, 22_050)
    found = open_prepared(config, network, 4)
    n_valid = len({song.id for song, _ in found.valid.excerpts})
    assert len(found.heard) == min(3, n_valid) >= 1
    for read in found.heard.values():
        sounds = new_objective(config, network).sounds(read())
        assert {name: tuple(s.shape) for name, s in sounds.items()} == dict.fromkeys(
            ("input", "output", "target"), (2, 441000)
        )
