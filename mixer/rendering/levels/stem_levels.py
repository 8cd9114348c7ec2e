"""Levels of stems for a model of stems: raw ones are brought to usual levels.

A model that normalises no loudness believes what comes in by as much as it learnt to, about half.
Of raw recordings that is too much: there each stem is brought first to where engineers put it. The
profile's own loudness will not do: its bass is above its voices, as in no mix. Where nobody sings,
the other instruments are softer, as in mixes of such songs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mixer.dsp.threads import Workers
from mixer.fxnorm.chain import StemLevels, StemReport
from mixer.fxnorm.profile import Profile
from mixer.fxnorm.stage import SILENCE_PEAK_DBFS
from mixer.network.track_mixer.electronic import without_voices_db
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.rendering.choices.level_words import RAW
from mixer.rendering.levels.incoming_levels import IncomingLevels, meaning_of_stems
from mixer.rendering.plans.plan import RenderPlan
from mixer.roles import FINISHED_STEM

if TYPE_CHECKING:
    from mixer.fxnorm.loudness import LoudnessReport

_LOUDNESS = "loudness"


def asks_for_levels(plan: RenderPlan) -> bool:
    """Whether a model of stems hears their incoming levels, so that these must be understood."""
    return _LOUDNESS not in plan.effects and plan.settings.effects is None


def bring_to_usual_levels(
    plan: RenderPlan,
    stems: list[np.ndarray | None],
    measurements: dict[str, StemReport],
    n_workers: int,
) -> IncomingLevels | None:
    """Normalise the loudness of stems whose levels mean nothing; both arguments change in place.

    Args:
        plan: of a mix of stems.
        stems: normalised by the plan's effects, in its order; None without effects.
        measurements: of each stem's normalisation.
        n_workers: stems at the same time.

    Returns:
        How the levels were interpreted; None if loudness is normalised anyway, or the effects
        were requested.
    """
    if not asks_for_levels(plan):
        return None
    dry = plan.song.dry if plan.settings.dry is None else plan.settings.dry
    before = {
        stem: report["before"] for stem, report in measurements.items() if report["skipped"] is None
    }
    loudness_lufs = {
        stem: lufs for stem, b in before.items() if (lufs := b["loudness_lufs"]) is not None
    }
    peak_dbfs = {stem: peak for stem, b in before.items() if (peak := b["peak_dbfs"]) is not None}
    named = zip(plan.stem_order, stems, strict=True)
    sounding = {stem: audio for stem, audio in named if audio is not None and stem in loudness_lufs}

    def sign_of_raw() -> str | None:
        from mixer.rendering.levels.raw_stems import sign_of_raw_stems

        return sign_of_raw_stems(sounding, plan.sample_rate)

    meaning = meaning_of_stems(plan.settings.levels, loudness_lufs, peak_dbfs, sign_of_raw, dry=dry)
    if meaning.word == RAW:
        _normalise_loudness(plan, stems, measurements, n_workers)
    return meaning.as_json()


def _normalise_loudness(
    plan: RenderPlan,
    stems: list[np.ndarray | None],
    measurements: dict[str, StemReport],
    n_workers: int,
) -> None:
    from mixer.fxnorm.loudness import match_loudness

    named = zip(plan.stem_order, stems, strict=True)
    sounding = {
        stem: audio for stem, audio in named if audio is not None and _sounds(measurements[stem])
    }
    profile = _at_usual_levels(plan.profile, list(sounding))

    def bring(stem: str, audio: np.ndarray) -> LoudnessReport:
        target_lufs = profile.stem(stem).loudness_lufs
        return match_loudness(audio, plan.sample_rate, target_lufs, out=audio)[1]

    with Workers(n_workers) as pool:
        begun = {stem: pool.submit(bring, stem, audio) for stem, audio in sounding.items()}
        for stem, brought in begun.items():
            measurements[stem] = _turned(measurements[stem], brought.result())


def _sounds(report: StemReport) -> bool:
    peak_dbfs = report["after"]["peak_dbfs"]
    return peak_dbfs is not None and peak_dbfs > SILENCE_PEAK_DBFS


def _turned(report: StemReport, done: LoudnessReport) -> StemReport:
    """The report of a stem after a gain: what was measured before it moves by as much."""
    gain_db, after = done["gain_db"] or 0.0, report["after"]
    loudness_lufs, peak_dbfs = after["loudness_lufs"], after["peak_dbfs"]
    levels: StemLevels = {
        "loudness_lufs": None if loudness_lufs is None else loudness_lufs + gain_db,
        "peak_dbfs": None if peak_dbfs is None else peak_dbfs + gain_db,
    }
    effects = {**report["effects"], _LOUDNESS: {**done, **levels}}
    return {**report, "effects": effects, "after": {**levels, "balance_db": after["balance_db"]}}


def _at_usual_levels(profile: Profile, sounding: Sequence[str]) -> Profile:
    """The profile with its stems as loud against each other as they are in engineers' mixes.

    Args:
        profile: of the model.
        sounding: stems that are not silent.
    """
    known = [stem for stem in profile.stems if stem in GROUP_LUFS]
    if not known:
        return profile
    lower_lu = float(np.mean([GROUP_LUFS[s] - profile.stems[s].loudness_lufs for s in known]))
    heard = [stem for stem in known if stem in sounding]
    moved_db = without_voices_db([FINISHED_STEM[stem] for stem in heard], heard)
    # The model brings the bass of such songs forward by itself.
    usual = {
        stem: replace(
            profile.stems[stem],
            loudness_lufs=GROUP_LUFS[stem] - lower_lu + min(0.0, moved_db.get(stem, 0.0)),
        )
        for stem in known
    }
    return replace(profile, stems={**profile.stems, **usual})
