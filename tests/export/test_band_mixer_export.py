"""A band mixer's checkpoint becomes a bundle that answers as PyTorch does, at any length."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from export.band_mixer_exporter import band_mixer_answer
from export.bundle import Description, write_bundle
from export.data import stated_data
from export.evaluation import main, state_evaluation
from export.weights import write_weights
from mixer.cli.benchmark_view import benchmark_lines
from mixer.errors import ModelError, OutputError
from mixer.fxnorm.profile import read_profile
from mixer.network.band_mixer.architecture import BAND_MIXER, CONTROLS_GRAPH
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.verify import verify_bundle
from tests.passthrough import PASSTHROUGH
from training.checkpoint import read_checkpoint, write_checkpoint
from training.networks.band_mixer import BandMixer

HYPER = BandMixerParameters(n_bands=24, stem_channels=8, channels=16, recurrent_units=8)


@pytest.fixture(scope="module")
def network() -> BandMixer:
    torch.manual_seed(1)
    network = BandMixer(HYPER).eval()
    for layer in (network.movement, network.curves, network.strips, network.fader[2]):
        torch.nn.init.normal_(layer.weight, std=0.3)  # as initialised, it would set nothing
    return network


@pytest.mark.slow
def test_the_bundle_answers_as_pytorch_at_any_length(network: BandMixer, tmp_path: Path) -> None:
    description = Description("bands", ("balance",), "a test", "none", warm_up_s=0.0)
    bundle = write_bundle(network, tmp_path / "bands", description)
    assert bundle.manifest.architecture is BAND_MIXER
    assert bundle.manifest.wet_stem_leakage_db == -200.0
    assert bundle.manifest.has_faithful_wet_stems
    assert verify_bundle(bundle).passed
    stems = (0.1 * np.random.default_rng(2).standard_normal((8, 33_333))).astype(np.float32)
    for n_samples in (1, 9_000, 33_333):
        part = np.ascontiguousarray(stems[:, :n_samples])
        answer = run_network(Network(bundle, "cpu"), np.split(part, 4), wet_stems=True)
        expected = band_mixer_answer(network, part)
        np.testing.assert_allclose(answer.mix, expected.mix, atol=1e-6, rtol=1e-5)
        # It sets something, and not the same for all.
        assert answer.wet_stems is not None
    pairs = zip(answer.wet_stems, np.split(stems, 4), strict=True)
    assert np.ptp([20 * np.log10(np.std(wet) / np.std(dry)) for wet, dry in pairs]) > 1.0
    assert b"/training/networks" not in bundle.read_graph(CONTROLS_GRAPH)  # no machine's paths


def test_a_checkpoint_comes_back(network: BandMixer, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "c.safetensors", network)
    again = read_checkpoint(tmp_path / "c.safetensors").network
    assert isinstance(again, BandMixer)
    assert again.hyper == HYPER
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


def test_figures_are_put_into_a_bundle_that_stays_whole(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(read_bundle("default").folder, tmp_path / "mine"))
    figures = {"groups": {"real": {"systems": {"mine": {"means": {"level_error_db": 1.5}}}}}}
    bundle = state_evaluation(folder, figures)
    assert bundle.manifest.evaluation == figures
    assert bundle.manifest.graphs == read_bundle("default").manifest.graphs
    assert "1.50" in "\n".join(benchmark_lines(bundle.manifest.evaluation))
    with pytest.raises(ModelError, match="characters"):
        state_evaluation(folder, {"text": "x" * 300_000})


def test_figures_are_stored_by_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(read_bundle("default").folder, tmp_path / "mine"))
    figures, other = tmp_path / "figures.json", tmp_path / "other.json"
    figures.write_text('{"groups": {}, "targets": []}')
    other.write_text('{"tracks": 3}')
    assert main([str(folder), str(figures)]) == 0
    assert read_bundle(folder).manifest.evaluation == {"groups": {}, "targets": []}
    for wrong in (other, tmp_path / "missing.json"):
        assert main([str(folder), str(wrong)]) != 0
        assert wrong.name in capsys.readouterr().err
    assert read_bundle(folder).manifest.evaluation == {"groups": {}, "targets": []}


@pytest.mark.parametrize(
    "strange",
    [{}, {"groups": 3, "targets": 4}, {"groups": {"a": {"systems": {"b": [1]}}}, "targets": [7]}],
)
def test_figures_of_another_form_are_passed_over(strange: dict) -> None:
    assert list(benchmark_lines(strange)) == []


def test_the_shipped_weights_come_back_and_answer_as_they_did(tmp_path: Path) -> None:
    bundle = read_bundle("default")
    write_weights(bundle, tmp_path / "default.safetensors")
    checkpoint = read_checkpoint(tmp_path / "default.safetensors")
    stems, mix = bundle.read_check()
    # Which bits a product ends in hangs on where its arrays lie in memory.
    np.testing.assert_allclose(band_mixer_answer(checkpoint.network, stems).mix, mix, atol=1e-6)
    data = stated_data(checkpoint.metadata, tmp_path)
    assert data.effects == bundle.manifest.effects
    assert data.profile.sha256 == read_profile(bundle.profile_path).sha256


def test_a_checkpoint_that_is_there_is_kept(tmp_path: Path) -> None:
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(b"mine")
    with pytest.raises(OutputError, match="already exists; add --overwrite"):
        write_weights(read_bundle("default"), mine)
    assert mine.read_bytes() == b"mine"
    write_weights(read_bundle("default"), mine, overwrite=True)
    assert read_checkpoint(mine).network is not None


def test_other_networks_have_their_checkpoint_alone(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="start from the checkpoint that it was exported from"):
        write_weights(read_bundle(PASSTHROUGH), tmp_path / "c.safetensors")
