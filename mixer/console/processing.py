"""Run an effect over a stem: block by block, in place, blended with the input.

An effect holds its state from block to block, so memory does not grow with the song.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mixer.console.automation import Automation
from mixer.dsp.blocks import FloatArray, peak, zero_padded
from mixer.dsp.threads import stop_if_asked

BLOCK_SAMPLES = 1 << 16

# Figures of an effect on a stem, by name, ready for JSON; each effect has its own names.
EffectReport = Mapping[str, float | str | None]


class Effect(Protocol):
    """Interface of every effect of a strip.

    Attributes:
        context_samples: number of samples that it needs before and after each block. No effect
            adds latency: the output is aligned with the input.
    """

    context_samples: int

    def process(self, block: FloatArray, start: int) -> FloatArray:
        """Process the next block.

        Args:
            block: float32 `(2, context + samples + context)`; must not be modified.
            start: position of the block's first sample (without context) in the song.

        Returns:
            float32 `(2, samples)`, another array than `block`.
        """
        ...

    def report(self) -> EffectReport:
        """Report of what was done, ready for JSON."""
        ...


def run_effect(effect: Effect, audio: FloatArray, amount: Automation) -> float:
    """Run an effect over a stem, in place.

    Args:
        effect: a new effect, which must not be used again.
        audio: float32 `(2, samples)`.
        amount: 0 leaves every sample unchanged, bit for bit, 1 is the effect alone.

    Returns:
        The largest absolute sample of the result; NaN if it holds a NaN.
    """
    largest = np.float64(0.0)
    context = effect.context_samples
    before = np.zeros((audio.shape[0], context), dtype=np.float32)
    for start in range(0, audio.shape[-1], BLOCK_SAMPLES):
        stop_if_asked()
        stop = min(start + BLOCK_SAMPLES, audio.shape[-1])
        block = zero_padded(audio, start, stop + context)
        if context:
            block = np.concatenate([before, block], axis=-1)
            before = block[:, stop - start : stop - start + context].copy()
        wet = effect.process(block, start)
        out = blend(audio[:, start:stop], wet, amount.over(start, stop))
        audio[:, start:stop] = out
        # While the block is at hand; numpy's maximum hands a NaN on.
        largest = np.maximum(largest, peak(out))
    return float(largest)


def blend(dry: FloatArray, wet: FloatArray, amount: float | np.ndarray) -> FloatArray:
    """Cross-fade; if the amount is 0 or 1 the samples are those of `dry` or `wet` themselves.

    Args:
        dry, wet: float32 `(2, samples)`.
        amount: 0 to 1, one number or one per sample.
    """
    if not isinstance(amount, np.ndarray):
        amount = np.array([amount])
    share = amount.astype(np.float32)
    if np.all(share == 0.0):
        return dry
    if np.all(share == 1.0):
        return wet
    out = wet - dry
    out *= share
    out += dry
    np.copyto(out, dry, where=share == 0.0)
    np.copyto(out, wet, where=share == 1.0)
    return out
