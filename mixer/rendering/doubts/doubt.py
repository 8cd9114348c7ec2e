"""Uncertainty of a model's settings: how far several answers to the same song differ.

The answers are a model's settings for the song itself, its settings for the song with small changes
that should not affect a mix (a stem 3 dB louder or softer, everything a little brighter or darker),
and the settings of a second model. No audio passes a network: band levels are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import band_centres_hz
from mixer.meters.sound_figures import (
    BASS,
    BASS_HZ,
    BRIGHT_HZ,
    BRIGHTNESS,
    MIDDLE_HZ,
    VOCAL_LEVEL,
    WIDTH,
)
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.manifest import Manifest
from mixer.network.track_mixer.track_settings import TrackSettings, curve_at
from mixer.stems import STEMS, VOCALS

# As much of a song as tells its settings, from its middle.
HEARD_S = 60.0
# By so much a stem comes in louder or softer, and the ends of its spectrum above or below.
SHIFT_DB, TILT_DB = 3.0, 1.5
# A level that answers differ by this much is to be checked by ear: what two engineers differ by.
CHECK_FROM_DB = 3.0
# Settings that differ this much are drawn half of the way: a spread between engineers.
HALF_WAY_DB = 2.0
_SILENCE = 1e-12
# Nobody hears a stem this far below its mix, as the noise of an empty file, at any level.
_INAUDIBLE_DB = -60.0


def can_estimate_uncertainty(manifest: Manifest) -> bool:
    """Whether a model of stems has settings whose uncertainty can be estimated."""
    return CONTROLS_GRAPH in manifest.graphs and tuple(manifest.stems) == tuple(STEMS)


@dataclass(frozen=True)
class Part:
    """A stem or track as it would be in a mix.

    Attributes:
        stem: name of the stem that it belongs to.
        mid, side: power by band, float64 (bands,).
    """

    stem: str
    mid: NDArray[np.float64]
    side: NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """One answer of a model.

    Attributes:
        parts: stems or tracks of the whole mix.
        settings: by stem or track, values of the settings, in dB or in the console's units.
        model: name of the model.
    """

    parts: tuple[Part, ...]
    settings: Mapping[str, Mapping[str, float]]
    model: str


class DoubtRecord(TypedDict):
    """Differences of the answers on a stem, ready for JSON.

    Attributes:
        level_db: range of its level relative to the mix over all answers, 0 or more; 0 for an
            inaudible stem.
        models_db: the same over each model's first answer alone; 0 without a second model.
        settings: standard deviation of each setting of the model itself.
        drawn: share of the way moved towards neutral, 0 to 1; only if requested.
    """

    level_db: float
    models_db: float
    settings: dict[str, float]
    drawn: NotRequired[float]


class Doubts(TypedDict):
    """Differences between answers by stem, and figures of the whole mix's sound for each answer."""

    stems: dict[str, DoubtRecord]
    answers: list[dict[str, float]]


def doubts_of(answers: Sequence[Answer]) -> Doubts:
    """Measure how far answers differ; the first is the model's own, for the unchanged song."""
    own = [answer for answer in answers if answer.model == answers[0].model]
    firsts = {answer.model: answer for answer in reversed(answers)}.values()
    stems = dict.fromkeys(part.stem for part in answers[0].parts)
    records: dict[str, DoubtRecord] = {}
    for stem in stems:
        levels = [level_db(answer, stem) for answer in answers]
        of_models = [level_db(answer, stem) for answer in firsts]
        if max(levels) < _INAUDIBLE_DB:
            levels, of_models = [0.0], [0.0]
        records[stem] = {
            "level_db": round(float(np.ptp(levels)), 2),
            "models_db": round(float(np.ptp(of_models)), 2),
            "settings": _spreads([answer.settings.get(stem, {}) for answer in own]),
        }
    return {"stems": records, "answers": [sound_of(answer.parts) for answer in answers]}


def level_db(answer: Answer, stem: str) -> float:
    """Power of a stem over that of the whole mix, in dB."""
    power = sum(float((p.mid + p.side).sum()) for p in answer.parts if p.stem == stem)
    whole = sum(float((part.mid + part.side).sum()) for part in answer.parts)
    return 10.0 * float(np.log10(max(power, _SILENCE) / max(whole, _SILENCE)))


def sound_of(parts: Sequence[Part]) -> dict[str, float]:
    """The figures of `measure_sound` that can be computed from band powers."""
    mid = np.sum([part.mid for part in parts], axis=0)
    side = np.sum([part.side for part in parts], axis=0)
    hz = band_centres_hz(len(mid))

    def power(edges_hz: tuple[float, float], of: NDArray[np.float64]) -> float:
        return float(of[(hz >= edges_hz[0]) & (hz < edges_hz[1])].sum())

    both = mid + side
    sung = sum(float((p.mid + p.side).sum()) for p in parts if p.stem == VOCALS)
    pairs = {
        VOCAL_LEVEL: (sung, float(both.sum()) - sung),
        BASS: (power(BASS_HZ, both), power(MIDDLE_HZ, both)),
        BRIGHTNESS: (power(BRIGHT_HZ, both), power(MIDDLE_HZ, both)),
        WIDTH: tuple(power((MIDDLE_HZ[0], BRIGHT_HZ[1]), each) for each in (side, mid)),
    }
    return {
        name: round(10.0 * float(np.log10(pair[0] / pair[1])), 3)
        for name, pair in pairs.items()
        if min(pair) > _SILENCE
    }


def doubt_words(doubts: Doubts | None) -> list[str]:
    """Settings to check by ear, a line each, the least sure first."""
    if doubts is None:
        return []
    rows = sorted(doubts["stems"].items(), key=lambda row: -row[1]["level_db"])
    lines = []
    for stem, record in rows:
        if record["level_db"] < CHECK_FROM_DB:
            continue
        of_models = record["models_db"] >= CHECK_FROM_DB
        who = "the models differ" if of_models else "the model's runs differ"
        by_db = record["models_db"] if of_models else record["level_db"]
        what = "other instruments" if stem == "other" else stem
        lines.append(f"check the {what} by ear: {who} by {by_db:.1f} dB")
    return lines


def gains_db(strip: TrackSettings, n_bands: int) -> NDArray[np.float64]:
    """Gain of fader and curve of a track's strip at band centres, in dB, float64 (bands,)."""
    return strip.gain_db + curve_at(strip.curve_db, band_centres_hz(n_bands))


def share_drawn(record: DoubtRecord, abstain: float) -> float:
    """Share by which a stem's settings move towards neutral, 0 to 1: half way at `HALF_WAY_DB`."""
    spread_db = record["level_db"] / 2.0
    return abstain * spread_db**2 / (spread_db**2 + HALF_WAY_DB**2)


def _spreads(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: round(float(np.std([row[key] for row in rows])), 3) for key in rows[0]}
