"""Front-end and back-end at the full rate, with gradients that store little and skip zeros.

Everything here runs at the sample rate, 64 times faster than the rest of the network, so it takes
nearly all of the time and memory of a training step. Compared with automatic differentiation of the
plain layers:

- a pooled maximum passes its gradient to one front-end frame in a pool: the smoothing filters'
  gradient is gathered from those windows alone;
- |p|, its smoothed version and p x mask are computed again in the backward pass, chunk by chunk,
  and never stored: p is the only full-rate signal that is.

Results and gradients are those of the plain layers up to rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv1d_weight

from mixer.network.fxnorm.parameters import HyperParameters

# Front-end frames per chunk: a chunk of 128 filters fits into a processor's cache; a GPU works best
# with fewer, larger chunks.
_CHUNK_FRAMES = 8192
_CHUNK_FRAMES_CUDA = 131_072


class Analysis(NamedTuple):
    """Output of the front-end.

    Attributes:
        front: p, (batch, filters, front-end frames).
        peaks: largest smoothed |p| in each latent frame, before the softplus, float32 (batch,
            filters, latent frames).
        mean_abs: mean |p| in each latent frame, float32, same shape as `peaks`.
        where: index of the peak's front-end frame within its latent frame, same shape as `peaks`.
    """

    front: Tensor
    peaks: Tensor
    mean_abs: Tensor
    where: Tensor


def analyse(padded: Tensor, kernel: Tensor, smoothing: Tensor, hyper: HyperParameters) -> Analysis:
    """The adaptive front-end.

    Args:
        padded: zero-padded stems (batch, inputs, samples).
        kernel: weights of conv_1 (filters, inputs, kernel).
        smoothing: weights of conv_2 (filters, 1, smoothing frames).
        hyper: the network's hyper-parameters.

    Under autocast the filters run in its data type.
    """
    return Analysis(*_Analyse.apply(padded, kernel, smoothing, hyper))


def synthesise(front: Tensor, mask: Tensor, kernel: Tensor, hyper: HyperParameters) -> Tensor:
    """The mixing back-end: p x mask through the transposed kernels.

    Args:
        front: p, (batch, filters, front-end frames).
        mask: one factor per latent frame (batch, filters, latent frames).
        kernel: weights (filters, outputs, kernel).
        hyper: the network's hyper-parameters.

    Returns:
        (batch, outputs, samples), float32 or wider; starts at the first sample of the padded stems.
    """
    result: Tensor = _Synthesise.apply(front, mask, kernel, hyper)
    return result


def _chunks(n_frames: int, hyper: HyperParameters, device: torch.device) -> list[tuple[int, int]]:
    """Front-end frames of each chunk, in whole latent frames: (first, end), the end exclusive."""
    wanted = _CHUNK_FRAMES_CUDA if device.type == "cuda" else _CHUNK_FRAMES
    size = max(1, wanted // hyper.pool_frames) * hyper.pool_frames
    return [(start, min(n_frames, start + size)) for start in range(0, n_frames, size)]


def _samples(signal: Tensor, start: int, stop: int, hyper: HyperParameters) -> Tensor:
    """Samples on which front-end frames start to stop - 1 depend."""
    stride = hyper.stride_samples
    return signal[..., start * stride : (stop - 1) * stride + hyper.kernel_samples]


def _reach(signal: Tensor, start: int, stop: int, left: int, right: int) -> Tensor:
    """Slice signal[start - left : stop + right] along time, with zeros outside the signal."""
    first, last = start - left, stop + right
    inside = signal[..., max(0, first) : min(signal.shape[-1], last)]
    return functional.pad(inside, (max(0, -first), max(0, last - signal.shape[-1])))


def _compute_type(signal: Tensor) -> torch.dtype:
    device = signal.device.type
    if torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return signal.dtype


def _at_least_float32(signal: Tensor) -> Tensor:
    return signal if signal.dtype == torch.float64 else signal.float()


class _Analyse(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, padded: Tensor, kernel: Tensor, smoothing: Tensor, hyper: HyperParameters
    ) -> tuple[Tensor, ...]:
        kind = _compute_type(padded)
        pool, stride = hyper.pool_frames, hyper.stride_samples
        sides = (hyper.smoothing_left_frames, hyper.smoothing_right_frames)
        with torch.autocast(padded.device.type, enabled=False):
            samples, conv_1, conv_2 = padded.to(kind), kernel.to(kind), smoothing.to(kind)
            batch, filters = padded.shape[0], kernel.shape[0]
            frames = (padded.shape[-1] - hyper.kernel_samples) // stride + 1
            front = samples.new_empty(batch, filters, frames)
            chunks = _chunks(frames, hyper, padded.device)
            for start, stop in chunks:
                heard = _samples(samples, start, stop, hyper)
                front[..., start:stop] = functional.conv1d(heard, conv_1, stride=stride)
            peaks, means, places = [], [], []
            for start, stop in chunks:
                magnitude = _reach(front, start, stop, *sides).abs_()
                smoothed = functional.conv1d(magnitude, conv_2, groups=filters)
                peak, place = functional.max_pool1d(
                    _at_least_float32(smoothed), pool, return_indices=True
                )
                centre = magnitude[..., sides[0] : sides[0] + stop - start]
                blocks = centre.reshape(batch, filters, -1, pool)
                means.append(_at_least_float32(blocks).mean(-1))
                peaks.append(peak)
                places.append(place % pool)
        where = torch.cat(places, -1)
        ctx.save_for_backward(samples, kernel, smoothing, front, where)
        ctx.hyper = hyper
        ctx.mark_non_differentiable(where)
        return front, torch.cat(peaks, -1), torch.cat(means, -1), where

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad_front, grad_peaks, grad_means, _ = grads
        samples, kernel, smoothing, front, where = ctx.saved_tensors
        hyper: HyperParameters = ctx.hyper
        left, right = hyper.smoothing_left_frames, hyper.smoothing_right_frames
        pool, stride = hyper.pool_frames, hyper.stride_samples
        # Time-reversed filter: a frame affects the peaks whose smoothing windows contain it.
        turned = smoothing.to(front.dtype).flip(-1)
        grad_kernel, grad_smoothing = torch.zeros_like(kernel), torch.zeros_like(smoothing)
        grad_samples = torch.zeros_like(samples) if ctx.needs_input_grad[0] else None
        for start, stop in _chunks(front.shape[-1], hyper, front.device):
            chunk = front[..., start:stop]
            magnitude = _reach(front, start, stop, left, right).abs_()
            grad_smoothing += _smoothing_gradient(magnitude, grad_peaks, where, start, stop, hyper)
            sparse = _spread(grad_peaks, where, start, stop, hyper).to(front.dtype)
            grad_magnitude = functional.conv1d(sparse, turned, groups=front.shape[1])
            blocks = grad_magnitude.view(*front.shape[:2], -1, pool)
            blocks += (grad_means[..., start // pool : stop // pool] / pool).unsqueeze(-1)
            total = grad_magnitude.mul_(chunk.sgn()).add_(grad_front[..., start:stop])
            heard = _samples(samples, start, stop, hyper)
            grad_kernel += conv1d_weight(heard, kernel.shape, total, stride=stride)
            if grad_samples is not None:
                part = functional.conv_transpose1d(total, kernel.to(total.dtype), stride=stride)
                _samples(grad_samples, start, stop, hyper).add_(part)
        return grad_samples, grad_kernel, grad_smoothing, None


def _spread(
    grad_peaks: Tensor, where: Tensor, start: int, stop: int, hyper: HyperParameters
) -> Tensor:
    """The peaks' gradients at their front-end frames, zero elsewhere, as a chunk's filters see it.

    Returns:
        (batch, filters, right + chunk + left): frame t is smoothed over t - left ... t + right, so
        a frame of |p| contributes to those from `right` before it to `left` after it.
    """
    pool = hyper.pool_frames
    before, behind = hyper.smoothing_right_frames, hyper.smoothing_left_frames
    first = max(0, (start - before) // pool)
    last = min(where.shape[-1], -(-(stop + behind) // pool))
    values, places = grad_peaks[..., first:last], where[..., first:last]
    blocks = values.new_zeros(*values.shape, pool)
    blocks.scatter_(-1, places.unsqueeze(-1), values.unsqueeze(-1))
    spread = blocks.flatten(-2)  # (batch, filters, front-end frames from first * pool)
    return _reach(spread, start - first * pool, stop - first * pool, before, behind)


def _smoothing_gradient(
    magnitude: Tensor,
    grad_peaks: Tensor,
    where: Tensor,
    start: int,
    stop: int,
    hyper: HyperParameters,
) -> Tensor:
    """The smoothing filters' gradient: each peak's window of |p| times the peak's gradient."""
    pool, taps = hyper.pool_frames, hyper.smoothing_frames
    batch, filters = magnitude.shape[:2]
    frames = slice(start // pool, stop // pool)
    # Window t of `magnitude` is what frame t of the chunk is smoothed over.
    windows = magnitude.reshape(batch * filters, -1).unfold(-1, taps, 1)
    firsts = torch.arange(0, stop - start, pool, device=magnitude.device)
    rows = (where[..., frames] + firsts).reshape(batch * filters, -1)
    channels = torch.arange(batch * filters, device=magnitude.device).unsqueeze(-1)
    chosen = windows[channels, rows]  # (batch * filters, latent frames, taps)
    weights = grad_peaks[..., frames].reshape(batch * filters, 1, -1).to(chosen.dtype)
    gradient = torch.bmm(weights, chosen).view(batch, filters, 1, taps)
    return gradient.to(grad_peaks.dtype).sum(0)


class _Synthesise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, front: Tensor, mask: Tensor, kernel: Tensor, hyper: HyperParameters
    ) -> Tensor:
        ctx.save_for_backward(front, mask, kernel)
        ctx.hyper = hyper
        frames, stride = front.shape[-1], hyper.stride_samples
        with torch.autocast(front.device.type, enabled=False):
            filters = kernel.to(front.dtype)
            length = (frames - 1) * stride + hyper.kernel_samples
            # Overlapping outputs are summed in full precision.
            shape = (front.shape[0], kernel.shape[1], length)
            result = _at_least_float32(front.new_zeros(shape))
            for start, stop in _chunks(frames, hyper, front.device):
                masked = _masked(front, mask, start, stop, hyper)
                decoded = functional.conv_transpose1d(masked, filters, stride=stride)
                _samples(result, start, stop, hyper).add_(decoded)
        return result

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        front, mask, kernel = ctx.saved_tensors
        hyper: HyperParameters = ctx.hyper
        stride, pool = hyper.stride_samples, hyper.pool_frames
        grad_result = grads[0].to(front.dtype)
        filters = kernel.to(front.dtype)
        # A fixed front-end only needs the mask's gradient.
        grad_front = torch.empty_like(front) if ctx.needs_input_grad[0] else None
        grad_kernel = torch.zeros_like(kernel) if ctx.needs_input_grad[2] else None
        grad_mask = torch.empty_like(mask)
        for start, stop in _chunks(front.shape[-1], hyper, front.device):
            heard = _samples(grad_result, start, stop, hyper)
            if grad_kernel is not None:
                masked = _masked(front, mask, start, stop, hyper)
                grad_kernel += conv1d_weight(heard, kernel.shape, masked, stride=stride)
            grad_masked = functional.conv1d(heard, filters, stride=stride)
            _clear_partial(grad_masked, start, stop, front.shape[-1], hyper)
            blocks = grad_masked.view(*front.shape[:2], -1, pool)
            chunk = front[..., start:stop].view_as(blocks)
            frames = slice(start // pool, stop // pool)
            grad_mask[..., frames] = (blocks * chunk).sum(-1)
            if grad_front is not None:
                factors = mask[..., frames].unsqueeze(-1).to(front.dtype)
                torch.mul(blocks, factors, out=grad_front[..., start:stop].view_as(blocks))
        return grad_front, grad_mask, grad_kernel, None


def _masked(front: Tensor, mask: Tensor, start: int, stop: int, hyper: HyperParameters) -> Tensor:
    """p x mask of a chunk, zero where a filter reaches beyond the signal, as published."""
    pool = hyper.pool_frames
    chunk = front[..., start:stop].view(*front.shape[:2], -1, pool)
    factors = mask[..., start // pool : stop // pool].unsqueeze(-1).to(front.dtype)
    masked = (chunk * factors).flatten(-2)
    _clear_partial(masked, start, stop, front.shape[-1], hyper)
    return masked


def _clear_partial(
    chunk: Tensor, start: int, stop: int, n_frames: int, hyper: HyperParameters
) -> None:
    """Zero the frames of a chunk whose filters do not lie wholly inside the signal, in place."""
    chunk[..., : max(0, hyper.first_whole_frame - start)] = 0
    last = n_frames - hyper.frames_after_last_whole
    if stop > last:
        chunk[..., max(0, last - start) :] = 0
