"""A bundle carries the effects and the profile of the data that its network was trained on."""

import dataclasses
import json

import pytest

from export.bundle import PAPER_EFFECTS, export_bundle
from mixer.errors import ModelError
from mixer.fxnorm.profile import read_profile
from mixer.network.fxnorm.parameters import HyperParameters
from training.checkpoint import write_checkpoint
from training.networks.fxnorm import FxNormNetwork

SMALL = HyperParameters(
    n_filters=8, stride_samples=16, pool_frames=4, smoothing_frames=8, bottleneck_channels=8,
    hidden_channels=8, skip_channels=8, n_blocks=2, n_repeats=1, blstm_layers=1, se_ratio=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def profile():
    own = read_profile("musdb18")
    quieter = {
        name: dataclasses.replace(stem, loudness_lufs=stem.loudness_lufs - 3.0)
        for name, stem in own.stems.items()
    }
    return dataclasses.replace(own, stems=quieter, about="measured")


def checkpoint(folder, **metadata: str):
    path = folder / "a.safetensors"
    write_checkpoint(path, FxNormNetwork(SMALL), metadata)
    return path


def test_effects_and_profile_come_from_the_training_data(tmp_path, profile) -> None:
    effects = ["eq", "balance", "loudness"]
    data = json.dumps({"effects": effects, "profile": dataclasses.asdict(profile)})
    path = checkpoint(tmp_path, dataset=data, stage="train")
    bundle = export_bundle(path, tmp_path / "bundle")
    assert list(bundle.manifest.effects) == effects
    assert bundle.manifest.learnt_to_mix
    assert read_profile(bundle.profile_path).sha256 == profile.sha256
    other = export_bundle(path, tmp_path / "other", effects=("loudness",))
    assert other.manifest.effects == ("loudness",)


def test_a_front_end_alone_has_not_learnt_to_mix(tmp_path) -> None:
    bundle = export_bundle(checkpoint(tmp_path, stage="pretrain"), tmp_path / "bundle")
    assert not bundle.manifest.learnt_to_mix
    assert bundle.manifest.effects == PAPER_EFFECTS
    assert read_profile(bundle.profile_path).sha256 == read_profile("musdb18").sha256


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        ('{"effects": ["os.system"]}', "unknown effects"),
        ('{"effects": [], "profile": {"stems": 1}}', "profile of its data set"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, data, message) -> None:
    with pytest.raises(ModelError, match=message):
        export_bundle(checkpoint(tmp_path, dataset=data), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
