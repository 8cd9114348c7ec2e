"""Losses: the paper's stereo losses, the pre-training loss, and one for wet stems.

Martínez-Ramírez et al., ISMIR 2022, after Martínez-Ramírez, Stoller and Moffat, JAES 69(3), 2021
(stereo spectral loss) and Steinmetz et al., ICASSP 2021 (sum and difference). Output and target are
filtered like the ear, and compared as magnitudes of sum and difference: neither stereo loss can
tell left from right.

Every loss is a mean over the items of a batch, each computed separately, so it does not depend on
how a batch is split between devices.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.run.weighting import k_weighting, loss_taps

N_FFT = 4096
HOP_SAMPLES = 1024
# Added to magnitudes before the logarithm. Float32 leaves a bin uncertain by about a millionth of
# the loudest; the logarithm of such a bin is noise, and so is its gradient. On white noise at
# -20 dBFS, rounding changes the gradient of La by 127 % with a floor of 1e-7 and by 2.6 % with this
# one, where a gain costs 0.04 % less than the formula says. (The published code adds 1e-30.)
MAGNITUDE_FLOOR = 1e-5
# Spectral convergence divides by the target's norm. A target without any difference signal (a mono
# mix) would make that endless; below -40 dB of the whole target its norm counts as -40 dB.
RELATIVE_FLOOR = 1e-2
# And a target below about -70 dBFS altogether counts as one of that level, for the same reason.
SILENT_MAGNITUDE = 1e-2
# A stem 30 dB below its mix is inaudible, and what is below -100 dBFS is silent: neither has a
# level to match.
INAUDIBLE_SHARE = 1e-3
SILENT_POWER = 1e-10


def guard_frames(guard_samples: int) -> int:
    """STFT frames to leave out at each end, so that the network's zero-padding is not judged.

    These are the frames wholly within the guard and two more, as published: 30 for 32 446 samples.
    """
    return max(0, math.ceil((guard_samples - N_FFT) / HOP_SAMPLES + 1) + 1)


def shortest_segment_samples(guard_samples: int) -> int:
    """The shortest segment that still has a frame inside the guard."""
    return N_FFT + 2 * guard_frames(guard_samples) * HOP_SAMPLES


class StereoSpectra(nn.Module):
    """A-weighted, low-passed STFT magnitudes of sum and difference.

    Args:
        guard_samples: samples at each end of a segment that are ignored.
        sample_rate: in Hz.
    """

    taps: Tensor
    window: Tensor

    def __init__(self, guard_samples: int = 0, sample_rate: int = 44_100) -> None:
        super().__init__()
        self.guard_frames = guard_frames(guard_samples)
        self.register_buffer("taps", torch.from_numpy(loss_taps(sample_rate).copy()), False)
        self.register_buffer("window", torch.hann_window(N_FFT).sqrt(), False)

    def forward(self, audio: Tensor) -> Tensor:
        """Compute the magnitudes of sum (index 0) and difference (index 1).

        Args:
            audio: (batch, 2, samples).

        Returns:
            (batch, 2, bins, frames), without the frames in the guard.

        Raises:
            ValueError: the guard leaves nothing.
        """
        # In full precision whatever the network's format: half precision cannot hold the range.
        with torch.autocast(audio.device.type, enabled=False):
            left, right = audio.to(self.taps.dtype).unbind(1)
            both = torch.stack([left + right, left - right], 1)
            spectra = torch.stft(
                self._filtered(both).flatten(0, 1),
                N_FFT,
                HOP_SAMPLES,
                window=self.window,
                center=False,
                return_complex=True,
            )
            magnitudes = spectra.abs().unflatten(0, both.shape[:2])
        guard = self.guard_frames
        if magnitudes.shape[-1] <= 2 * guard:
            raise ValueError(f"{audio.shape[-1]} samples are too few for guards of {guard} frames")
        return magnitudes[..., guard : magnitudes.shape[-1] - guard]

    def _filtered(self, audio: Tensor) -> Tensor:
        """Filter a signal to one of the same length, compensating for the filter's delay."""
        n_samples, n_taps = audio.shape[-1], self.taps.shape[-1]
        n_fft = n_samples + n_taps - 1
        n_fft += -n_fft % 1024  # transforms of odd lengths are slow
        spectrum = torch.fft.rfft(audio, n_fft) * torch.fft.rfft(self.taps, n_fft)
        delay = (n_taps - 1) // 2
        return torch.fft.irfft(spectrum, n_fft)[..., delay : delay + n_samples]


class _SpectralLoss(nn.Module):
    """A distance of magnitudes plus the L1 of log magnitudes, summed over sum and difference.

    Args:
        guard_samples, sample_rate: see `StereoSpectra`.
    """

    def __init__(self, guard_samples: int = 0, sample_rate: int = 44_100) -> None:
        super().__init__()
        self.spectra = StereoSpectra(guard_samples, sample_rate)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """A scalar, 0 for equal magnitudes; both (batch, 2, samples)."""
        found, wanted = self.spectra(output), self.spectra(target)
        distance = self._distance(found, wanted) + _log_distance(found, wanted)
        scalar: Tensor = distance.sum(1).mean()
        return scalar

    def _distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        raise NotImplementedError


class LossA(_SpectralLoss):
    """The paper's La: spectral convergence and L1 of log magnitudes."""

    def _distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        return _spectral_convergence(found, wanted)


