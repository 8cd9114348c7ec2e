"""The track mixer under the one trainer: from song folders to a run that stops and goes on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from mixer.cli.main import run as mixer
from mixer.errors import InputError
from tests.training.run.small_run import StopAfter
from tests.training.songs import RATE_HZ, write_stems
from training.checkpoint import read_checkpoint
from training.data.prepared_tracks import read_tracks
from training.data.track_songs import SongKind
from training.networks.track_mixer import TrackMixer
from training.run.config import TrainingConfig
from training.run.config_reader import find_config, read_config
from training.run.train import train

SMALL = [
    "data.workers=0", "schedule.epochs=2", "schedule.rise_steps=2", "run.batches_per_epoch=4",
    "run.batch_size=3", "run.log_every_steps=1", "run.threads=1", "run.device=cpu",
    "run.tensorboard=false", "network.hyper_parameters.channels=8",
    "network.hyper_parameters.n_heads=2", "network.hyper_parameters.n_layers=1",
]  # fmt: skip


def tracks(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    names = ("Kick", "Snare", "Bass DI", "Gtr L", "Gtr R", "Lead Vox")
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    return {
        name: (0.1 * np.sin(2 * np.pi * 110.0 * (i + 1) * time_s) * rng.uniform(0.5, 1.0, (1, 1)))
        .repeat(2, axis=0)
        .astype(np.float32)
        for i, name in enumerate(names)
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of wet tracks, one that also has its dry ones."""
    songs = tmp_path_factory.mktemp("songs")
    write_stems(songs / "train/wet 0", tracks(0))
    write_stems(songs / "train/both 1", tracks(1))
    write_stems(songs / "train/both 1/dry", {n: 0.5 * a for n, a in tracks(1).items()})
    write_stems(songs / "valid/wet 3", tracks(3))
    prepared = songs.parent / "tracks"
    arguments = ["--examples", "tracks", "--jobs", "1", "--quiet"]
    assert mixer(["dataset", "prepare", str(songs), "-o", str(prepared), *arguments]) == 0
    return prepared


def config(data: Path, *overrides: str) -> TrainingConfig:
    return read_config(find_config("track-mixer"), [f"data.folder={data}", *SMALL, *overrides])


def test_songs_become_tracks_dry_and_wet(data: Path) -> None:
    songs = {song.kind: song for song in read_tracks(data).of_split("train")}
    assert set(songs) == {SongKind.REAL, SongKind.DRY_AND_WET}
    both = songs[SongKind.DRY_AND_WET]
    assert both.roles == (
        "bass", "electric_guitar", "electric_guitar", "kick", "lead_vocal", "snare",
    )  # fmt: skip
    assert both.is_mono.all()
    np.testing.assert_allclose(4.0 * both.dry_powers, both.wet_powers, rtol=1e-3, atol=1e-9)


def test_dry_tracks_with_their_mixture_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mixture comes late; a song whose mixture is another one's is left out."""
    gains = {"Kick": (1.0, 1.0), "Snare": (0.5, 0.5), "Bass DI": (0.7, 0.7), "Gtr": (0.2, 0.6)}

    def write(folder: Path, seed: int, mixed_seed: int) -> None:
        write_stems(folder, played(seed, gains))
        wet = [np.float32(gains[n])[:, None] * a for n, a in played(mixed_seed, gains).items()]
        write_stems(folder, {"mixture": np.roll(np.add.reduce(wet), 441, axis=1)})
        (folder / "song.toml").write_text("dry = true\n")

    songs = tmp_path / "songs"
    write(songs / "train/fits 0", 0, 0)
    write(songs / "train/another 1", 1, 2)
    write(songs / "valid/fits 6", 6, 6)
    data = tmp_path / "data"
    arguments = ["--examples", "tracks", "--jobs", "1"]
    assert mixer(["dataset", "prepare", str(songs), "-o", str(data), *arguments]) == 1
    said = " ".join("".join(capsys.readouterr()).split())
    assert "another 1: its dry tracks explain only" in said
    assert "fits 0: wet tracks estimated: the dry ones explain 100 % of the mixture" in said
    (song,) = read_tracks(data).of_split("train")
    assert song.kind == SongKind.DRY_AND_MIXTURE
    assert set(song.roles) == {"kick", "snare", "bass", "electric_guitar"}
    assert np.isnan(song.wet_dynamics).all()
    for role, stem in (("kick", "Kick"), ("electric_guitar", "Gtr")):
        i = song.roles.index(role)
        power = song.wet_powers[i].sum(axis=1) / song.dry_powers[i].sum(axis=1)
        np.testing.assert_allclose(power[:2], np.square(gains[stem]), rtol=0.1)
    train(config(data, "schedule.epochs=1", "run.batches_per_epoch=2"), tmp_path / "run")
    assert (tmp_path / "run" / "best.safetensors").is_file()


def played(seed: int, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Mono bursts of noise, each track in a rhythm of its own."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    return {
        name: np.repeat(
            0.1
            * rng.standard_normal((1, len(time_s)))
            * np.exp(-6.0 * (time_s % (0.31 + 0.2 * i))),
            2,
            axis=0,
        ).astype(np.float32)
        for i, name in enumerate(names)
    }


def test_a_run_that_stops_goes_on_bit_for_bit(data: Path, tmp_path: Path) -> None:
    train(config(data), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(config(data), tmp_path / "parts", tell=StopAfter(3))
    train(config(data), tmp_path / "parts", resume=True)
    whole, parts = (load_file(tmp_path / run / "last.safetensors") for run in ("whole", "parts"))
    assert all((whole[name] == parts[name]).all() for name in whole)
    network = read_checkpoint(tmp_path / "whole" / "best.safetensors").network
    assert isinstance(network, TrackMixer)


def test_damage_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no prepared data set"):
        read_tracks(tmp_path)
    path = next(data.glob("songs/*/0.npz"))
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    with pytest.raises(InputError, match="damaged"):
        [read_tracks(data).of_split(split) for split in ("train", "valid")]
    path.write_bytes(whole)
