"""Rooms out of noise: a recipe for impulse responses.

A room is float32 `(2, taps)` at the audio's own sample rate, starts with its direct sound, and
each channel has unit energy: convolving noise with it keeps the noise's level.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from mixer.dsp.blocks import FloatArray, filter_stft
from mixer.dsp.fourier import irfft, next_fast_len, rfft

_N_FFT = 2048


@dataclasses.dataclass(frozen=True)
class RoomRecipe:
    """Generated rooms: noise that decays exponentially, faster at high and at low frequencies.

    Attributes:
        high_decay_ratio: reverberation time at 8 kHz over that at 1 kHz.
        low_decay_ratio: reverberation time at 125 Hz over that at 1 kHz.
        build_up_ms: time in which the diffuse field sets in after the direct sound.
    """

    high_decay_ratio: float = 0.45
    low_decay_ratio: float = 1.15
    build_up_ms: float = 4.0

    def draw(
        self, rng: np.random.Generator, sample_rate: int, shortest_s: float, longest_s: float
    ) -> FloatArray:
        """A new room with a reverberation time (60 dB at 1 kHz) drawn evenly between the two."""
        return self.generate(rng, sample_rate, rng.uniform(shortest_s, longest_s))

    def generate(
        self, rng: np.random.Generator, sample_rate: int, reverberation_time_s: float
    ) -> FloatArray:
        """Make a room: independent noise left and right, each octave band with its own decay.

        Args:
            rng: source of the noise; the same state gives the same room.
            sample_rate: Hz.
            reverberation_time_s: time to fall by 60 dB at 1 kHz.
        """
        taps = max(1, int(reverberation_time_s * sample_rate))
        n_fft = next_fast_len(taps)
        noise = rng.standard_normal((2, n_fft)).astype(np.float32)
        spectrum = rfft(noise, axis=-1)
        bin_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
        time_s = np.arange(taps) / sample_rate
        room = np.zeros((2, taps), dtype=np.float32)
        for centre_hz, weight in _octave_bands(bin_hz):
            band = irfft(spectrum * weight.astype(np.float32), n_fft, axis=-1)[:, :taps]
            decay_s = reverberation_time_s * self._decay_ratio(centre_hz)
            room += band * (10.0 ** (-3.0 * time_s / decay_s)).astype(np.float32)
        build_up = 1.0 - np.exp(-time_s / (1e-3 * self.build_up_ms))
        room *= build_up.astype(np.float32)
        # The direct sound: what the reverbs align the dry signal with.
        room[:, 0] = 1.1 * np.abs(room).max()
        return unit_energy(room)

    def _decay_ratio(self, frequency_hz: float) -> float:
        knots = np.log2([125.0, 1_000.0, 8_000.0])
        ratios = np.log([self.low_decay_ratio, 1.0, self.high_decay_ratio])
        return float(np.exp(np.interp(np.log2(frequency_hz), knots, ratios)))


def _octave_bands(bin_hz: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Centres from 63 Hz to 16 kHz and weights over bins: raised cosines in octaves, sum 1."""
    centres_hz = 1_000.0 * 2.0 ** np.arange(-4, 5)
    octave = np.log2(np.maximum(bin_hz, 1e-3) / 1_000.0)
    octave = np.clip(octave, -4.0, 4.0)
    for i, centre_hz in enumerate(centres_hz):
        distance = np.minimum(np.abs(octave - (i - 4)), 1.0)
        yield float(centre_hz), 0.5 + 0.5 * np.cos(np.pi * distance)


def unit_energy(room: FloatArray) -> FloatArray:
    """A room (2, taps), scaled so that its channels have unit energy on average."""
    # One factor for both channels keeps the room's own balance.
    energy = float(np.mean(np.sum(np.square(room, dtype=np.float64), axis=-1)))
    return np.asarray(room / np.sqrt(energy), dtype=np.float32)


def decaying_noise(
    rng: np.random.Generator,
    taps: int,
    sample_rate: int,
    decay_s: float,
    knots_hz: Sequence[float],
    ratios: Sequence[float],
) -> FloatArray:
    """Noise, independent left and right, with its own decay at every frequency.

    Finer than the octaves of `RoomRecipe`, and without a direct sound, for a return that is all
    wet.

    Args:
        rng: source of the noise; the same state gives the same room.
        taps: length in samples.
        sample_rate: Hz.
        decay_s: time to fall by 60 dB where the ratio is 1.
        knots_hz: frequencies at which `ratios` are given.
        ratios: decay time there over `decay_s`; interpolated smoothly over octaves.

    Returns:
        float32 `(2, taps)`, of unit power at its start.
    """
    noise = rng.standard_normal((2, taps)).astype(np.float32)
    bin_hz = np.fft.rfftfreq(_N_FFT, 1.0 / sample_rate)
    octaves = np.log2(np.maximum(bin_hz, 1.0))
    paces = np.exp(np.interp(octaves, np.log2(knots_hz), np.log(ratios)))
    hop_s = 0.5 * _N_FFT / sample_rate

    def decay(first: int, spectra: np.ndarray) -> np.ndarray:
        # Frame i has its middle one hop before its number says, for the silence in front.
        time_s = np.maximum(first + np.arange(spectra.shape[-1]) - 1, 0) * hop_s
        gain = 10.0 ** (-3.0 * time_s / (decay_s * paces[:, np.newaxis]))
        return spectra * gain.astype(np.float32)

    return filter_stft(noise, _N_FFT, decay, out=noise)
