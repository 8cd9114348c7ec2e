"""Segments: every one as it was trained, faded into each other, any length, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.bundle import Description, write_bundle
from mixer.errors import InputError, ModelError
from mixer.network.device import Device
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.output import RunOptions
from mixer.network.session import Network
from mixer.network.stream import run_network
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from mixer.network.wave_u_net.run import fade_starts, fade_weights, run_segments, segment_starts
from training.networks.wave_u_net import WaveUNet

HYPER = WaveUNetParameters(n_features=8, n_levels=2, output_samples=4000)
# Float rounding of two orders of summation.
ROUNDING = 5e-6


@pytest.fixture(scope="module")
def network() -> WaveUNet:
    torch.manual_seed(5)
    return WaveUNet(HYPER).eval()


@pytest.fixture(scope="module")
def runtime(network: WaveUNet, tmp_path_factory: pytest.TempPathFactory) -> Network:
    description = Description("small", ("eq",), "test", "none", warm_up_s=0.0)
    folder = tmp_path_factory.mktemp("bundles") / "small"
    return Network(write_bundle(network, folder, description, fp16=True), "cpu", threads=1)


def song(rng: np.random.Generator, n_samples: int) -> NDArray[np.float32]:
    """Four stems (8, samples) whose level moves, so that the norms of segments differ."""
    level = 0.02 + 0.3 * np.abs(np.sin(np.arange(n_samples) / 3000.0 + np.arange(8)[:, None]))
    return (level * rng.standard_normal((8, n_samples))).astype(np.float32)


def forward(network: WaveUNet, stems: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        answer: NDArray[np.float32] = network(torch.from_numpy(stems[None]))[0].numpy()
        return answer


def by_hand(network: WaveUNet, stems: NDArray[np.float32], fade: int) -> NDArray[np.float64]:
    """Segments in PyTorch, weighted sample by sample by their distance from the seams."""
    length, margin = HYPER.output_samples, HYPER.margin_samples
    n_samples = stems.shape[1]
    padded = np.pad(stems, ((0, 0), (margin, margin)))
    total, weights = np.zeros((2, n_samples)), np.zeros(n_samples)
    starts = segment_starts(n_samples, length, fade)
    middles = [(a + b + length - fade) // 2 + fade / 2 for a, b in pairwise(starts)]
    for index, start in enumerate(starts):
        at = start + np.arange(length) + 0.5
        before = (at - middles[index - 1]) / fade if index else np.ones(length)
        after = (middles[index] - at) / fade if index < len(middles) else np.ones(length)
        rising = np.sin(np.pi / 2 * np.clip(before + 0.5, 0.0, 1.0)) ** 2
        weight = rising * np.sin(np.pi / 2 * np.clip(after + 0.5, 0.0, 1.0)) ** 2
        segment = forward(network, padded[:, start : start + length + 2 * margin])
        total[:, start : start + length] += weight * segment
        weights[start : start + length] += weight
    assert np.allclose(weights, 1.0)
    return total


@pytest.mark.parametrize("n_samples", [4000, 4001, 7600, 11_111, 20_000])
def test_equals_segments_in_pytorch(
    network: WaveUNet, runtime: Network, rng: np.random.Generator, n_samples: int
) -> None:
    stems = song(rng, n_samples)
    output = run_network(runtime, np.split(stems, 4))
    assert output.mix.shape == (2, n_samples)
    assert output.mix.dtype == np.float32
    assert output.wet_stems is None
    assert np.abs(output.mix - by_hand(network, stems, fade=200)).max() < ROUNDING
    assert np.abs(output.mix).max() > 0.05


@pytest.mark.parametrize("n_samples", [1, 2, 37, 1999, 3999])
def test_a_short_song_follows_wrapped_audio_of_its_own(
    network: WaveUNet, runtime: Network, rng: np.random.Generator, n_samples: int
) -> None:
    stems = song(rng, n_samples)
    wrapped = np.pad(stems, ((0, 0), (4000 - n_samples, 0)), mode="wrap")
    margin = HYPER.margin_samples
    whole = forward(network, np.pad(wrapped, ((0, 0), (margin, margin))))
    mix = run_network(runtime, np.split(stems, 4)).mix
    assert np.abs(mix - whole[:, -n_samples:]).max() < ROUNDING


def test_warm_up_is_cut_off_again(
    network: WaveUNet, runtime: Network, rng: np.random.Generator
) -> None:
    stems = song(rng, 9000)
    wrapped = np.pad(stems, ((0, 0), (5000, 0)), mode="wrap")
    mix = run_network(runtime, np.split(stems, 4), warm_up_s=5000 / 44_100).mix
    assert np.abs(mix - by_hand(network, wrapped, fade=200)[:, 5000:]).max() < ROUNDING


@pytest.mark.parametrize("n_samples", [100, 101, 190, 191, 1000, 12_345])
@pytest.mark.parametrize("fade", [0, 1, 10, 33])
def test_segments_cover_evenly_and_fades_sum_to_one(n_samples: int, fade: int) -> None:
    starts = segment_starts(n_samples, 100, fade)
    assert (starts[0], starts[-1] + 100) == (0, n_samples)
    steps = np.diff(starts)
    assert not len(steps) or (steps.max() <= 100 - fade and np.ptp(steps) <= 1)
    fades = fade_starts(starts, 100, fade)
    firsts, ends = [0, *fades], [*(at + fade for at in fades), n_samples]
    total = np.zeros(n_samples)
    for start, first, end in zip(starts, firsts, ends, strict=True):
        assert start <= first < end <= start + 100  # nothing is asked that the segment has not
        weights = fade_weights(end - first, fade if first else 0, fade if end < n_samples else 0)
        total[first:end] += weights
    assert np.abs(total - 1.0).max() < 1e-6


def test_a_cross_fade_takes_the_click_away(runtime: Network, rng: np.random.Generator) -> None:
    """A constant in front of noise: within a segment its mix is constant, so a step is a seam's."""
    stems = np.full((8, 16_000), 0.02, np.float32)
    stems[:, 6000:] = 0.5 * rng.standard_normal((8, 10_000))
    hard, faded = (
        run_segments(runtime, np.split(stems, 4), RunOptions(), fade_share=share).mix[:, 100:5900]
        for share in (0.0, 0.05)
    )
    step = np.abs(np.diff(hard)).max()
    assert step > 0.01  # -40 dBFS: the segment with the noise has other norms
    assert np.count_nonzero(np.abs(np.diff(hard[0])) > 1e-4) == 1
    # A raised cosine over 200 samples: pi / 2 of the mean slope at its steepest.
    assert np.abs(np.diff(faded)).max() < 2.0 * step * np.pi / 2 / 200


