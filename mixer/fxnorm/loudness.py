"""Loudness normalisation: bring a stem to the profile's integrated loudness, without clipping."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import FloatArray, db_to_gain, peak
from mixer.dsp.long_audio import silence
from mixer.fxnorm.profile import StemFields
from mixer.fxnorm.stage import ChannelGains, EffectReport, Measured, Stage, Task
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs

# The profile was measured with this much silence around each stem, see
# `integrated_loudness_lufs`.
PADDING_SAMPLES = 65_536


class LoudnessReport(TypedDict):
    """The gain in dB, None if there was none, and whether the peak limited it."""

    gain_db: float | None
    held_by_peak: bool


def match_loudness(
    audio: FloatArray,
    sample_rate: int,
    target_lufs: float,
    amount: float = 1.0,
    out: FloatArray | None = None,
) -> tuple[FloatArray, LoudnessReport]:
    """One gain to the target, then down to full scale if the peak exceeds it.

    A peaky stem therefore lands below its target. Audio without loudness (under -70 LUFS) is left
    as it is.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
        target_lufs: integrated loudness by the coefficients of `COOKBOOK_FILTER`.
        amount: 0 to 1, share of the gain in dB.
        out: where to put the result; may be `audio` itself.

    Returns:
        float32 `(channels, samples)`, and what was done: the gain in dB, None if there was none,
        and whether the peak held it back.
    """
    if out is None:
        out = silence(*audio.shape)
    loudness_lufs = integrated_loudness_lufs(audio, sample_rate, COOKBOOK_FILTER, PADDING_SAMPLES)
    if not np.isfinite(loudness_lufs) or amount == 0.0:
        out[:] = audio
        return out, {"gain_db": None, "held_by_peak": False}
    gain = float(db_to_gain(amount * (target_lufs - loudness_lufs)))
    largest = gain * peak(audio)
    held_by_peak = largest > 1.0
    if held_by_peak:
        gain /= largest
    np.multiply(audio, np.float32(gain), out=out)
    if held_by_peak:
        # One rounding may leave the largest sample a hair above full scale.
        np.clip(out, -1.0, 1.0, out=out)
    return out, {"gain_db": 20.0 * float(np.log10(gain)), "held_by_peak": held_by_peak}


def _apply(x: FloatArray, task: Task) -> EffectReport:
    target_lufs = task.profile.stem(task.stem).loudness_lufs
    return match_loudness(x, task.sample_rate, target_lufs, task.amount("loudness"), out=x)[1]


def _measure(audio: FloatArray, sample_rate: int) -> np.ndarray | None:
    loudness_lufs = integrated_loudness_lufs(audio, sample_rate, COOKBOOK_FILTER, PADDING_SAMPLES)
    return np.array([loudness_lufs]) if np.isfinite(loudness_lufs) else None


def _fields(
    loudness_lufs: np.ndarray, stem: str, sample_rate: int, bands_hz: Sequence[float]
) -> StemFields:
    return {"loudness_lufs": float(loudness_lufs[0])}


def _gains(report: LoudnessReport, task: Task) -> ChannelGains:
    gain = 1.0 if report["gain_db"] is None else float(db_to_gain(report["gain_db"]))
    return ChannelGains(gains=(gain, gain))


LOUDNESS = Stage(_apply, takes_amount=True, measured=Measured(_measure, _fields), gains=_gains)
