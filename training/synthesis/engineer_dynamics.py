"""Compression set by what a track does, on tracks and on the bus; saturation.

- How much: Ma et al., "Intelligent multitrack dynamic range compression" (JAES 2015), compress a
  track more if its level varies more, or if it is more percussive, than the others. Here
  the wanted gain reduction of its role is scaled by how far its loud frames stand out.
- Threshold: if the wanted reduction is met on the loud parts (95th percentile of the envelope).
- Attack and release from the crest factor C: attack 2 x 80 ms / C^2, release 2 x 1 s / C^2 less the
  attack (Giannoulis, Massberg and Reiss, "Parameter automation in a dynamic range compressor", JAES
  2013).

Channels are linked, so that nothing moves sideways. The gain is worked out at one value for 32
samples (0.7 ms) and interpolated: attacks are 2 ms and slower.
"""

from __future__ import annotations

import numpy as np

from mixer.console.automation import Automation
from mixer.console.processing import run_effect
from mixer.console.saturation import SaturationEffect
from mixer.console.settings import Compressor, Saturation
from mixer.fxnorm.compression import CompressorSettings, compress
from training.synthesis.engineer_hearing import Heard
from training.synthesis.engineer_roles import Role

ENVELOPE_SAMPLES = 32
LOUD_PERCENTILE = 95.0
ATTACK_MS, RELEASE_MS = (2.0, 60.0), (40.0, 600.0)
GLUE_RATIO, GLUE_ATTACK_MS = 2.0, 25.0
# Spread at which a role's usual reduction is applied, and that at which none is.
USUAL_SPREAD_DB, NO_SPREAD_DB = 7.0, 2.0
LEAST_REDUCTION_DB = 0.7


def envelope(audio: np.ndarray) -> np.ndarray:
    """Largest magnitude over the channels in every 32 samples, float32 `(blocks,)`."""
    n_blocks = -(-audio.shape[-1] // ENVELOPE_SAMPLES)
    largest = np.zeros(n_blocks * ENVELOPE_SAMPLES, dtype=np.float32)
    np.max(np.abs(audio), axis=0, out=largest[: audio.shape[-1]])
    return largest.reshape(n_blocks, ENVELOPE_SAMPLES).max(axis=-1)


def loud_db(envelope_of: np.ndarray) -> float:
    """Level of the loud parts of what is played, dBFS; -120 for silence."""
    level_db = 20.0 * np.log10(np.maximum(envelope_of, 1e-6))
    # Rests and tails would pull the percentile down to levels that nobody hears as the track.
    playing = level_db[level_db > level_db.max() - 40.0]
    return float(np.percentile(playing, LOUD_PERCENTILE))


def choose_compressor(
    sound: Heard,
    loud_dbfs: float,
    role: Role,
    scale: float,
    rng: np.random.Generator,
) -> Compressor | None:
    """Settings for one track; None if it needs none.

    Args:
        sound: the track, not silent.
        loud_dbfs: level of its loud parts at the compressor's input.
        role: the track's role, with its usual compression.
        scale: factor on the wanted gain reduction.
        rng: draws ratio and usual reduction within the role's ranges.
    """
    ratio, usual_db = rng.uniform(*role.ratio), rng.uniform(*role.reduction_db)
    unevenness = (sound.spread_db() - NO_SPREAD_DB) / (USUAL_SPREAD_DB - NO_SPREAD_DB)
    reduction_db = usual_db * scale * float(np.clip(unevenness, 0.2, 1.6))
    if reduction_db < LEAST_REDUCTION_DB:
        return None
    # A sine's crest factor is 3 dB: what reads less is clipped, and needs no slower times.
    crest_squared = 10.0 ** (max(sound.crest_factor_db(), 3.0) / 10.0)
    attack_ms = 160.0 / crest_squared
    release_ms = 2_000.0 / crest_squared - attack_ms
    return Compressor(
        # A level over the threshold is lowered by (1 - 1 / ratio) of the excess: solved for the
        # threshold that lowers the loud parts by the wanted reduction.
        threshold_db=float(max(loud_dbfs - reduction_db / (1.0 - 1.0 / ratio), -80.0)),
        ratio=float(ratio),
        attack_ms=float(np.clip(attack_ms, *ATTACK_MS)),
        release_ms=float(np.clip(release_ms, *RELEASE_MS)),
    )


def choose_glue(
    loud_dbfs: float, reduction_db: float, tempo_bpm: float, rng: np.random.Generator
) -> Compressor:
    """Settings of the bus compressor: ratio 2, slow attack, released within about half a beat."""
    return Compressor(
        threshold_db=float(max(loud_dbfs - reduction_db / (1.0 - 1.0 / GLUE_RATIO), -80.0)),
        ratio=GLUE_RATIO,
        attack_ms=GLUE_ATTACK_MS,
        release_ms=float(np.clip(30_000.0 / tempo_bpm * rng.uniform(0.4, 0.8), 80.0, 400.0)),
    )


def reduction_gain(envelope_of: np.ndarray, sample_rate: int, compressor: Compressor) -> np.ndarray:
    """Linear gain of a compressor for every block of an envelope, float32 `(blocks,)`."""
    settings = CompressorSettings(
        float(np.asarray(compressor.attack_ms)), float(np.asarray(compressor.release_ms)), 1
    )
    # The envelope is compressed as a signal; the ratio of output to input is the gain.
    level = np.maximum(envelope_of, np.float32(1e-6))
    ratio, threshold_db = (
        float(np.asarray(value)) for value in (compressor.ratio, compressor.threshold_db)
    )
    rate = round(sample_rate / ENVELOPE_SAMPLES)
    return compress(level, rate, ratio, threshold_db, settings) / level


def at_samples(gain: np.ndarray, n_samples: int) -> np.ndarray:
    """Block gains as a gain for every sample, linear between the blocks' starts, float32."""
    knots = np.append(gain, gain[-1]).astype(np.float32)
    share = np.arange(ENVELOPE_SAMPLES, dtype=np.float32) / np.float32(ENVELOPE_SAMPLES)
    curve = knots[:-1, np.newaxis] + np.diff(knots)[:, np.newaxis] * share
    return np.asarray(curve.reshape(-1)[:n_samples])


def choose_saturation(loud_dbfs: float, over_knee_db: float) -> Saturation:
    """Drive that raises the loud parts to 6 dB below the knee of the curve, plus `over_knee_db`.

    Args:
        loud_dbfs: level of the loud parts.
        over_knee_db: further drive in dB.
    """
    return Saturation(drive_db=float(np.clip(over_knee_db - 6.0 - loud_dbfs, 0.0, 36.0)))


def saturate(audio: np.ndarray, sample_rate: int, saturation: Saturation) -> None:
    """Apply the console's saturation in place to float32 `(channels, samples)`."""
    run_effect(SaturationEffect(saturation, sample_rate), audio, Automation(1.0, sample_rate))


def mean_reduction_db(gain: np.ndarray, envelope_of: np.ndarray) -> float:
    """Mean gain reduction while there is something to reduce, dB, 0 or more."""
    at_work = envelope_of > envelope_of.max() * 1e-2
    return float(-20.0 * np.log10(np.maximum(gain[at_work], 1e-6)).mean())
