"""The band mixer under the one trainer: from song folders to a run that stops and goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mixer.cli.main import run as mixer
from mixer.errors import InputError, ModelError
from mixer.network.band_mixer.parameters import BandMixerParameters
from tests.signals import band
from tests.training.run.small_run import StopAfter, events, state
from tests.training.songs import RATE_HZ, write_song, write_stems
from training.band_mixer.objective import new_objective
from training.band_mixer.reading import open_powers
from training.checkpoint import read_checkpoint
from training.data.prepared import read_dataset
from training.data.prepared_bands import read_bands
from training.errors import TrainingError
from training.networks.band_mixer import BandMixer
from training.run.config import TrainingConfig
from training.run.config_reader import find_config, read_config
from training.run.train import train

HYPER = {
    "n_curve_points": 6, "stem_channels": 8, "channels": 16, "n_temporal_blocks": 2,
    "recurrent_units": 8,
}  # fmt: skip
SMALL = [
    "data.segment_s=1.4", "data.workers=0", "schedule.epochs=4", "schedule.rise_steps=4",
    "run.batches_per_epoch=5", "run.batch_size=3", "run.log_every_steps=1", "run.threads=1",
    "run.device=cpu", "run.tensorboard=false", "optimiser.learning_rate=1e-2",
    "optimiser.ema_decay=0.9",
    *(f"network.hyper_parameters.{name}={value}" for name, value in HYPER.items()),
]  # fmt: skip


def write_recorded_song(folder: Path, seed: int) -> None:
    """A song with its dry stems beside: the bass was recorded 6 dB louder than it is mixed."""
    write_song(folder, seed=seed)
    stems = band(np.random.default_rng(seed), 2.0, RATE_HZ, bpm=100.0 + 7.0 * seed)
    gains = {"bass": 0.8}
    write_stems(folder / "dry", {n: np.float32(gains.get(n, 0.4)) * a for n, a in stems.items()})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs with wet stems alone, two with dry ones too; one of the latter validates."""
    songs = tmp_path_factory.mktemp("songs_to_band")
    write_song(songs / "train/wet 0", seed=0)
    write_song(songs / "train/wet 1", seed=1)
    write_recorded_song(songs / "train/recorded 2", seed=2)
    write_recorded_song(songs / "valid/recorded 3", seed=3)
    write_song(songs / "test/wet 4", seed=4)
    prepared = songs.parent / "bands"
    arguments = ["--examples", "bands", "--jobs", "1", "--quiet"]
    assert mixer(["dataset", "prepare", str(songs), "-o", str(prepared), *arguments]) == 0
    return prepared


def config(data: Path, *overrides: str) -> TrainingConfig:
    return read_config(find_config("band-mixer"), [f"data.folder={data}", *SMALL, *overrides])


def test_songs_become_powers_of_wet_stems_and_of_dry_ones(data: Path) -> None:
    prepared = read_bands(data)
    assert prepared.effects == ("balance",)
    assert sorted((e.split, e.is_wet) for e in prepared.examples) == [
        ("test", True), ("train", False), ("train", True), ("train", True), ("valid", False),
    ]  # fmt: skip
    recorded = prepared.of_split("valid")[0]
    assert recorded.played == (True,) * 4
    dry_db, wet_db = recorded.read(0, recorded.n_frames).astype("f4")
    audible = wet_db[:, 2] > -60.0
    louder_db = [(dry_db[i, 2] - wet_db[i, 2])[audible[i]].mean() for i in range(4)]
    # The bass against the others, as it was recorded.
    assert louder_db[1] - louder_db[0] == pytest.approx(6.02, abs=0.1)
    assert louder_db[2] - louder_db[0] == pytest.approx(0.0, abs=0.1)


def test_the_same_again_is_left_as_it_is(data: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.glob("songs/*/*")}
    described = json.loads((data / "dataset.json").read_text())
    songs = data.parent / "songs_to_band0"
    arguments = ["--examples", "bands", "--jobs", "1", "--quiet"]
    assert mixer(["dataset", "prepare", str(songs), "-o", str(data), *arguments]) == 0
    assert {path: path.stat().st_mtime_ns for path in data.glob("songs/*/*")} == before
    assert json.loads((data / "dataset.json").read_text()) == described


