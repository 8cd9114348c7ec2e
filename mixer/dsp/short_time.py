"""Short-time Fourier transforms there and back at half overlap, in buffers that are used again.

For code that works on several signals block by block: `mixer.dsp.blocks` has the plain transforms.
Spectra are float32 `(channels, frames, n_fft + 2)`, real and imaginary parts side by side as they
lie in memory, so that a real gain is one product of two arrays. `n_fft` samples of silence stand
before and after the audio: with hops of `n_fft / 2` samples, frame i covers hops i - 2 and i - 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.dsp.blocks import FloatArray, are_equal, root_hann
from mixer.dsp.fourier import irfft, rfft

# Samples that are looked at before others: most sounds tell by their first ones. Then samples this
# far apart, which are fewer than all of them.
_FIRST, _FEW = 64, 61


def is_silent(span: FloatArray) -> bool:
    """Whether all samples are zero."""
    first, few = span[..., :_FIRST], span[..., ::_FEW]
    return not (first.any() or few.any() or span.any())


def distinct_channels(span: FloatArray) -> FloatArray:
    """`(1 or 2, samples)` without the second channel if it holds the same samples as the first."""
    if len(span) == 1:
        return span
    first, few = span[:, :_FIRST], span[:, ::_FEW]
    is_mono = np.array_equal(*first) and np.array_equal(*few) and are_equal(span)
    return span[:1] if is_mono else span


class Analysis:
    """Spectra of windows at half overlap, a block at a time.

    Args:
        n_fft: window and transform length in samples, even.
        n_frames: most frames of a block.
        window: float32 `(n_fft,)`; root-Hann by default.
    """

    def __init__(self, n_fft: int, n_frames: int, window: FloatArray | None = None) -> None:
        self._n_fft, self._hop = n_fft, n_fft // 2
        self._window = root_hann(n_fft) if window is None else window
        self._frames = np.empty((n_frames, n_fft), np.float32)
        self._spectra = np.empty((2, n_frames, n_fft // 2 + 1), np.complex64)

    def of(self, span: FloatArray) -> FloatArray:
        """Spectra of a span of whole hops, `(1 or 2, samples)`, until the next call."""
        n_channels, hop = len(span), self._hop
        n_frames = span.shape[1] // hop - 1
        frames, spectra = self._frames[:n_frames], self._spectra[:n_channels, :n_frames]
        # A channel at a time stays in the cache from one step to the next.
        for channel, spectrum in zip(span, spectra, strict=True):
            hops = channel.reshape(-1, hop)
            np.multiply(hops[:-1], self._window[:hop], out=frames[:, :hop])
            np.multiply(hops[1:], self._window[hop:], out=frames[:, hop:])
            rfft(frames, out=spectrum)
        return spectra.view(np.float32)


class Synthesis:
    """Overlap-add of changed spectra into audio, a block after another, from a frame on.

    Args:
        out: channels, `(samples,)` each and of one length, filled.
        n_fft: as in `Analysis`.
        n_frames: most frames of a block.
    """

    def __init__(self, out: Sequence[FloatArray], n_fft: int, n_frames: int) -> None:
        self._out, self._n_fft, self._hop = out, n_fft, n_fft // 2
        self._window = root_hann(n_fft)
        # The first place is for the last frame of the block before, whose second half is kept.
        self._frames = np.zeros((n_frames + 1, n_fft), np.float32)
        self._tails = np.zeros((len(out), n_fft // 2), np.float32)
        self._has_tail = False

    def begin(self) -> None:
        """Go on at another place: the next frame follows none."""
        self._has_tail = False

    def add(self, first: int, spectra: FloatArray) -> None:
        """Add frames from number `first` on; hops that both their frames have reached are written.

        Args:
            first: number of the block's first frame.
            spectra: `(channels, frames, n_fft + 2)`.
        """
        n_frames, hop = spectra.shape[1], self._hop
        from_frame = 0 if self._has_tail else 1
        start = (first + from_frame - 2) * hop
        frames = self._frames[: n_frames + 1]
        made = frames[1:]
        # A channel at a time stays in the cache from one step to the next.
        for out, spectrum, tail in zip(
            self._out, spectra.view(np.complex64), self._tails, strict=True
        ):
            irfft(spectrum, self._n_fft, out=made)
            made *= self._window
            # The second half of a frame and the first half of the next one share a hop.
            frames[0, hop:] = tail
            _write_sum(out, start, frames[from_frame:-1, hop:], frames[from_frame + 1 :, :hop])
            tail[:] = frames[-1, hop:]
        self._has_tail = True


def _write_sum(out: FloatArray, start: int, before: FloatArray, after: FloatArray) -> None:
    """Write the sum of two halves of frames, `(hops, hop)`, where they lie within the audio."""
    stop, n_samples = start + before.size, len(out)
    if start >= 0 and stop <= n_samples:
        np.add(before, after, out=out[start:stop].reshape(before.shape))
        return
    begin, end = max(start, 0), min(stop, n_samples)
    if begin < end:
        out[begin:end] = (before + after).ravel()[begin - start : end - start]
