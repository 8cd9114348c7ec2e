"""The default bundle rebuilds its input, keeps stems apart, and is what the code makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from export.construct import (
    PASSTHROUGH_DESCRIPTION,
    PASSTHROUGH_HYPER_PARAMETERS,
    construct_network,
    construct_passthrough_bundle,
)
from mixer.audio import read_segment
from mixer.network.model import Bundle, read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from tests.passthrough import PASSTHROUGH
from training.networks.filter_bank_start import lapped_transform


@pytest.fixture(scope="module")
def default() -> Bundle:
    return read_bundle(PASSTHROUGH)


def signal_to_noise_db(wanted: NDArray, got: NDArray) -> float:
    noise = np.sum(np.square(got.astype(np.float64) - wanted))
    return float(10.0 * np.log10(np.sum(np.square(wanted.astype(np.float64))) / noise))


@pytest.mark.parametrize("bands", [2, 16, 20])
def test_the_transform_is_orthogonal_to_its_own_shifts(bands: int) -> None:
    rows = lapped_transform(bands)
    assert rows.shape == (bands, 4 * bands)
    for shift in range(4):
        overlap = rows[:, shift * bands :] @ rows[:, : (4 - shift) * bands].T
        assert np.abs(overlap - (np.eye(bands) if shift == 0 else 0.0)).max() < 1e-12


def test_bands_go_up_in_frequency() -> None:
    spectra = np.abs(np.fft.rfft(lapped_transform(16), 1024, axis=1))
    centres_hz = spectra.argmax(axis=1) * 44_100 / 1024
    assert np.all(np.diff(centres_hz) > 0)
    # Inside its band of a uniform bank; the outermost peak at 0 Hz and at half the rate.
    edges_hz = np.arange(17) * 22_050 / 16
    assert np.all((centres_hz >= edges_hz[:-1]) & (centres_hz <= edges_hz[1:]))


def test_the_mix_is_the_tanh_of_the_sum(default: Bundle, rng: np.random.Generator) -> None:
    stems = (0.1 * rng.standard_normal((4, 2, 3 * 44_100))).astype(np.float32)
    output = run_network(Network(default, "cpu"), list(stems), wet_stems=True)
    assert output.wet_stems is not None
    total = stems.sum(axis=0)
    # Only the last frames, whose filters reach behind the end, are not rebuilt.
    assert signal_to_noise_db(total[:, :-128], sum(output.wet_stems)[:, :-128]) > 100.0
    assert signal_to_noise_db(total, sum(output.wet_stems)) > 40.0
    assert signal_to_noise_db(np.tanh(total), output.mix) > 40.0
    assert np.corrcoef(output.mix.ravel(), total.ravel())[0, 1] > 0.99


@pytest.mark.shared
@pytest.mark.parametrize("name", ["lithium", "sodium"])
def test_real_songs_come_back(default: Bundle, shared: Path, name: str) -> None:
    folder = shared / "audio" / "stems" / name
    start, length = 40 * 44_100, 10 * 44_100
    stems = [
        # About the level that normalisation leaves: -30 LUFS a stem.
        0.2 * read_segment(folder / f"{stem}.ogg", start, length)
        if (folder / f"{stem}.ogg").exists()
        else None
        for stem in default.manifest.stems
    ]
    output = run_network(Network(default, "cpu"), stems, wet_stems=True)
    assert output.wet_stems is not None
    total = np.sum([stem for stem in stems if stem is not None], axis=0)
    assert np.abs(total).max() > 0.05
    assert signal_to_noise_db(total, sum(output.wet_stems)) > 40.0
    assert np.corrcoef(output.mix.ravel(), total.ravel())[0, 1] > 0.99


def test_stems_stay_apart(default: Bundle, rng: np.random.Generator) -> None:
    stems = (0.1 * rng.standard_normal((4, 2, 44_100))).astype(np.float32)
    output = run_network(Network(default, "cpu"), list(stems), wet_stems=True)
    assert output.wet_stems is not None
    for wet, stem in zip(output.wet_stems, stems, strict=True):
        assert signal_to_noise_db(stem, wet) > 40.0


def test_an_impulse_comes_back_where_it_was(default: Bundle) -> None:
    stem = np.zeros((2, 20_000), np.float32)
    stem[0, 12_345] = 0.5
    output = run_network(Network(default, "cpu"), [None, None, stem, None], warm_up_s=0.1)
    assert output.mix[0, 12_345] == pytest.approx(np.tanh(0.5), abs=1e-4)
    rest = output.mix.copy()
    rest[0, 12_345] = 0.0
    assert np.abs(rest).max() < 1e-4


def test_the_shipped_bundle_is_what_the_code_makes(
    default: Bundle, tmp_path: Path, rng: np.random.Generator
) -> None:
    made = construct_passthrough_bundle(tmp_path / "made", profile=default.profile_path)
    for field in ("hyper_parameters", "effects", "provenance", "licence", "stems", "warm_up_s"):
        assert getattr(made.manifest, field) == getattr(default.manifest, field)
    assert default.manifest.hyper_parameters == PASSTHROUGH_HYPER_PARAMETERS
    assert default.name == PASSTHROUGH_DESCRIPTION.name
    assert set(made.manifest.graphs) == set(default.manifest.graphs)
    feeds = {"stems": (0.1 * rng.standard_normal((1, 8, 20_001))).astype(np.float32)}
    answers = [
        onnxruntime.InferenceSession(
            bundle.read_graph("model"), providers=["CPUExecutionProvider"]
        ).run(None, feeds)[0]
        for bundle in (default, made)
    ]
    assert np.abs(answers[0] - answers[1]).max() < 1e-6
    stems = np.split(feeds["stems"][0], 4)
    mixes = [run_network(Network(bundle, "cpu"), stems).mix for bundle in (default, made)]
    assert np.abs(mixes[0] - mixes[1]).max() < 1e-6


def test_it_can_learn_from_there() -> None:
    """Constant is not stuck: mask, gains and front-end all receive a gradient."""
    network = construct_network().train()
    network(0.1 * torch.randn(1, 8, 4096)).square().mean().backward()
    for name in ("conv_1.weight", "blstm.bias_ih_l1", "blstm.weight_ih_l1", "se_block.net.2.bias"):
        gradient = network.get_parameter(name).grad
        assert gradient is not None
        assert float(gradient.abs().max()) > 0.0


def test_only_the_shape_of_the_transform_fits() -> None:
    with pytest.raises(ValueError, match="kernel = 4 x bands"):
        construct_network(replace(PASSTHROUGH_HYPER_PARAMETERS, n_filters=64))