class LossB(_SpectralLoss):
    """The paper's Lb: mean squared error of magnitudes and L1 of log magnitudes."""

    def _distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        return (found - wanted).square().mean((-2, -1))


class WaveformLoss(nn.Module):
    """Mean absolute difference of samples, which pre-training of the front-end minimises.

    Args:
        guard_samples: samples at each end that are ignored.
    """

    def __init__(self, guard_samples: int = 0) -> None:
        super().__init__()
        self.guard_samples = guard_samples

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """A scalar; both (..., samples).

        Raises:
            ValueError: the guard leaves nothing.
        """
        stop = output.shape[-1] - self.guard_samples
        if stop <= self.guard_samples:
            raise ValueError(f"{output.shape[-1]} samples are too few for the guards")
        judged = slice(self.guard_samples, stop)
        return functional.l1_loss(output[..., judged].float(), target[..., judged])


class StemLoss(nn.Module):
    """Distance of wet stems from the true ones: spectral L1 relative to the mix.

    A loss on the sum alone leaves the wet stems undetermined: an excess in one may cancel a lack in
    another. The mean distance of each stem's sum and difference magnitudes is divided by the mean
    magnitude of the target mix, so that silent stems contribute only what leaks into them.

    Args:
        guard_samples, sample_rate: see `StereoSpectra`.
    """

    def __init__(self, guard_samples: int = 0, sample_rate: int = 44_100) -> None:
        super().__init__()
        self.spectra = StereoSpectra(guard_samples, sample_rate)

    def forward(self, stems: Tensor, targets: Tensor, mix: Tensor) -> Tensor:
        """A scalar.

        Args:
            stems, targets: (batch, stems, 2, samples).
            mix: the target mix (batch, 2, samples).
        """
        batch, n_stems = stems.shape[:2]
        found = self.spectra(stems.flatten(0, 1))
        wanted = self.spectra(targets.flatten(0, 1))
        distance = (found - wanted).abs().mean((1, 2, 3)).view(batch, n_stems)
        scale = self.spectra(mix).mean((1, 2, 3)).clamp_min(SILENT_MAGNITUDE)
        return (distance.sum(1) / scale).mean()


class StemLevels(nn.Module):
    """Levels of wet stems within their mix, and the gains that bring them to the true levels.

    Levels are K-weighted (ITU-R BS.1770) and ungated, of the power summed over channels.

    Args:
        guard_samples: samples at each end of a segment that are ignored.
        sample_rate: in Hz.
    """

    def __init__(self, guard_samples: int = 0, sample_rate: int = 44_100) -> None:
        super().__init__()
        self.guard_samples = guard_samples
        self.sample_rate = sample_rate

    def forward(self, stems: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Compute matching gains and level errors, both differentiable.

        After its gain is applied, a stem's level no longer affects the other losses, which then do
        not learn it.

        Args:
            stems, targets: (batch, stems, 2, samples).

        Returns:
            (batch, stems, 1, 1), 1 where there is nothing to match; and a scalar, the mean distance
            in dB of the levels within the mix, over the true stems that can be heard.
        """
        found, wanted = self._powers(stems.float()), self._powers(targets)
        mix, target = (self._powers(audio.sum(1, keepdim=True)) for audio in (stems, targets))
        heard = (wanted > target.clamp_min(SILENT_POWER) * INAUDIBLE_SHARE) & (found > SILENT_POWER)
        found = torch.where(heard, found, torch.ones_like(found))
        wanted = torch.where(heard, wanted, torch.ones_like(wanted))
        gains = (wanted / found).sqrt()
        off_db = 10.0 * (
            (found / mix.clamp_min(SILENT_POWER)).log10()
            - (wanted / target.clamp_min(SILENT_POWER)).log10()
        )
        n_heard = heard.sum(1).clamp_min(1)
        error_db = (off_db.abs() * heard).sum(1) / n_heard
        return gains[..., None, None], error_db.mean()

    def _powers(self, audio: Tensor) -> Tensor:
        """Weighted mean squares (batch, stems), channels added, of (batch, stems, 2, samples)."""
        n_samples = audio.shape[-1] - 2 * self.guard_samples
        judged = audio[..., self.guard_samples : self.guard_samples + n_samples]
        n_fft = n_samples + -n_samples % 1024  # transforms of odd lengths are slow
        spectrum = torch.fft.rfft(judged.float(), n_fft)
        weights = torch.from_numpy(k_weighting(n_fft, self.sample_rate).copy()).to(audio.device)
        power = (spectrum.real.square() + spectrum.imag.square()) * weights
        return 2.0 * power.sum((-2, -1)) / (n_fft * n_samples)


def _spectral_convergence(found: Tensor, wanted: Tensor) -> Tensor:
    """|Y - X| / |Y| in the Frobenius norm, for sum and difference (batch, 2)."""
    distance = torch.linalg.vector_norm(found - wanted, dim=(-2, -1))
    norms = torch.linalg.vector_norm(wanted, dim=(-2, -1))
    whole = torch.linalg.vector_norm(norms, dim=1, keepdim=True)
    absolute = SILENT_MAGNITUDE * math.sqrt(wanted.shape[-2] * wanted.shape[-1])
    floors = (RELATIVE_FLOOR * whole).clamp_min(absolute)
    return distance / torch.maximum(norms, floors)


def _log_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of log magnitudes, for sum and difference (batch, 2)."""
    difference = (found + MAGNITUDE_FLOOR).log() - (wanted + MAGNITUDE_FLOOR).log()
    return difference.abs().mean((-2, -1))
