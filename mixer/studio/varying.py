"""Variations of the current mix: played, shown on a map, and blended into an edit."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mixer.console.settings import Console
from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest
from mixer.rendering.choices.axes import differences, words_of
from mixer.rendering.mastering import master
from mixer.rendering.mix import WetMix
from mixer.rendering.pipeline import over_desk
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import with_desk
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.sound import measure_sound, with_moves
from mixer.rendering.sound.variation_step import movable
from mixer.rendering.timing.forecast import making_forecast
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.studio.edited_plan import Planned, table_edits
from mixer.studio.made import MIX
from mixer.studio.making import Maker
from mixer.studio.messages.song_state import Variation
from mixer.studio.mix_sources import VARIATION, Sources
from mixer.takes.blending import blend_consoles
from mixer.takes.spreading import spread_out

N_VARIATIONS = 6
_AFTER_THE_DESK = (Stage.CONSOLE, Stage.MASTER)
_MOST_PARTS, _SUM_TOLERANCE = 8, 0.01


@dataclass(frozen=True)
class Varied:
    """A rendered variation: its place on the map, and its desk."""

    row: Variation
    console: Console


class Variations:
    """The variations of one session; only the worker makes them."""

    def __init__(self, maker: Maker, sources: Sources) -> None:
        """Start without variations.

        Args:
            maker: renders them.
            sources: where they are listed.
        """
        self._maker, self._sources = maker, sources
        self._made: dict[str, Varied] = {}

    def rows(self) -> list[Variation]:
        """All variations, in order."""
        return [varied.row for varied in self._made.values()]

    def make(self, plan: RenderPlan) -> None:
        """Make variations of a mix, replacing earlier ones; called by the worker only.

        Raises:
            OvertakenError: they are no longer wanted.
            MixerError: the mix cannot be rendered.
        """
        for source in self._made:
            with contextlib.suppress(SettingsError):  # a page has removed it
                self._sources.remove(source)
        self._made = {}
        progress = self._maker.progress("rendering variations")
        making_s, varying_s = _forecasts_s(plan)
        then_s, pace = sum(varying_s.values()), pace_for(progress)
        with StageClock(progress, making_s, then_s=then_s, pace=pace) as clock:
            wet, known = self._maker.wet_mix(plan, clock)
        with StageClock(progress, varying_s, follows=clock) as clock:
            clock.start(Stage.VARIATIONS)
            self._vary(plan, wet, known, clock)
            clock.end("")

    def _vary(self, plan: RenderPlan, wet: WetMix, known: KnownLevels, clock: StageClock) -> None:
        first = over_desk(wet, plan, StageClock(None), wet_stems=True, known=known)
        sound = measure_sound(first, known)
        axes, _ = movable(plan, sound)
        for place, moves in enumerate(spread_out(axes, N_VARIATIONS) if axes else ()):
            clock.at(str(place + 1), (place + 1) / (N_VARIATIONS + 1))
            console = with_moves(plan.asked, moves, plan.song.stems)
            varied = with_desk(plan, replace(plan.settings, console=console))
            made = over_desk(wet, varied, StageClock(None), wet_stems=True, known=known)
            moved_db = differences(sound, measure_sound(made, known))
            source, name = f"{VARIATION}-{place + 1}", words_of(moved_db)
            self._maker.store.source(source, plan, master(replace(made, wet_stems={})).audio)
            row: Variation = {"id": source, "name": name, "moved_db": moved_db}
            self._made[source] = Varied(row, console)
            self._sources.add_variation(source, name)

    def blend(self, planned: Planned, parts: Mapping[str, object]) -> tuple[dict[str, object], str]:
        """Edits that add a blend to the user's edits, and their label.

        Args:
            planned: the current song, which is "mix".
            parts: shares by ids of variations, or "mix"; they sum to 1.

        Raises:
            SettingsError: an unknown part, shares that do not sum to 1, or desks that differ in
                what cannot be blended.
        """
        own = replace(planned.full.console, loudness_lufs=None, true_peak_dbtp=None)
        known = {MIX: own} | {source: one.console for source, one in self._made.items()}
        shares: list[tuple[str, float]] = []
        for name, share in parts.items():
            if name not in known:
                raise SettingsError(f"unknown part {quote(name)}; {suggest(name, known)}")
            is_number = isinstance(share, int | float) and not isinstance(share, bool)
            if not is_number or not 0.0 <= float(share) <= 1.0:  # type: ignore[arg-type]
                raise SettingsError(f"the share of {name} must be from 0 to 1, not {quote(share)}")
            shares.append((name, float(share)))  # type: ignore[arg-type]
        total = sum(share for _, share in shares)
        if not shares or len(shares) > _MOST_PARTS or abs(total - 1.0) > _SUM_TOLERANCE:
            raise SettingsError(f"1 to {_MOST_PARTS} shares must sum to 1; these sum to {total:g}")
        blended = blend_consoles([(share / total, known[name]) for name, share in shares])
        words = {MIX: "your mix"} | {source: one.row["name"] for source, one in self._made.items()}
        label = " + ".join(f"{share:.0%} {words[name]}" for name, share in shares)
        return table_edits(own, blended), label


def _forecasts_s(plan: RenderPlan) -> tuple[dict[Stage, float], dict[Stage, float]]:
    """Seconds that each stage of the wet mix is foreseen to take, and all variations of it."""
    whole_s = making_forecast(plan)
    once_s = sum(whole_s.get(stage, 0.0) for stage in _AFTER_THE_DESK)
    making_s = {stage: s for stage, s in whole_s.items() if stage not in _AFTER_THE_DESK}
    return making_s, {Stage.VARIATIONS: (N_VARIATIONS + 1) * once_s}
