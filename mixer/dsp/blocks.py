"""Pure helpers every room uses: decibels, peak, framing, STFT and its inverse, block convolution.

Everything works block by block, so that the memory it needs beside input and output does not grow
with the length of the audio. Audio is float32 `(channels, samples)`; spectra are complex64
`(channels, bins, frames)`.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixer.dsp.fourier import irfft, next_fast_len, rfft
from mixer.dsp.long_audio import copy_of, gained, parts_of, silence
from mixer.dsp.threads import stop_if_asked

FloatArray = NDArray[np.float32]

# Spectra in flight at once: large enough to amortise Python, small enough to stay in the cache.
BLOCK_SAMPLES = 1 << 17
# A transform alone is computed number by number, four of one length together as vectors.
_TRANSFORMS_AT_ONCE = 4
# Length of a convolution's transforms, in kernels.
_KERNELS_A_TRANSFORM = 4


def db_to_gain(db: ArrayLike) -> np.ndarray:
    """Linear amplitude gain of a level in dB: 10^(dB/20)."""
    return np.asarray(10.0 ** (np.asarray(db, dtype=np.float64) / 20.0))


def gain_to_db(gain: ArrayLike, floor_db: float = -120.0) -> np.ndarray:
    """Level in dB of linear amplitudes, 20 log10|gain|, never below `floor_db`."""
    magnitude = np.abs(np.asarray(gain, dtype=np.float64))
    return np.asarray(20.0 * np.log10(np.maximum(magnitude, 10.0 ** (floor_db / 20.0))))


def power_to_db(power: ArrayLike, least: ArrayLike) -> np.ndarray:
    """Power as a level in dB, of any shape and precision.

    Args:
        power: linear, or a ratio of powers.
        least: the power that anything lower counts as; above 0.
    """
    return np.asarray(10.0 * np.log10(np.maximum(power, least)))


def with_gain(audio: FloatArray, gain_db: float) -> FloatArray:
    """Audio with a gain in dB applied; the same array if the gain is 0."""
    return audio if gain_db == 0.0 else gained(audio, np.float32(db_to_gain(gain_db)))


def sum_of(audios: Sequence[FloatArray]) -> FloatArray:
    """The sum of arrays of one shape, added one after another to save memory."""
    total = copy_of(audios[0])
    for part in parts_of(total):
        for audio in audios[1:]:
            total[..., part] += audio[..., part]
    return total


def as_stereo(audio: FloatArray) -> FloatArray:
    """Mono audio as two equal channels, `(2, samples)`; any other is returned as it is."""
    return np.repeat(audio, 2, axis=0) if audio.shape[0] == 1 else audio


def are_equal(channels: FloatArray) -> bool:
    """Whether the two channels of stereo audio, `(2, samples)`, hold the same samples."""
    return all(np.array_equal(*channels[:, part]) for part in parts_of(channels))


def peak(audio: np.ndarray) -> float:
    """Largest absolute sample of audio of any shape, linear; 0 if there is none.

    NaN if the audio holds a NaN. Allocates nothing.
    """
    if audio.size == 0:
        return 0.0
    largest = 0.0
    for part in parts_of(audio):
        own = float(max(np.max(audio[..., part]), -np.min(audio[..., part])))
        if math.isnan(own):
            return own
        largest = max(largest, own)
    return largest


def peak_dbfs(audio: np.ndarray) -> float:
    """Sample peak in dB relative to full scale; -inf for silence or no samples at all."""
    largest = peak(audio)
    return 20.0 * float(np.log10(largest)) if largest > 0.0 else -np.inf


def root_hann(n_fft: int, dtype: type = np.float32) -> np.ndarray:
    """Root of the periodic Hann window: analysis times synthesis sums to 1 at half overlap.

    Args:
        n_fft: length in samples.
        dtype: np.float32 or np.float64.
    """
    return np.sin(np.pi * np.arange(n_fft) / n_fft).astype(dtype)


def zero_padded(audio: FloatArray, start: int, stop: int) -> FloatArray:
    """Samples `start` to `stop` of audio, with silence before and after it.

    Args:
        audio: `(channels, samples)`.
        start, stop: sample positions; may lie outside of the audio.

    Returns:
        `(channels, stop - start)`: a view where the range lies inside, else a copy.
    """
    n_samples = audio.shape[-1]
    if start >= 0 and stop <= n_samples:
        return audio[..., start:stop]
    padded = np.zeros((*audio.shape[:-1], stop - start), dtype=audio.dtype)
    first, last = max(start, 0), min(stop, n_samples)
    if first < last:
        padded[..., first - start : last - start] = audio[..., first:last]
    return padded


def frame_count(n_samples: int, n_fft: int, hop_length: int) -> int:
    """Number of whole frames in `n_samples`; at least one, which is then zero-padded."""
    return 1 + max(0, n_samples - n_fft) // hop_length


def stft_blocks(
    audio: FloatArray, n_fft: int, hop_length: int, window: np.ndarray, pad_samples: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Short-time Fourier transform, a block of frames at a time.

    Args:
        audio: float32 `(channels, samples)`, taken as if `pad_samples` of silence stood before
            and after it. Frames are not centred: frame 0 starts with the padding.
        n_fft: window length and transform length in samples.
        hop_length: samples from one frame to the next.
        window: `(n_fft,)`. Its type sets the precision: in float32 the transform's own noise lies
            about 140 dB below the loudest bin, which is not enough to measure band-limited audio.

    Yields:
        The number of the block's first frame, and its unscaled spectra, complex64 (complex128
        with a float64 window) `(channels, n_fft // 2 + 1, frames)`.
    """
    for first, span in _spans(audio, n_fft, hop_length, pad_samples):
        yield first, _spectra_of(span, hop_length, window)


