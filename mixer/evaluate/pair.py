"""One mix against one reference: aligned, cut to what they share, loudness-matched, measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict, cast

import numpy as np

from mixer.dsp.threads import Workers, one_blas_thread
from mixer.errors import InputError
from mixer.evaluate.alignment import (
    MAX_LAG_S,
    Alignment,
    AlignmentTable,
    find_alignment,
    shared_part,
    sounding_part,
)
from mixer.meters.engineering import Engineering, measure_engineering
from mixer.meters.features import MixFeatures
from mixer.meters.frames import SHORTEST_SAMPLES
from mixer.meters.masking import bark_powers, stem_masked_shares
from mixer.meters.measure import figures
from mixer.meters.measures import ERRORS, PAPER_ERRORS
from mixer.meters.signal import Signal, SignalPair
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.meters.target import TargetCurve, balance_error_db, centred_db

# Below this the loudness of the two is the same to any meter.
_MATCHED_LU = 0.005


@dataclass(frozen=True)
class PairSettings:
    """Settings of a comparison of mixes.

    Attributes:
        align: find and undo a lag between the two.
        max_lag_s: largest lag to search for, in seconds.
        trim_silence: leave out silence before and after the reference's music.
        match_loudness: read the mix's levels as if it had the reference's integrated loudness. The
            paper's measures do not change: all but its loudness family are of peak-normalised
            mixes, and that family is there to compare the levels as they came.
        target: spectral balance to compare both with; None for none.
    """

    align: bool = True
    max_lag_s: float = MAX_LAG_S
    trim_silence: bool = True
    match_loudness: bool = True
    target: TargetCurve | None = None


# Undefined figures are None in JSON.
Figures = Mapping[str, float | None]


class BalanceTable(TypedDict):
    """Both long-term balances in dB, one value per band, and errors of the balance."""

    bands_hz: list[float]
    mix_db: list[float | None]
    reference_db: list[float | None]
    error_db: NotRequired[float | None]


class TargetTable(TypedDict):
    """The balance that both were held against; `error_db` of "mix" and "reference" from it."""

    name: str
    n_mixes: int
    level_db: list[float]
    spread_db: list[float]
    error_db: Figures


class PairTable(TypedDict):
    """A `PairReport` as JSON has it: figures by the names of measures, and curves."""

    alignment: AlignmentTable | None
    mix_s: float
    reference_s: float
    compared_s: float
    loudness_match_gain_db: float
    paper: Figures
    mix: Figures
    reference: Figures
    balance: BalanceTable
    target: NotRequired[TargetTable]
    stem_masked_share: NotRequired[Figures]


@dataclass(frozen=True)
class PairReport:
    """All measurements of a pair.

    Attributes:
        alignment: None if it was not requested.
        mix_s, reference_s, compared_s: lengths in seconds, and that of the compared part.
        gain_db: gain with which the mix was read to match the reference's loudness.
        errors: the figure of each of `ERRORS` by name, the smaller the better: what is averaged
            and tested.
        mix, reference: what engineers read, before `gain_db`.
        target_error_db: of "mix" and "reference" from the target; empty without one.
        target: the target itself.
        stem_masked_shares: by stem of the mix; empty without stems.
    """

    alignment: Alignment | None
    mix_s: float
    reference_s: float
    compared_s: float
    gain_db: float
    errors: Mapping[str, float]
    mix: Engineering
    reference: Engineering
    target_error_db: Mapping[str, float] = field(default_factory=dict)
    target: TargetCurve | None = None
    stem_masked_shares: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> PairTable:
        """Everything, ready for JSON: undefined values are None."""
        value: PairTable = {
            "alignment": self.alignment.as_json() if self.alignment else None,
            "mix_s": self.mix_s,
            "reference_s": self.reference_s,
            "compared_s": self.compared_s,
            "loudness_match_gain_db": self.gain_db,
            "paper": {measure.name: self.errors[measure.name] for measure in PAPER_ERRORS},
            "mix": self.mix.figures(self.gain_db),
            "reference": self.reference.figures(),
            "balance": {
                "bands_hz": [round(hz, 1) for hz in CURVE_BANDS_HZ],
                "mix_db": (self.mix.curve_db + self.gain_db).tolist(),
                "reference_db": self.reference.curve_db.tolist(),
            },
        }
        families: dict[str, dict[str, float | None]] = cast(Any, value)
        for measure in ERRORS[len(PAPER_ERRORS) :]:
            family, _, name = measure.name.partition(".")
            families.setdefault(family, {})[name] = self.errors[measure.name]
        if self.target is not None:
            value["target"] = {
                "name": self.target.name,
                "n_mixes": self.target.n_mixes,
                "level_db": self.target.level_db.tolist(),
                "spread_db": self.target.spread_db.tolist(),
                "error_db": dict(self.target_error_db),
            }
        if self.stem_masked_shares:
            value["stem_masked_share"] = dict(self.stem_masked_shares)
        table: PairTable = finite_or_none(value)
        return table


@one_blas_thread
def evaluate_pair(
    mix: np.ndarray,
    reference: np.ndarray,
    sample_rate: int,
    settings: PairSettings | None = None,
    stems: Mapping[str, np.ndarray] | None = None,
) -> PairReport:
    """Compare a mix with a reference of the same song.

    Args:
        mix, reference: float32 `(1 or 2, samples)`, of any lengths.
        sample_rate: of both, Hz; the paper's is 44 100.
        settings: defaults to `PairSettings()`.
        stems: the mix's wet stems, name to `(channels, samples)`, for masking.

    Raises:
        InputError: less than about a second in common, or one of the two is silent there.
    """
    settings = settings or PairSettings()
    alignment = None
    if settings.align:
        alignment = find_alignment(mix, reference, sample_rate, settings.max_lag_s)
    shared_mix, shared_reference = _cut(mix, reference, sample_rate, alignment, settings)
    pair = SignalPair(Signal(shared_mix, sample_rate), Signal(shared_reference, sample_rate))
    own, other = _measure_both(pair)
    gain_db = _matching_gain_db(own, other) if settings.match_loudness else 0.0
    target = settings.target
    from_target_db = {
        name: balance_error_db(centred_db(read.curve_db), target.level_db) if target else math.nan
        for name, read in (("mix", own), ("reference", other))
    }
    return PairReport(
        alignment=alignment,
        mix_s=mix.shape[1] / sample_rate,
        reference_s=reference.shape[1] / sample_rate,
        compared_s=shared_mix.shape[1] / sample_rate,
        gain_db=gain_db,
        errors=figures(ERRORS, pair),
        mix=own,
        reference=other,
        target_error_db=from_target_db if target else {},
        target=target,
        stem_masked_shares=_masking(stems, sample_rate) if stems else {},
    )


def finite_or_none(value: Any) -> Any:
    """A tree of dicts, lists and numbers with None for what JSON cannot hold."""
    if isinstance(value, dict):
        return {key: finite_or_none(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite_or_none(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _cut(
    mix: np.ndarray,
    reference: np.ndarray,
    sample_rate: int,
    alignment: Alignment | None,
    settings: PairSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """The parts of both that are compared, sample by sample."""
    mix, reference = shared_part(mix, reference, alignment.lag_samples if alignment else 0)
    if settings.trim_silence:
        part = sounding_part(reference, sample_rate)
        mix, reference = mix[:, part], reference[:, part]
    if mix.shape[1] < SHORTEST_SAMPLES:
        raise InputError(
            f"mix and reference have {mix.shape[1] / sample_rate:.2f} s in common, but the "
            f"measures need {SHORTEST_SAMPLES / sample_rate:.2f} s"
        )
    return mix, reference


def _measure_both(pair: SignalPair) -> list[Engineering]:
    """Both at once: transforms and filters let go of the interpreter."""

    def measure(signal: Signal) -> tuple[MixFeatures, Engineering]:
        return signal.features, measure_engineering(signal)

    with Workers(2) as pool:
        return [read for _, read in pool.map(measure, (pair.mix, pair.reference))]


def _matching_gain_db(mix: Engineering, reference: Engineering) -> float:
    """0 if one of the two is too quiet for a loudness."""
    difference_lu = reference.readings["loudness_lufs"] - mix.readings["loudness_lufs"]
    if not math.isfinite(difference_lu) or abs(difference_lu) < _MATCHED_LU:
        return 0.0
    return difference_lu


def _masking(stems: Mapping[str, np.ndarray], sample_rate: int) -> dict[str, float]:
    with Workers(2) as pool:
        powers = pool.map(lambda audio: bark_powers(audio, sample_rate), stems.values())
        return stem_masked_shares(dict(zip(stems, powers, strict=True)))
