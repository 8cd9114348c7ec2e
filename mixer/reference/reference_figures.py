"""Measurements of a recording or a mix that references are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, peak_dbfs, power_to_db
from mixer.meters.loudness import measure_loudness
from mixer.meters.loudness_range import range_of_levels_lu
from mixer.meters.stem_powers import (
    MID,
    SIDE,
    Floats,
    StemPowers,
    by_third_octave,
    measure_stem_powers,
)
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.stems import VOCALS

# Where tones are compared and matched; beyond, little music and much codec.
COMPARED = (np.array(CURVE_BANDS_HZ) > 62.0) & (np.array(CURVE_BANDS_HZ) < 13_000.0)
# Side against middle, in dB: what is narrower counts as this narrow.
NARROWEST_DB = -30.0
# A recording whose whole side lies this far below its middle is mono.
MONO_BELOW_DB = -50.0
# Against a recording's loudest third octave, by hertz: nothing plays.
NOTHING_BELOW_DB = -70.0
# Blocks this far below the mean do not count for a level, as of BS.1770.
_GATE_DB = -10.0
LEAST_POWER = 1e-20


@dataclass(frozen=True)
class StemFigures:
    """A stem: its tone as in `MixFigures`, and its level against the whole mix, K-weighted, dB."""

    tone_db: Floats
    level_db: float


@dataclass(frozen=True)
class MixFigures:
    """A mix.

    Attributes:
        tone_db: power of each third octave at `CURVE_BANDS_HZ`, dB; bands more than
            `NOTHING_BELOW_DB` below the strongest count as empty.
        width_db: side against middle by third octave, dB; None of a mono recording.
        vocals_db: the vocals relative to the rest, K-weighted, dB; None without a stem of vocals.
        range_lu: loudness range (EBU Tech 3342), LU.
        loudness_lufs: integrated loudness, LUFS.
        peak_to_loudness_db: highest sample over integrated loudness.
        stems: by name, if there are stems.
    """

    tone_db: Floats
    width_db: Floats | None
    vocals_db: float | None
    range_lu: float
    loudness_lufs: float
    peak_to_loudness_db: float
    stems: Mapping[str, StemFigures] = field(default_factory=dict)

    @property
    def plays(self) -> NDArray[np.bool_]:
        """In which third octaves there is anything: bool (bands,)."""
        return plays(self.tone_db)


def plays(tone_db: Floats) -> NDArray[np.bool_]:
    """In which third octaves of a tone there is anything."""
    density_db = tone_db - 10.0 * np.log10(CURVE_BANDS_HZ)
    return np.asarray(density_db > density_db.max() + NOTHING_BELOW_DB)


def measure_figures(mix: FloatArray, sample_rate: int) -> MixFigures:
    """Measure a recording.

    Args:
        mix: float32 (1 or 2, samples).
        sample_rate: Hz.
    """
    return figures_of(measure_stem_powers({"mix": mix}, sample_rate), mix, sample_rate)


def figures_of(powers: StemPowers, mix: FloatArray, sample_rate: int) -> MixFigures:
    """Measure a mix whose stems are measured.

    Args:
        powers: of its stems.
        mix: float32 (1 or 2, samples), for loudness, range and peak.
        sample_rate: Hz.
    """
    mean = powers.mean()
    total = mean.sum(axis=(2, 3))
    loudness = measure_loudness(mix, sample_rate)
    stems = {} if len(powers.names) < 2 else _stem_figures(powers, mean)
    return MixFigures(
        tone_db=tone_db(total),
        width_db=None if is_mono(total) else width_db(total),
        vocals_db=vocals_db(powers) if len(powers.names) > 1 else None,
        range_lu=range_of_levels_lu(loudness.short_term),
        loudness_lufs=loudness.integrated_lufs,
        peak_to_loudness_db=peak_dbfs(mix) - loudness.integrated_lufs,
        stems=stems,
    )


def tone_db(power: Floats) -> Floats:
    """Third octaves in dB of powers (2, fine bands)."""
    return level_db(by_third_octave(power.sum(axis=0)))


def width_db(power: Floats) -> Floats:
    """Side against middle by third octave, dB, of powers (2, fine bands)."""
    bands = by_third_octave(power)
    return level_db(bands[SIDE]) - level_db(bands[MID])


def is_mono(power: Floats) -> bool:
    """Whether powers (2, fine bands) have practically no side signal."""
    return bool(level_db(power[SIDE].sum()) - level_db(power[MID].sum()) < MONO_BELOW_DB)


def gated(level: Floats) -> Floats:
    """1 for blocks whose power, float64 (blocks,), counts for a level, else 0."""
    kept = level > level.max(initial=0.0) * 1e-6
    if not kept.any():
        return np.ones_like(level)
    return np.asarray(level > level[kept].mean() * 10.0 ** (_GATE_DB / 10.0), dtype=np.float64)


def vocal_gates(
    powers: StemPowers, gains: Floats | None = None, weights: Floats | float = 1.0
) -> tuple[Floats, Floats] | None:
    """Blocks that count for the level of the vocals and of the rest; None without either.

    Args:
        powers: of the stems.
        gains: of them, as in `StemPowers.blocks_of`; None for as they are.
        weights: of each block's power.
    """
    if VOCALS not in powers.names or len(powers.names) < 2:
        return None
    vocals = np.array([float(name == VOCALS) for name in powers.names])
    levels = [weights * k_blocks(powers, part, gains) for part in (vocals, 1.0 - vocals)]
    if min(level.max(initial=0.0) for level in levels) < 1e-9 * max(
        level.max(initial=LEAST_POWER) for level in levels
    ):
        return None
    return gated(levels[0]), gated(levels[1])


def vocals_db(powers: StemPowers) -> float | None:
    """The vocals against the rest, each where it plays, K-weighted, dB."""
    gates = vocal_gates(powers)
    if gates is None:
        return None
    vocals = np.array([float(name == VOCALS) for name in powers.names])
    own, rest = (
        _gated_mean(k_blocks(powers, part), gate)
        for part, gate in zip((vocals, 1.0 - vocals), gates, strict=True)
    )
    return float(level_db(own) - level_db(rest))


def k_blocks(powers: StemPowers, part: Floats, gains: Floats | None = None) -> Floats:
    """K-weighted power of some stems, float64 (blocks,).

    Args:
        powers: of all stems.
        part: 1 for those that count, float64 (stems,).
        gains: as in `vocal_gates`.
    """
    of_part = (powers.without_gains() if gains is None else gains) * part
    return np.asarray(powers.blocks_of(of_part).sum(axis=0) @ powers.k_weights)


def _gated_mean(level: Floats, gate: Floats) -> float:
    return float((level * gate).sum() / max(gate.sum(), 1.0))


def _stem_figures(powers: StemPowers, mean: Floats) -> dict[str, StemFigures]:
    own = np.einsum("cqii->icq", mean)
    whole = _gated_mean(*_with_gate(k_blocks(powers, np.ones(len(powers.names)))))
    found = {}
    for place, name in enumerate(powers.names):
        part = np.eye(len(powers.names))[place]
        level = _gated_mean(*_with_gate(k_blocks(powers, part)))
        if level > 1e-9 * whole:
            found[name] = StemFigures(tone_db(own[place]), float(level_db(level) - level_db(whole)))
    return found


def _with_gate(level: Floats) -> tuple[Floats, Floats]:
    return level, gated(level)


def level_db(power: Floats | float) -> Floats:
    """Power in dB; nothing is lower than `LEAST_POWER`."""
    return power_to_db(power, LEAST_POWER)


def centred(curve_db: Floats, bands: NDArray[np.bool_]) -> Floats:
    """A curve shifted so that its mean over some bands is 0; unchanged if there are none."""
    return curve_db - curve_db[bands].mean() if bands.any() else curve_db