def _spans(
    audio: FloatArray, n_fft: int, hop_length: int, pad_samples: int
) -> Iterator[tuple[int, FloatArray]]:
    """The number of each block's first frame, and the samples that its frames cover."""
    n_frames = frame_count(audio.shape[-1] + 2 * pad_samples, n_fft, hop_length)
    per_block = max(1, BLOCK_SAMPLES // n_fft)
    for first in range(0, n_frames, per_block):
        stop_if_asked()
        n_block = min(per_block, n_frames - first)
        start = first * hop_length - pad_samples
        yield first, zero_padded(audio, start, start + (n_block - 1) * hop_length + n_fft)


def _spectra_of(span: FloatArray, hop_length: int, window: np.ndarray) -> np.ndarray:
    """Unscaled spectra of all frames of a span, `(channels, bins, frames)`."""
    is_mono = len(span) == 2 and are_equal(span)
    heard = span[:1] if is_mono else span
    frames = np.lib.stride_tricks.sliding_window_view(heard, len(window), axis=-1)
    spectra = rfft(frames[:, ::hop_length] * window, axis=-1)
    if is_mono:  # transformed once
        spectra = np.repeat(spectra, 2, axis=0)
    return np.moveaxis(spectra, -1, -2)


def filter_stft(
    audio: FloatArray,
    n_fft: int,
    modify: Callable[[int, np.ndarray], np.ndarray],
    out: FloatArray | None = None,
    *,
    is_gain: bool = False,
) -> FloatArray:
    """Short-time filtering: analysis, a change of the spectra, synthesis by overlap-add.

    Root-Hann windows at half overlap, so that unchanged spectra give back their audio. `n_fft`
    samples of silence stand before and after the audio: frame i starts at (i - 2) * n_fft / 2.

    Args:
        audio: float32 `(channels, samples)`.
        n_fft: window and transform length in samples, even.
        modify: called with the number of the first frame and a block of spectra, complex64
            `(channels, bins, frames)`; returns the spectra to synthesise, of the same shape.
        out: where to put the result, `(channels, samples)`; may be `audio` itself.
        is_gain: `modify` multiplies by gains above 0 and does nothing else, so that silence need
            not be transformed.

    Returns:
        float32 `(channels, samples)`.
    """
    if out is None:
        out = silence(*audio.shape)
    window, hop_length = root_hann(n_fft), n_fft // 2
    channels, n_samples = audio.shape
    tail = np.zeros((channels, hop_length), dtype=np.float32)
    silent_frame: np.ndarray | None = None
    for first, span in _spans(audio, n_fft, hop_length, n_fft):
        is_silent = is_gain and not span.any()
        if is_silent and silent_frame is not None:
            # Zeros, whose signs are those that the transforms give them.
            n_block = span.shape[-1] // hop_length - 1
            frames = np.broadcast_to(silent_frame, (channels, n_block, n_fft))
        else:
            frames = np.moveaxis(modify(first, _spectra_of(span, hop_length, window)), -1, -2)
            frames = irfft(frames, n_fft, axis=-1)
            frames *= window
            silent_frame = frames[:, :1].copy() if is_silent else silent_frame
        # Each hop is the first half of a frame and the second half of the one before.
        block = frames[:, :, :hop_length].copy()
        block[:, 1:] += frames[:, :-1, hop_length:]
        block[:, 0] += tail
        tail = frames[:, -1, hop_length:].copy()
        # Only what later frames do not read is written, so `out` may be `audio`.
        start = first * hop_length - n_fft
        samples = block.reshape(channels, -1)
        begin, end = max(start, 0), min(start + samples.shape[-1], n_samples)
        if begin < end:
            out[:, begin:end] = samples[:, begin - start : end - start]
    return out


def convolve(
    audio: FloatArray, kernel: FloatArray, advance_samples: int = 0, out: FloatArray | None = None
) -> FloatArray:
    """Linear convolution by overlap-add, cut to the length of the input.

    Args:
        audio: float32 `(channels, samples)`.
        kernel: float32 `(taps,)` for all channels, or `(channels, taps)`.
        advance_samples: how many samples earlier the result is taken, 0 to `taps - 1`:
            `(taps - 1) // 2` makes a symmetric kernel zero-phase.
        out: where to put the result, `(channels, samples)`; may be `audio` itself.

    Returns:
        float32 `(channels, samples)`: sum over k of kernel[k] audio[n + advance - k].
    """
    if out is None:
        out = silence(*audio.shape)
    for part, result in convolved_parts(audio, kernel, advance_samples):
        out[:, part] = result
    return out


def convolved_parts(
    audio: FloatArray, kernel: FloatArray, advance_samples: int = 0
) -> Iterator[tuple[slice, FloatArray]]:
    """`convolve` part by part, for who adds what comes out to something else.

    Args:
        audio, kernel, advance_samples: as in `convolve`.

    Yields:
        As `filtered_parts`.
    """
    kernel = np.atleast_2d(np.asarray(kernel, dtype=np.float32))
    taps = kernel.shape[-1]
    n_fft = filter_transform_samples(taps, audio.shape[-1])
    response = rfft(kernel, n_fft, axis=-1)[:, np.newaxis]

    def answer(spectra: np.ndarray) -> None:
        spectra *= response

    return filtered_parts(audio, taps, n_fft, answer, advance_samples)


def filter_transform_samples(taps: int, n_samples: int) -> int:
    """Length of the transforms by which so many samples are filtered by so many taps."""
    # Longer ones would be less work a sample, but leave the cache.
    n_fft = next_fast_len(max(1 << 14, _KERNELS_A_TRANSFORM * taps))
    return min(n_fft, next_fast_len(n_samples + taps - 1))


def filtered_parts(
    audio: FloatArray,
    taps: int,
    n_fft: int,
    answer: Callable[[np.ndarray], None],
    advance_samples: int = 0,
) -> Iterator[tuple[slice, FloatArray]]:
    """Audio through linear filters, by overlap-add, part by part.

    Args:
        audio: float32 `(channels, samples)`.
        taps: of the longest filter.
        n_fft: from `filter_transform_samples`.
        answer: turns spectra of the channels into those of what comes out, in place: complex64
            `(channels, blocks, n_fft // 2 + 1)`.
        advance_samples: as in `convolve`.

    Yields:
        Samples of the result, `(channels, part)`, and where they belong. The audio there and before
        is not read again, and may be overwritten.
    """
    channels, n_samples = audio.shape
    step, stop = n_fft - taps + 1, n_samples + advance_samples
    per_group = min(max(1, _TRANSFORMS_AT_ONCE // channels), -(-stop // step))
    blocks = np.zeros((channels, per_group, n_fft), np.float32)
    spectra = np.empty((channels, per_group, n_fft // 2 + 1), np.complex64)
    products, tail = np.empty_like(blocks), np.zeros((channels, taps - 1), np.float32)
    for start in range(0, stop, per_group * step):
        stop_if_asked()
        group = zero_padded(audio, start, start + per_group * step)
        if group.any():
            blocks[:, :, :step] = group.reshape(channels, per_group, step)
            answer(rfft(blocks, axis=-1, out=spectra))
            irfft(spectra, n_fft, axis=-1, out=products)
        else:  # silence needs no transforms: its tail alone is left
            products.fill(0.0)
        for index, product in enumerate(products.swapaxes(0, 1)):
            product[:, : taps - 1] += tail
            tail = product[:, step:].copy()
            # A result is known `advance_samples` or more after the input it replaces.
            to = start + index * step - advance_samples
            first, last = max(to, 0), min(to + step, n_samples)
            if first < last:
                yield slice(first, last), product[:, first - to : last - to]
