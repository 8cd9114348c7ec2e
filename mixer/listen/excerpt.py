"""Excerpts that differ in nothing but the mix: cut at one place, faded, equally loud."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mixer.dsp.blocks import db_to_gain
from mixer.errors import InputError, SettingsError
from mixer.meters.loudness import integrated_loudness_lufs, short_term_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp

FADE_MS = 50.0
# Above it, converters and resamplers of participants' machines may clip.
CEILING_DBTP = -1.0
SHORTEST_S, LONGEST_S = 3.0, 120.0
_SHORT_TERM_S, _STEP_S = 3.0, 0.1


def check_length(length_s: float) -> None:
    """Raise SettingsError if a length in seconds is not from `SHORTEST_S` to `LONGEST_S`."""
    if not SHORTEST_S <= length_s <= LONGEST_S:
        raise SettingsError(
            f"the excerpts' length must be from {SHORTEST_S:g} to {LONGEST_S:g} s, not {length_s:g}"
        )


def loudest_start(audio: np.ndarray, sample_rate: int, length_s: float) -> int:
    """Start of the loudest stretch of a given length, by short-term loudness.

    Args:
        audio: float32 (channels, samples).
        sample_rate: Hz.
        length_s: seconds, `SHORTEST_S` or more.

    Returns:
        A sample position on the grid of 0.1 s, the first of equals: where the mean power of all
        3 s windows inside the stretch is largest.

    Raises:
        InputError: the audio is shorter than the excerpt, or silent.
    """
    refuse_outside(audio.shape[1], sample_rate, 0.0, length_s)
    power = 10.0 ** (short_term_loudness_lufs(audio, sample_rate) / 10.0)
    n_inside = round((length_s - _SHORT_TERM_S) / _STEP_S) + 1
    sums = np.concatenate([[0.0], np.cumsum(power)])
    if sums[-1] == 0.0:
        raise InputError("the song is silent")
    # Sums of rounded steps may have one window less than the length says.
    means = sums[n_inside:] - sums[:-n_inside] if n_inside < sums.size else sums[-1:]
    start = round(int(np.argmax(means)) * _STEP_S * sample_rate)
    return min(start, audio.shape[1] - round(length_s * sample_rate))


def refuse_outside(n_samples: int, sample_rate: int, start_s: float, length_s: float) -> None:
    """Raise InputError if an excerpt does not lie inside the audio."""
    if start_s < 0.0 or round((start_s + length_s) * sample_rate) > n_samples:
        raise InputError(
            f"an excerpt of {length_s:g} s from {start_s:g} s does not fit into "
            f"{n_samples / sample_rate:.1f} s; choose another --length or --start"
        )


def cut(audio: np.ndarray, start: int, n_samples: int, sample_rate: int) -> np.ndarray:
    """A copy of `n_samples` from `start`, faded in and out over `FADE_MS` by half a cosine."""
    excerpt = np.array(audio[:, start : start + n_samples], dtype=np.float32)
    n_fade = round(FADE_MS / 1000.0 * sample_rate)
    fade = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n_fade) + 0.5) / n_fade)).astype(np.float32)
    excerpt[:, :n_fade] *= fade
    excerpt[:, -n_fade:] *= fade[::-1]
    return excerpt


def gain_towards_db(excerpt: np.ndarray, sample_rate: int, loudness_lufs: float) -> float:
    """Gain in dB that brings an excerpt to an integrated loudness.

    Raises:
        InputError: the excerpt is silent.
    """
    own_lufs = integrated_loudness_lufs(excerpt, sample_rate)
    if not math.isfinite(own_lufs):
        raise InputError("the excerpt is silent; choose another --start")
    return loudness_lufs - own_lufs


def excess_db(excerpt: np.ndarray, sample_rate: int, gain_db: float) -> float:
    """Excess of a true peak over `CEILING_DBTP` after a gain, in dB; negative below it."""
    return true_peak_dbtp(excerpt, sample_rate) + gain_db - CEILING_DBTP


def common_loudness_lufs(excesses_db: Sequence[float], target_lufs: float, lower: bool) -> float:
    """The loudness at which no mix of a test peaks beyond the ceiling.

    Args:
        excesses_db: of every mix at `target_lufs`, see `excess_db`.
        target_lufs: the requested loudness.
        lower: lower all mixes together if one peaks too high; else refuse.

    Raises:
        SettingsError: a mix peaks too high and nothing may be lowered.
    """
    worst_db = max(excesses_db)
    if worst_db <= 0.0:
        return target_lufs
    # To a tenth, so that the loudness is one that people write down.
    lowered_lufs = math.floor((target_lufs - worst_db) * 10.0) / 10.0
    if not lower:
        raise SettingsError(
            f"at {target_lufs:g} LUFS a mix peaks {worst_db:.1f} dB above {CEILING_DBTP:g} dBTP; "
            f"choose --loudness {lowered_lufs:g} or less"
        )
    return lowered_lufs


def with_gain(excerpt: np.ndarray, gain_db: float) -> np.ndarray:
    """The excerpt with a gain in dB applied."""
    return excerpt * np.float32(db_to_gain(gain_db))
