"""The plan of a render while a bar is shown: references are measured then, which takes time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.load_forecast import (
    SongLoading,
    about_a_match_s,
    about_a_mix,
    measuring_references_s,
)
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.song.song import Song


def plan_with_progress(
    song: Song,
    settings: RenderSettings,
    show: Progress,
    loading: SongLoading,
    presets: Sequence[Mapping[str, str]],
    *,
    wet_tracks: bool,
) -> tuple[RenderPlan, StageClock]:
    """Plan a render, and show how many of its references are measured.

    Args:
        song, settings: what to plan.
        show: the bar.
        loading: of the song, of which the planning is a part unless references are measured.
        presets, wet_tracks: as in `mixer.rendering.plans.planning.plan_render`.

    Returns:
        The plan, and the clock that what follows is to follow.
    """
    if not settings.reference:
        plan = plan_render(song, settings, presets=presets, wet_tracks=wet_tracks)
        return plan, loading.clock
    # Not above: few mixes have references.
    from mixer.reference.sources import reference_seconds

    sources = [recording.source for recording in song.recordings]
    lengths_s = [source.n_samples / source.sample_rate for source in sources]
    then_s = about_a_mix(settings.model)(sum(lengths_s), len(lengths_s))
    then_s += about_a_match_s(max(lengths_s))
    measure_s = measuring_references_s(*reference_seconds(settings.reference))
    loading.end()
    follows = loading.clock
    with StageClock(show, {Stage.MEASURE: measure_s}, follows=follows, then_s=then_s) as clock:
        clock.start(Stage.MEASURE)
        plan = plan_render(song, settings, presets=presets, wet_tracks=wet_tracks, told=clock.at)
        clock.end("")
    return plan, clock
