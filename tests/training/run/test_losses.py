"""The losses against what can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import signal

from training.run.config import LossConfig
from training.run.losses import (
    HOP_SAMPLES,
    N_FFT,
    LossA,
    LossB,
    StemLevels,
    StemLoss,
    StereoSpectra,
    WaveformLoss,
    guard_frames,
    shortest_segment_samples,
)
from training.run.waveforms import WaveformObjective, matching_gain
from training.run.weighting import a_weighting_taps, k_weighting, loss_taps

RATE_HZ = 44_100
N_SAMPLES = 24_000


@pytest.fixture
def noise() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return 0.1 * torch.randn(2, 2, N_SAMPLES, generator=generator)


def test_a_weighting_is_the_standards_curve() -> None:
    """IEC 61672-1 within what 101 taps and the bilinear transform allow."""
    frequencies_hz = [500.0, 1000.0, 2000.0, 4000.0, 6300.0]
    wanted_db = [-3.2, 0.0, 1.2, 1.0, -0.1]
    _, response = signal.freqz(a_weighting_taps(), worN=frequencies_hz, fs=RATE_HZ)
    assert 20 * np.log10(np.abs(response)) == pytest.approx(wanted_db, abs=0.8)
    _, low = signal.freqz(a_weighting_taps(), worN=[50.0], fs=RATE_HZ)
    assert 20 * math.log10(abs(low[0])) < -15.0


def test_the_taps_are_the_least_squares_fit() -> None:
    """Turned by any small change, the fit to the digital curve is worse."""
    taps = a_weighting_taps()
    assert len(taps) == 101
    assert taps == pytest.approx(taps[::-1], abs=1e-12)
    high = 12194.217
    zeros = [0.0] * 4
    poles = [-2 * np.pi * f for f in (20.598997, 20.598997, 107.65265, 737.86223, high, high)]
    gain = (2 * np.pi * high) ** 2 * 10 ** (1.9997 / 20)
    b, a = signal.zpk2tf(*signal.bilinear_zpk(zeros, poles, gain, RATE_HZ))
    frequencies, curve = signal.freqz(b, a, 2048)

    def error(candidate: np.ndarray) -> float:
        _, found = signal.freqz(candidate, worN=frequencies)
        return float(np.square(np.abs(found) - np.abs(curve)).sum())

    rng = np.random.default_rng(2)
    for _ in range(5):
        half = rng.standard_normal(51)
        change = np.concatenate([half, half[-2::-1]]) * 1e-2 * np.abs(taps).max()
        assert error(taps + change) > error(taps)


def test_the_filter_of_the_losses_is_weighting_and_low_pass() -> None:
    _, found = signal.freqz(loss_taps(), worN=512)
    _, weighting = signal.freqz(a_weighting_taps(), worN=512)
    _, low_pass = signal.freqz([1.0, 0.85], worN=512)
    assert np.abs(found - weighting * low_pass).max() < 1e-6


def test_spectra_are_those_of_the_filtered_sum_and_difference(noise: torch.Tensor) -> None:
    """Against scipy: filter, square-root Hann window, FFT."""
    found = StereoSpectra(guard_samples=N_FFT)(noise).numpy()
    guard = guard_frames(N_FFT)
    window = np.sqrt(signal.get_window("hann", N_FFT))
    for index, wanted in enumerate((noise[0, 0] + noise[0, 1], noise[0, 0] - noise[0, 1])):
        filtered = np.convolve(wanted.numpy().astype(np.float64), loss_taps())[50:][:N_SAMPLES]
        start = HOP_SAMPLES * guard
        bins = np.abs(np.fft.rfft(filtered[start : start + N_FFT] * window))
        assert np.abs(found[0, index, :, 0] - bins).max() < 1e-4 * bins.max()
    assert found.shape == (2, 2, N_FFT // 2 + 1, (N_SAMPLES - N_FFT) // HOP_SAMPLES + 1 - 2 * guard)


@pytest.mark.parametrize("loss", [LossA(), LossB()], ids=["La", "Lb"])
def test_equal_and_swapped_signals_cost_nothing(loss: torch.nn.Module, noise: torch.Tensor) -> None:
    assert loss(noise, noise).item() == 0.0
    assert loss(noise.flip(1), noise).item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("gain", [0.5, 0.9, 2.0])
def test_a_gain_costs_what_the_formula_says(gain: float, noise: torch.Tensor) -> None:
    """Of a gain g, La is 2 (|1 - g| + |ln g|); Lb has (1 - g)^2 times the power of the target."""
    logarithm = abs(math.log(gain))
    assert LossA()(gain * noise, noise).item() == pytest.approx(
        2 * (abs(1 - gain) + logarithm), rel=1e-3
    )
    power = StereoSpectra()(noise).square().mean((0, 2, 3)).sum().item()
    assert LossB()(gain * noise, noise).item() == pytest.approx(
        (1 - gain) ** 2 * power + 2 * logarithm, rel=1e-3
    )


def test_a_different_channel_gain_is_heard_in_sum_and_difference() -> None:
    """Centred noise, one channel silenced: the sum falls to a half, the difference rises."""
    mono = 0.1 * torch.randn(1, 1, N_SAMPLES, generator=torch.Generator().manual_seed(3))
    target = mono.expand(1, 2, -1)
    output = target * torch.tensor([1.0, 0.0])[:, None]
    found = StereoSpectra()(output)
    wanted = StereoSpectra()(target)
    assert torch.allclose(found[:, 0], 0.5 * wanted[:, 0], rtol=1e-3, atol=1e-4)
    assert torch.allclose(found[:, 1], 0.5 * wanted[:, 0], rtol=1e-3, atol=1e-4)
    # sum: 1/2; difference: half of the sum's norm over a floor of 1 % of it
    shares = found.sub(wanted).square().sum((2, 3)).sqrt()
    sum_norm = wanted[:, 0].square().sum().sqrt()
    assert shares[0, 1].item() / (0.01 * sum_norm.item()) == pytest.approx(50.0, rel=1e-2)
    assert 50.0 < LossA()(output, target).item() < 50.0 + 0.5 + 0.7 + 20.0


@pytest.mark.parametrize("loss", [LossA(), LossB()], ids=["La", "Lb"])
@pytest.mark.parametrize("output_level", [0.0, 1e-6, 0.1])
@pytest.mark.parametrize("target_level", [0.0, 0.1])
def test_gradients_are_finite_on_silence(
    loss: torch.nn.Module, output_level: float, target_level: float, noise: torch.Tensor
) -> None:
    output = (output_level * 10 * noise).requires_grad_()
    value = loss(output, target_level * 10 * noise.roll(5, -1))
    value.backward()
    assert math.isfinite(value.item())
    assert output.grad is not None
    assert bool(output.grad.isfinite().all())


def test_a_batch_is_the_mean_of_its_items(noise: torch.Tensor) -> None:
    other = noise.roll(100, -1) * 0.7
    for loss in (LossA(), LossB()):
        alone = [loss(other[i : i + 1], noise[i : i + 1]).item() for i in range(2)]
        assert loss(other, noise).item() == pytest.approx(sum(alone) / 2, rel=1e-5)


def test_the_guard_is_the_published_one_and_is_not_judged() -> None:
    assert guard_frames(32_446) == 30
    assert guard_frames(0) == 0
    shortest = shortest_segment_samples(8_000)
    assert StereoSpectra(8_000)(torch.zeros(1, 2, shortest)).shape[-1] == 1
    with pytest.raises(ValueError, match="too few for guards"):
        StereoSpectra(8_000)(torch.zeros(1, 2, shortest - 1))
    target = 0.1 * torch.randn(1, 2, shortest, generator=torch.Generator().manual_seed(4))
    spoilt = target.clone()
    spoilt[..., :4_000] = 0.0
    assert LossA(8_000)(spoilt, target).item() == pytest.approx(0.0, abs=1e-3)
    assert LossA(0)(spoilt, target).item() > 0.1


def test_the_pre_training_loss_is_the_mean_difference_inside_the_guard() -> None:
    target = torch.zeros(2, 8, 1000)
    output = torch.full_like(target, 0.25)
    output[..., :100] = 9.0
    output[..., -100:] = -9.0
    assert WaveformLoss(100)(output, target).item() == pytest.approx(0.25)
    assert WaveformLoss()(output, target).item() == pytest.approx(0.8 * 0.25 + 0.2 * 9.0)
    with pytest.raises(ValueError, match="guards"):
        WaveformLoss(500)(output, target)


def test_the_stem_loss_counts_what_leaks_in_shares_of_the_mix(noise: torch.Tensor) -> None:
    """Two stems, their mix the first: leakage of it at -20 dB into the silent one costs a tenth."""
    stems = torch.stack([noise, torch.zeros_like(noise)], 1)
    loss = StemLoss()
    assert loss(stems, stems, noise).item() == 0.0
    leaking = torch.stack([noise, 0.1 * noise], 1)
    assert loss(leaking, stems, noise).item() == pytest.approx(0.1, rel=1e-3)
    exchanged = stems.flip(1)
    assert loss(exchanged, stems, noise).item() == pytest.approx(2.0, rel=1e-3)


def test_a_song_that_was_left_quieter_teaches_the_same_at_matched_level(
    noise: torch.Tensor,
) -> None:
    target = 0.5 * noise + 0.05 * noise.flip(-1)
    for gain in (1.0, 0.1, 4.0):
        left = gain * target
        matched = left * matching_gain(noise, left)
        torch.testing.assert_close(matched, target * matching_gain(noise, target))
    # A song against itself, each item by its own gain; silence is left as it is.
    own = torch.tensor([3.0, 0.2]).view(2, 1, 1)
    torch.testing.assert_close(matching_gain(noise, own * noise), 1.0 / own)
    assert matching_gain(noise, 0.0 * noise).eq(1.0).all()


def test_k_weighting_is_the_standards_curve() -> None:
    """ITU-R BS.1770: +4 dB above some 3 kHz, nothing at 500 Hz to speak of, a low cut at 38 Hz."""
    weights_db = 10.0 * np.log10(k_weighting(RATE_HZ)[[38, 500, 1000, 10_000]])  # bins of 1 Hz
    assert weights_db == pytest.approx([-6.0, 0.0, 0.7, 4.0], abs=0.4)


def test_levels_of_stems_are_told_from_all_else(noise: torch.Tensor) -> None:
    """Of two stems of one spectrum, 6 dB apart: what they have in the mix follows by hand."""
    true = torch.stack([noise, 0.5 * noise.roll(3_000, -1)], 1)
    gains, error_db = StemLevels()(true, true)
    assert error_db.item() == pytest.approx(0.0, abs=1e-4)
    torch.testing.assert_close(gains, torch.ones_like(gains))
    # All of it louder: every stem has a gain to its level, none is off within the mix.
    gains, error_db = StemLevels()(4.0 * true, true)
    assert error_db.item() == pytest.approx(0.0, abs=1e-4)
    torch.testing.assert_close(gains, torch.full_like(gains, 0.25))
    # The second as loud as the first: powers 1 and 1 of 2 for 1 and 0.25 of 1.25.
    off = true * torch.tensor([1.0, 2.0])[:, None, None]
    gains, error_db = StemLevels()(off, true)
    torch.testing.assert_close(off * gains, true)
    first = 10.0 * math.log10((1.0 / 2.0) / (1.0 / 1.25))
    second = 10.0 * math.log10((1.0 / 2.0) / (0.25 / 1.25))
    assert error_db.item() == pytest.approx((abs(first) + abs(second)) / 2.0, abs=0.05)


class GivenStems(torch.nn.Module):
    """Answers what goes in, each stem with a gain that it can learn."""

    def __init__(self) -> None:
        super().__init__()
        self.gains = torch.nn.Parameter(torch.ones(2, 1, 1))

    def wet_stems(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.gains * inputs.unflatten(1, (2, 2))


def test_with_levels_apart_a_stem_s_level_costs_its_decibels_alone(noise: torch.Tensor) -> None:
    """The mixture's loss and that of the stems hear a stem that is 3 dB up as if it were not."""
    network = GivenStems()
    wet = torch.stack([noise, 0.5 * noise.roll(3_000, -1)], 1)
    inputs, target = wet.flatten(1, 2), torch.tanh(wet.sum(1))
    config = LossConfig(guard_samples=0, stem_weight=0.5, level_weight=0.25)
    objective = WaveformObjective(network, "train", config)
    with torch.no_grad():
        network.gains[0] = 2.0**0.5
    cost = objective(inputs=inputs, target=target, wet=wet)
    _, error_db = StemLevels()(network.wet_stems(inputs), wet)
    assert error_db.item() > 1.0
    assert cost.item() == pytest.approx(0.25 * error_db.item(), abs=1e-3)
    cost.backward()
    assert network.gains.grad is not None
    assert network.gains.grad[0].item() > 0.0


def test_a_stem_that_is_silent_or_inaudible_has_no_level(noise: torch.Tensor) -> None:
    true = torch.stack([noise, torch.zeros_like(noise), 0.001 * noise], 1)
    found = torch.stack([2.0 * noise, 0.1 * noise, 0.1 * noise], 1).requires_grad_()
    gains, error_db = StemLevels()(found, true)
    assert gains.flatten(1)[:, 1:].eq(1.0).all()
    assert error_db.item() < 1.0
    (gains.sum() + error_db).backward()
    assert found.grad is not None
    assert bool(found.grad.isfinite().all())
