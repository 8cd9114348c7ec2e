"""The band mixer under the one trainer: from song folders to a run that stops and goes on."""

from __future__ import annotations

import json
import re
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
from tests.signals import band, noise
from tests.training.run.small_run import StopAfter, events, state
from tests.training.songs import RATE_HZ, tones, write_song, write_stems
from training.band_mixer.objective import new_objective
from training.band_mixer.reading import open_powers
from training.checkpoint import read_checkpoint
from training.data.prepared_audio import read_dataset
from training.data.prepared_bands import PreparedBands, read_bands
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


def prepared_from(songs: Path, *, code: int = 0) -> PreparedBands:
    folder = songs.parent / "prepared"
    arguments = ["--examples", "bands", "--jobs", "1", "--quiet"]
    assert mixer(["dataset", "prepare", str(songs), "-o", str(folder), *arguments]) == code
    return read_bands(folder)


def playing(rng: np.random.Generator, duration_s: float) -> dict[str, np.ndarray]:
    """Four stems that share neither phase nor rhythm, and all of the bands."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return {
        name: (np.exp(-8.0 * (time_s % period_s)) * noise(rng, duration_s, RATE_HZ)).astype("f4")
        for name, period_s in {"vocals": 0.7, "bass": 0.5, "drums": 0.3, "other": 0.9}.items()
    }


def test_dry_stems_and_a_mixture_tell_the_wet_ones(tmp_path: Path) -> None:
    """The same song with its wet stems beside has the same examples, but for what is estimated."""
    gains = {"vocals": (0.6, 0.6), "bass": (0.2, 0.2), "drums": (0.3, 0.5), "other": (0.2, 0.1)}
    dry = playing(np.random.default_rng(4), 4.0)
    wet = {name: np.float32(gains[name])[:, None] * audio for name, audio in dry.items()}
    mixture = np.add.reduce(list(wet.values()))
    late = np.roll(mixture, RATE_HZ // 10, axis=1)
    late[:, : RATE_HZ // 10] = 0.0
    for n, (own, mixed) in enumerate(((wet, mixture), (None, mixture), (None, late))):
        folder = tmp_path / f"songs/{'train' if n else 'test'}/{n}"
        write_stems(folder / "dry", dry)
        write_stems(folder, {**(own or {}), "mixture": mixed})
    described = tmp_path / "songs/train/3"  # the other way to say it
    write_stems(described, {**dry, "mixture": mixture})
    (described / "song.toml").write_text("dry = true\n")
    prepared = prepared_from(tmp_path / "songs")
    songs = json.loads((prepared.folder / "dataset.json").read_text())["songs"]
    notes = {song["name"]: song["notes"] for song in songs}
    explains = "wet stems estimated: the dry ones explain 100 % of the mixture"
    assert notes["0"] == []
    assert notes["1"] == notes["3"] == [explains]
    assert notes["2"][0] == "its mixture was moved by -100.0 ms to align with its dry stems"
    known, *estimated = sorted(prepared.examples, key=lambda example: example.path)
    known_db = known.read(0, known.n_frames).astype("f4")
    audible = known_db[1, :, :2].mean(1, keepdims=True) > -60.0
    for example in estimated:
        assert not example.is_wet
        assert example.played == (True,) * 4
        powers_db = example.read(0, known.n_frames).astype("f4")
        assert np.array_equal(powers_db[0], known_db[0])
        apart_db = np.abs(powers_db[1] - known_db[1])[:, :2][np.repeat(audible, 2, axis=1)]
        # The last tenth of a second of the late mixture is not in its file.
        assert np.quantile(apart_db, 0.95) < 0.5
        assert np.median(apart_db) < 0.1


def test_a_mixture_of_another_song_is_left_out(tmp_path: Path, capsys) -> None:
    write_song(tmp_path / "songs/train/a", seed=0)
    for name, seed in (("b", 1), ("c", 2)):
        write_song(tmp_path / f"songs/train/{name}/dry", seed=seed)
        other = np.random.default_rng(seed + 9).standard_normal((2, 2 * RATE_HZ))
        write_stems(tmp_path / f"songs/train/{name}", {"mixture": np.float32(0.1) * other})
    write_stems(tmp_path / "songs/train/c", tones(0, 2.0))
    (tmp_path / "songs/train/c/song.toml").write_text("dry = true\n")
    with pytest.raises(InputError, match="no songs in split 'test'"):
        prepared_from(tmp_path / "songs", code=1).of_split("test")
    said = capsys.readouterr().err
    assert re.search(r"left out: b: its dry stems explain only \d+ % of its mixture", said)
    assert "left out: c: song.toml says that its stems are dry, but it also has a folder" in said


def test_audio_and_bands_are_not_taken_for_each_other(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds bands, but audio are needed.*--examples audio"):
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
