"""What a network of the paper's kind is before its first step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mixer.audio import read_segment, write_audio
from mixer.errors import SettingsError
from mixer.stems import STEMS
from tests.training.run.small_run import small_config
from training.data.plan import PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.data.prepared_audio import read_dataset
from training.networks.fxnorm import FxNormNetwork
from training.run.kinds import build_network
from training.run.starts import start_network

RATE_HZ = 44_100
BANK = {
    "n_filters": 64,
    "kernel_samples": 32,
    "stride_samples": 8,
    "pool_frames": 8,
    "smoothing_frames": 8,
    "bottleneck_channels": 8,
    "hidden_channels": 8,
    "skip_channels": 8,
    "n_blocks": 2,
    "n_repeats": 1,
    "blstm_layers": 1,
    "se_ratio": 1,
}


@pytest.fixture
def data(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Two songs of noise whose stems lie at levels of their own, loudness alone normalised."""
    for number in range(2):
        folder = tmp_path / "songs" / "train" / f"song{number}"
        for stem, gain in (("vocals", 0.1), ("drums", 0.02), ("bass", 0.05)):
            audio = gain * rng.standard_normal((2, 3 * RATE_HZ)).astype(np.float32)
            write_audio(folder / f"{stem}.flac", audio.astype(np.float32), RATE_HZ)
    settings = PrepareSettings(profile="musdb18", effects=("loudness",), split="hash")
    plan = plan_dataset([tmp_path / "songs" / "train"], tmp_path / "data", settings)
    songs = tuple(replace(song, split="train") for song in plan.songs)
    prepare_dataset(replace(plan, songs=songs), n_jobs=1)
    return tmp_path / "data"


def started(folder: str, start: str) -> FxNormNetwork:
    config = small_config(
        data={"folder": folder}, network={"hyper_parameters": BANK, "start": start}
    )
    network = build_network("fxnorm", BANK, RATE_HZ)
    start_network(config, network)
    assert isinstance(network, FxNormNetwork)
    return network.eval()


@torch.no_grad()
def test_the_average_mix_brings_normalised_stems_to_the_wet_ones_level(data: Path) -> None:
    song = read_dataset(data).of_split("train")[0]
    inputs = np.zeros((4, 2, 3 * RATE_HZ), np.float32)
    for place, stem in enumerate(STEMS):
        if stem in song.stems:
            inputs[place] = read_segment(song.normalised_path(stem, 0), 0, 3 * RATE_HZ)
    wet = started(str(data), "average_mix").wet_stems(torch.from_numpy(inputs).flatten(0, 1)[None])
    for place, stem in enumerate(STEMS):
        if stem in song.stems:
            true = read_segment(song.wet_path(stem), 0, 3 * RATE_HZ)
            found_db = 10.0 * np.log10(float(wet[0, place].square().mean()) / np.mean(true**2))
            assert abs(found_db) < 0.2, stem


def test_a_start_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"set data\.folder"):
        started("", "average_mix")
    config = small_config(network={"start": "filter_bank"})
    network = build_network("fxnorm", config.network.hyper_parameters, RATE_HZ)
    with pytest.raises(SettingsError, match="kernel = 4 x bands"):
        start_network(config, network)
    with pytest.raises(SettingsError, match=r"needs network\.kind fxnorm"):
        start_network(config, torch.nn.Linear(1, 1))
