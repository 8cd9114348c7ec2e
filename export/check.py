"""The signal that a bundle is checked with, and PyTorch's answer to it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from mixer.network.band_mixer.run import LEVEL_INPUTS, mix_by_bands
from mixer.network.manifest import AnyParameters
from mixer.network.output import Output
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from training.checkpoint import AnyNetwork
from training.networks.band_mixer import BandMixer
from training.networks.wave_u_net import WaveUNet

Audio = NDArray[np.float32]

# Half a second: several chunks of the streaming runtime, and a multiple of nothing.
CHECK_SAMPLES = 20_011
SAMPLE_RATE = 44_100
_FULL_SCALE = 1 << 15
_SEED = 20_220_828


def moving_noise(generator: np.random.Generator, n_channels: int, n_samples: int) -> Audio:
    """Noise at about -26 dBFS whose level moves by 20 dB a few times a second, as music does."""
    seconds = np.arange(n_samples) / 44_100.0
    phases = generator.uniform(0.0, 2.0 * np.pi, (n_channels, 1))
    envelope = 10.0 ** (0.5 * (np.sin(2.0 * np.pi * 3.0 * seconds + phases) - 1.0))
    noise = generator.standard_normal((n_channels, n_samples))
    return (0.1 * envelope * noise).astype(np.float32)


def check_signal(hyper: AnyParameters) -> Audio:
    """The stored input (inputs, samples): the same each time, and exact in 16 bits."""
    n_samples = CHECK_SAMPLES
    if isinstance(hyper, WaveUNetParameters):
        n_samples = min(n_samples, hyper.output_samples)  # one segment: no fades to work out
    noise = moving_noise(np.random.default_rng(_SEED), hyper.n_inputs, n_samples)
    return quantised(noise).astype(np.float32) / np.float32(_FULL_SCALE)


def quantised(signal: Audio) -> NDArray[np.int16]:
    """16-bit little-endian samples; full scale is 2^15."""
    limits = (-_FULL_SCALE, _FULL_SCALE - 1)
    return np.clip(np.rint(signal * np.float32(_FULL_SCALE)), *limits).astype("<i2")


def pytorch_answer(network: AnyNetwork, stems: Audio) -> Audio:
    """The mix (channels, samples) that the network itself makes of (inputs, samples).

    Args:
        network: of any kind. A band mixer's settings are PyTorch's; the console that they are set
            on is the runtime's own.
        stems: for a Wave-U-Net, at most a segment.
    """
    if isinstance(network, BandMixer):
        return band_mixer_answer(network, stems).mix
    with torch.inference_mode():
        if not isinstance(network, WaveUNet):
            mix: Audio = network(torch.from_numpy(stems[None]))[0].numpy()
            return mix
        hyper = network.hyper
        # Rendered as what it was trained on, a segment: behind wrapped audio, zeros around it.
        n_samples = stems.shape[1]
        missing = hyper.output_samples - n_samples
        wrapped = np.pad(stems, ((0, 0), (missing, 0)), mode="wrap")
        segment = torch.from_numpy(wrapped[None])
        answer: Audio = network.mix_whole(segment)[0, :, missing:].numpy()
        return answer


def band_mixer_answer(network: BandMixer, stems: Audio, sample_rate: int = SAMPLE_RATE) -> Output:
    """Mix and wet stems of (inputs, samples) with settings worked out by PyTorch."""
    hyper = network.hyper

    def predict(levels: dict[str, Audio]) -> list[Audio]:
        with torch.inference_mode():
            settings = network.eval()(*(torch.from_numpy(levels[name]) for name in LEVEL_INPUTS))
        return [value.numpy() for value in settings]

    listed = np.split(np.ascontiguousarray(stems), hyper.n_stems)
    names = [str(place) for place in range(hyper.n_stems)]
    return mix_by_bands(predict, listed, names, hyper, sample_rate, wet_stems=True)