def test_the_same_bits_whatever_the_threads(
    runtime: Network, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More segments than threads, and where there is memory for one segment alone."""
    stems = np.split(song(rng, 30_000), 4)
    one, two, four = (run_network(runtime, stems, threads=n).mix for n in (1, 2, 4))
    monkeypatch.setattr("mixer.network.wave_u_net.run.available_memory_bytes", lambda: 1)
    crowded = run_network(runtime, stems, threads=4).mix
    assert np.array_equal(one, two)
    assert np.array_equal(one, four)
    assert np.array_equal(one, crowded)


def test_a_missing_stem_is_silence(runtime: Network, rng: np.random.Generator) -> None:
    stems = song(rng, 6000)
    stems[2:6] = 0.0
    silent = run_network(runtime, np.split(stems, 4))
    missing = run_network(runtime, [stems[:2], None, None, stems[6:]])
    assert np.array_equal(silent.mix, missing.mix)


@pytest.mark.parametrize("level", [0.0, 0.5, 1e-4])
def test_silence_and_constants_are_as_in_pytorch(
    network: WaveUNet, runtime: Network, level: float
) -> None:
    stems = np.full((8, 4000), level, np.float32)
    mix = run_network(runtime, np.split(stems, 4)).mix
    assert np.abs(mix - by_hand(network, stems, fade=200)).max() < ROUNDING


def test_progress_grows_to_one(runtime: Network, rng: np.random.Generator) -> None:
    seen: list[float] = []
    output = run_network(runtime, np.split(song(rng, 15_000), 4), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) == 4
    assert output.device == "cpu"


def test_there_are_no_wet_stems(runtime: Network, rng: np.random.Generator) -> None:
    with pytest.raises(ModelError, match="no wet stems") as caught:
        run_network(runtime, np.split(song(rng, 100), 4), wet_stems=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stems", "word"),
    [
        ([None] * 4, "missing"),
        ([np.ones((2, 10), np.float32)] * 3, "3 stems"),
        ([np.full((2, 9000), np.nan, np.float32)] * 4, "not finite"),
        ([np.full((2, 5), np.inf, np.float32)] * 4, "not finite"),
    ],
)
def test_impossible_stems_are_refused(runtime: Network, stems: list, word: str) -> None:
    with pytest.raises(InputError, match=word):
        run_network(runtime, stems)


def test_impossible_options_are_refused(runtime: Network) -> None:
    stems = [np.ones((2, 10), np.float32)] * 4
    with pytest.raises(InputError, match="fade_share"):
        run_segments(runtime, stems, RunOptions(), fade_share=0.6)
    with pytest.raises(InputError, match="warm_up_s"):
        run_network(runtime, stems, warm_up_s=-1.0)


def test_the_manifest_tells_the_kinds_apart(runtime: Network) -> None:
    manifest = runtime.bundle.manifest
    assert manifest.kind == "wave_u_net"
    assert manifest.hyper_parameters == HYPER
    assert not manifest.has_wet_stems
    with pytest.raises(ModelError, match="is a Wave-U-Net, which cannot"):
        manifest.parameters(HyperParameters)


def test_half_precision_is_for_gpus_and_is_named(runtime: Network) -> None:
    assert "segment_fp16" in runtime.bundle.manifest.graphs
    assert not runtime.fp16
    assert runtime.description == "cpu"
    on_gpu = Network(runtime.bundle, "cpu")
    on_gpu.device = Device("cuda", 1)
    assert on_gpu.description == "cuda:1 in fp16"
    graphs = {"segment": runtime.bundle.manifest.graphs["segment"]}
    on_gpu.bundle = replace(
        runtime.bundle, manifest=replace(runtime.bundle.manifest, graphs=graphs)
    )
    assert on_gpu.description == "cuda:1"