def test_dry_stems_alone_are_left_out_with_what_to_do(tmp_path: Path, capsys) -> None:
    write_song(tmp_path / "songs/a", seed=0)
    write_song(tmp_path / "songs/b", seed=1)
    (tmp_path / "songs/b/song.toml").write_text("dry = true\n")
    mixture = np.add.reduce(list(band(np.random.default_rng(1), 2.0, RATE_HZ).values()))
    write_stems(tmp_path / "songs/b", {"mixture": 0.2 * mixture})
    arguments = ["--examples", "bands", "--jobs", "1", "-q"]
    assert (
        mixer(
            ["dataset", "prepare", str(tmp_path / "songs"), "-o", str(tmp_path / "x"), *arguments]
        )
        != 0
    )
    assert "put the wet ones in its folder and the dry ones in a folder dry" in (
        capsys.readouterr().err
    )


def test_audio_and_bands_are_not_taken_for_each_other(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds bands, and audio are needed.*--examples audio"):
        read_dataset(data)
    with pytest.raises(TrainingError, match=r"prepared with n_bands 48, .* has 24"):
        open_powers(config(data), BandMixer(BandMixerParameters(n_bands=24)), 15)


def losses(folder: Path) -> Sequence[float]:
    return [event["loss"] for event in events(folder, "step")]


@pytest.mark.parametrize("stopped_at", [3, 5, 8])
def test_a_run_that_stops_goes_on_bit_for_bit(data: Path, tmp_path: Path, stopped_at: int) -> None:
    wanted = config(data, "schedule.epochs=2")
    train(wanted, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(wanted, tmp_path / "parts", tell=StopAfter(stopped_at))
    train(wanted, tmp_path / "parts", resume=True)
    whole, whole_document = state(tmp_path / "whole")
    parts, parts_document = state(tmp_path / "parts")
    assert whole_document == parts_document
    assert whole.keys() == parts.keys()
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")
    best = [load_file(tmp_path / run / "best.safetensors") for run in ("whole", "parts")]
    assert all(torch.equal(value, best[1][name]) for name, value in best[0].items())


def test_reading_processes_change_nothing(data: Path, tmp_path: Path) -> None:
    wanted = config(data, "schedule.epochs=1")
    train(wanted, tmp_path / "here")
    train(replace(wanted, data=replace(wanted.data, workers=2)), tmp_path / "there")
    assert losses(tmp_path / "here") == losses(tmp_path / "there")


def test_it_learns_and_says_what(data: Path, tmp_path: Path) -> None:
    disturbed = ["augmentation.gain_db=0", "augmentation.taste_db=0", "augmentation.missing=0"]
    wanted = config(data, "run.batches_per_epoch=15", *disturbed)
    outcome = train(wanted, tmp_path)
    (untrained,) = events(tmp_path, "untrained")
    trained = events(tmp_path, "epoch")[-1]
    assert trained["valid_loss"] < 0.9 * untrained["valid_loss"]
    assert trained.keys() >= {f"valid_{part}" for part in ("level", "spectrum", "width", "crest")}
    network = read_checkpoint(outcome.best).network
    assert isinstance(network, BandMixer)
    # Fine-tuning begins where that ended.
    more = config(data, f"network.start_from={outcome.best}", "schedule.epochs=1", *disturbed)
    train(more, tmp_path / "more")
    (begun,) = events(tmp_path / "more", "untrained")
    assert begun["valid_loss"] == pytest.approx(outcome.best_loss, rel=1e-5)


def test_what_is_drawn_must_be_the_same_when_a_run_is_resumed(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(config(data), tmp_path, tell=StopAfter(1))
    with pytest.raises(ModelError, match=r"its augmentation\.exchange is 0\.5"):
        train(config(data, "augmentation.exchange=0"), tmp_path, resume=True)


def test_steps_are_adamw_under_a_cosine_that_rises(data: Path, tmp_path: Path) -> None:
    """Written out by hand, as the model that ships was trained: the same losses, step by step."""
    wanted = config(data, "schedule.epochs=2")
    train(wanted, tmp_path)
    torch.manual_seed(wanted.run.seed)
    network = BandMixer(BandMixerParameters(**HYPER))
    objective = new_objective(wanted, network)
    examples = open_powers(wanted, network, 15)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    expected = []
    for step in range(10):
        batch = examples.batch([examples.train[3 * step + i] for i in range(3)])
        rise = min(1.0, (step + 1) / 4)
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * rise * (0.5 + 0.5 * np.cos(np.pi * step / 10))
        loss = objective(**batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        expected.append(loss.item())
    assert losses(tmp_path) == pytest.approx(expected, rel=1e-5)
