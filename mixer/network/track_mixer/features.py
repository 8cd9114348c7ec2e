"""The track mixer's inputs for a track: power in bands while it plays, and how it moves.

A track is listened to once, in blocks as they are read, in memory that hardly grows with its
length (a few numbers for each 23 ms). A mono recording is read as one channel and stands for two
equal ones, so that its level is that which it has in the middle of a mix, at no cost of a second
transform. Training and rendering listen by this same code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, are_equal, peak
from mixer.dsp.erb_bands import band_weights, k_weights
from mixer.dsp.short_time import Analysis
from mixer.meters.loudness import LUFS_OFFSET_DB, RELATIVE_GATE_LU
from mixer.network.track_mixer.parameters import N_BANDS

# At 44.1 or 48 kHz; `window_samples` keeps the time at other rates.
_WINDOW_S = 2048 / 44_100
# Power below this is silence: -120 dB.
POWER_FLOOR = 1e-12
FLOOR_DB = -120.0
# Loudness is gated as in BS.1770: blocks of about 400 ms, a quarter apart.
STEP_FRAMES, STEPS_A_BLOCK = 4, 4
_LOWEST_LUFS, _HIGHEST_LUFS = -70, 30
# Channels that differ by less than this share of the peak are one: 60 dB, more than a codec adds.
_EQUAL_WITHIN = 1e-3
# So are those that differ by the dither of 16 bits, two steps at most, however soft they are.
_EQUAL_WITHIN_DITHER = 2.1 / 32_768
# Left, right, and the real part of what they have in common; the three are one of a mono recording.
_PARTS = {1: 1, 2: 3}


@dataclass(frozen=True)
class TrackLevels:
    """A track as it was recorded.

    Attributes:
        powers: float32 (left, right, cross; bands), mean over the blocks that count for its
            loudness; cross is the mean of left times right. A mono recording has three equal rows.
        frame_db: float32 (frames,), K-weighted level of both channels together, in LUFS.
        peak_db: float32 (frames,), largest sample of either channel within a hop, in dBFS.
        n_channels: of the source: 1 for a mono recording, and for one whose two channels are equal.
    """

    powers: NDArray[np.float32]
    frame_db: NDArray[np.float32]
    peak_db: NDArray[np.float32]
    n_channels: int

    @property
    def loudness_lufs(self) -> float:
        """Integrated loudness as it is in the middle of a mix; -inf for silence."""
        weighted = float((self.powers[:2].astype(np.float64) @ k_weights(N_BANDS)).sum())
        if weighted <= POWER_FLOOR:
            return -np.inf
        return LUFS_OFFSET_DB + 10.0 * float(np.log10(weighted))


def window_samples(sample_rate: int) -> int:
    """Length of the transform: even, of about 46 ms."""
    return 2 * round(0.5 * _WINDOW_S * sample_rate)


def equal_within(largest: float) -> float:
    """By how much two channels may differ and still be one recording.

    Args:
        largest: sample of either channel, linear.
    """
    return max(_EQUAL_WITHIN * largest, _EQUAL_WITHIN_DITHER)


class _Buffers:
    """Spectra and their products, in memory that is used again.

    New memory for each block would cost as much as the transforms.
    """

    def __init__(self, n_fft: int, n_frames: int) -> None:
        self.n_frames = n_frames
        # One-sided spectrum: every bin counts twice. The window's energy is half its length.
        self._scale = np.float32(4.0 / n_fft**2)
        self._analysis = Analysis(n_fft, n_frames)
        self._both = np.empty((n_frames, n_fft + 2), np.float32)
        self._products = np.empty((_PARTS[2], n_frames, n_fft // 2 + 1), np.float32)

    def products(self, span: FloatArray) -> FloatArray:
        """Power by bin of each channel, and of two their cross, (1 or 3, frames, bins)."""
        spectra = self._analysis.of(span)
        n_channels, n_frames, _ = spectra.shape
        pairs = ((0, 0), (1, 1), (0, 1)) if n_channels == 2 else ((0, 0),)
        products, both = self._products[: len(pairs), :n_frames], self._both[:n_frames]
        for (one, other), product in zip(pairs, products, strict=True):
            np.multiply(spectra[one], spectra[other], out=both)
            np.add(both[:, ::2], both[:, 1::2], out=product)
            product *= self._scale
        return products


class TrackListener:
    """Listens to one track, block by block.

    Args:
        sample_rate: in Hz.
        n_channels: 1 or 2.
    """

    def __init__(self, sample_rate: int, n_channels: int) -> None:
        self._n_fft = window_samples(sample_rate)
        self._hop = self._n_fft // 2
        self._n_channels = n_channels
        self._buffers = _Buffers(self._n_fft, 0)
        self._weights = band_weights(N_BANDS, self._n_fft, sample_rate)
        self._k_weights = k_weights(N_BANDS)
        # A window of silence in front, as after: every sample is in two frames.
        self._tail = np.zeros((n_channels, self._hop), np.float32)
        self._apart = self._peak = 0.0
        self._frames: list[NDArray[np.float32]] = []
        self._peaks: list[NDArray[np.float32]] = []
        self._n_parts = _PARTS[n_channels]
        self._steps = np.zeros((0, self._n_parts, N_BANDS), np.float32)
        self._rest = np.zeros((0, self._n_parts, N_BANDS), np.float32)
        n_levels = _HIGHEST_LUFS - _LOWEST_LUFS + 1
        self._by_level = np.zeros((n_levels, self._n_parts, N_BANDS))
        self._counts = np.zeros(n_levels)
        self._is_at_rest = False

    def listen(self, audio: FloatArray) -> None:
        """Hear the next samples, float32 (channels, samples), any number of them.

        Raises:
            ValueError: the number of channels is not the one given at the beginning.
        """
        if audio.shape[0] != self._n_channels:
            raise ValueError(f"the track has {self._n_channels} channels, not {audio.shape[0]}")
        if self._is_at_rest and not audio.any():
            self._pass_over(audio.shape[1])
            return
        if self._n_channels == 2 and audio.size:
            self._apart = max(self._apart, peak(audio[0] - audio[1]))
            self._peak = max(self._peak, peak(audio))
        span = np.concatenate([self._tail, audio], axis=1)
        n_frames = max(0, span.shape[1] - self._n_fft + self._hop) // self._hop
        if n_frames:
            self._hear(span[:, : (n_frames + 1) * self._hop])
        self._tail = span[:, n_frames * self._hop :]
        # The state for the next frames and blocks is silence as well.
        kept = self._tail, self._rest, self._steps
        self._is_at_rest = not span.any() and not any(part.any() for part in kept)

    def _pass_over(self, n_samples: int) -> None:
        """Go on as after so many samples of silence at rest, which no block of it counts."""
        n_frames, n_tail = divmod(self._tail.shape[1] + n_samples - self._hop, self._hop)
        if n_frames <= 0:
            self._tail = np.zeros((self._n_channels, self._tail.shape[1] + n_samples), np.float32)
            return
        self._tail = np.zeros((self._n_channels, self._hop + n_tail), np.float32)
        self._frames.append(_lufs(np.zeros(n_frames)).astype(np.float32))
        self._peaks.append(_peaks_db(np.zeros(n_frames, np.float32)))
        n_steps, n_rest = divmod(len(self._rest) + n_frames, STEP_FRAMES)
        n_kept = min(len(self._steps) + n_steps, STEPS_A_BLOCK - 1)
        self._rest = np.zeros((n_rest, self._n_parts, N_BANDS), np.float32)
        self._steps = np.zeros((n_kept, self._n_parts, N_BANDS), np.float32)

    def finish(self) -> TrackLevels:
        """Return the features; the listener cannot be used afterwards."""
        missing = 2 * self._hop - self._tail.shape[1] % self._hop
        self.listen(np.zeros((self._n_channels, missing), np.float32))
        if self._counts.sum() == 0.0 and len(self._rest):
            # Shorter than a block: all there is.
            self._add_blocks(self._rest.mean(axis=0, keepdims=True))
        return TrackLevels(
            np.repeat(self._gated().astype(np.float32), _PARTS[2] // self._n_parts, axis=0),
            _joined(self._frames),
            _joined(self._peaks),
            1 if self._apart <= equal_within(self._peak) else self._n_channels,
        )

    def _hear(self, span: FloatArray) -> None:
        parts = self._powers(span)
        frame_db = self._loudness(parts)
        self._frames.append(frame_db.astype(np.float32))
        hops = np.abs(span).max(axis=0).reshape(-1, self._hop)[1:]
        self._peaks.append(_peaks_db(hops.max(axis=1)))
        self._rest = np.concatenate([self._rest, parts])
        n_steps = len(self._rest) // STEP_FRAMES
        shape = n_steps, STEP_FRAMES, self._n_parts, N_BANDS
        whole = self._rest[: n_steps * STEP_FRAMES].reshape(shape)
        self._rest = self._rest[n_steps * STEP_FRAMES :]
        steps = np.concatenate([self._steps, whole.mean(axis=1)])
        n_blocks = len(steps) - STEPS_A_BLOCK + 1
        if n_blocks > 0:
            shifted = [steps[i : i + n_blocks] for i in range(STEPS_A_BLOCK)]
            self._add_blocks(np.mean(shifted, axis=0))
            steps = steps[n_blocks:]
        self._steps = steps

    def _powers(self, span: FloatArray) -> NDArray[np.float32]:
        """Power in bands of each frame of a span, float32 (frames, parts, bands)."""
        n_frames = span.shape[1] // self._hop - 1
        if not span.any():
            return np.zeros((n_frames, self._n_parts, N_BANDS), np.float32)
        if n_frames > self._buffers.n_frames:
            self._buffers = _Buffers(self._n_fft, n_frames)
        # Equal channels are transformed once.
        heard = span[:1] if len(span) == 1 or are_equal(span) else span
        parts = self._buffers.products(heard)
        if len(parts) == 1:
            return np.repeat((parts[0] @ self._weights.T)[:, None], self._n_parts, axis=1)
        return np.stack([part @ self._weights.T for part in parts], axis=1)

    def _loudness(self, parts: NDArray[np.floating]) -> NDArray[np.float64]:
        """In LUFS, (...), of powers (..., parts, bands)."""
        left, right = parts[..., 0, :], parts[..., self._n_channels - 1, :]
        return _lufs((left + right) @ self._k_weights)

    def _add_blocks(self, blocks: NDArray[np.float32]) -> None:
        level = self._loudness(blocks)
        place = np.floor(np.minimum(level, _HIGHEST_LUFS) - _LOWEST_LUFS).astype(int)
        heard = place >= 0
        np.add.at(self._by_level, place[heard], blocks[heard])
        np.add.at(self._counts, place[heard], 1.0)

    def _gated(self) -> NDArray[np.float64]:
        n_blocks = self._counts.sum()
        if n_blocks == 0:
            return np.zeros((self._n_parts, N_BANDS))
        mean = self._by_level.sum(axis=0) / n_blocks
        gate = self._loudness(mean) + RELATIVE_GATE_LU
        first = max(0, int(np.floor(gate - _LOWEST_LUFS)))
        counted = self._counts[first:].sum()
        return np.asarray(self._by_level[first:].sum(axis=0) / max(counted, 1.0))


def listen_to(audio: FloatArray, sample_rate: int) -> TrackLevels:
    """Listen to a whole track, float32 (channels, samples)."""
    listener = TrackListener(sample_rate, audio.shape[0])
    for start in range(0, audio.shape[1], 1 << 16):
        listener.listen(audio[:, start : start + (1 << 16)])
    return listener.finish()


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    if not parts:
        return np.zeros(0, np.float32)
    return np.concatenate(parts)


def _peaks_db(largest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest samples, linear, in dBFS."""
    peaks_db = 20.0 * np.log10(np.maximum(largest, 1e-6))
    return np.asarray(peaks_db, np.float32)


def _lufs(weighted: NDArray[np.float64]) -> NDArray[np.float64]:
    """K-weighted power, summed over channels, in LUFS."""
    return np.asarray(LUFS_OFFSET_DB + 10.0 * np.log10(np.maximum(weighted, POWER_FLOOR)))
