"""A bundle of a track mixer answers as PyTorch does, for any number of tracks in any order."""

from pathlib import Path

import numpy as np
import pytest
import torch

from export.bundle import Description, write_bundle
from export.track_mixer_exporter import TRACK_NUMBERS
from mixer.network.model import Bundle
from mixer.network.session import Network
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.parameters import MAX_TRACKS, TrackMixerParameters
from mixer.network.track_mixer.predict import predict_settings
from mixer.network.verify import verify_bundle
from tests.network.track_mixer.heard import heard_as
from tests.signals import band
from training.networks.track_mixer import TrackMixer

RATE = 44_100


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(8)
    network = TrackMixer(TrackMixerParameters(channels=16, n_heads=2, n_layers=1)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    folder = tmp_path_factory.mktemp("bundles") / "tracks"
    return write_bundle(network, folder, Description("tracks", (), "random", "none"))


@pytest.mark.slow
def test_parity_holds_for_any_number_of_tracks_in_any_order(bundle: Bundle):
    checks = bundle.manifest.parity["lengths"]
    assert tuple(check["tracks"] for check in checks) == TRACK_NUMBERS == (1, 4, 17, 64)
    assert all("another_order" in check for check in checks)
    assert bundle.manifest.parity["max_abs_error"] <= 1e-4


def test_it_verifies_itself_and_its_wet_stems_are_faithful(bundle: Bundle):
    assert verify_bundle(bundle).passed
    assert bundle.manifest.has_faithful_wet_stems


def test_as_many_tracks_as_may_be(bundle: Bundle):
    sound = band(np.random.default_rng(2), 1.0, RATE)["bass"]
    heard = [listen_to(sound[:1], RATE)] * MAX_TRACKS
    names = ["unknown"] * MAX_TRACKS
    told = heard_as(heard, names, ["other"] * MAX_TRACKS)
    settings = predict_settings(Network(bundle, "cpu"), told)
    assert len(settings.tracks) == MAX_TRACKS
    gains = [strip.gain_db for strip in settings.tracks]
    assert max(gains) - min(gains) < 1e-4


def test_a_bundle_is_small(bundle: Bundle):
    assert sum(path.stat().st_size for path in Path(bundle.folder).iterdir()) < 10 << 20
