"""A mix brought to figures of its sound by its desk: what one setting does to the others is undone.

A louder voice narrows a mix, less bass brightens it. So the mix is measured behind the desk, what
is missing is added to the desk's settings, and it passes the desk again; the network does not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixer.rendering.mix import Premaster, WetMix
from mixer.rendering.pipeline import over_desk
from mixer.rendering.plan import RenderPlan
from mixer.rendering.planning import with_desk
from mixer.rendering.progress import StageClock
from mixer.rendering.sound import measure_sound, with_moves
from mixer.rendering.sound_names import BASS, BRIGHTNESS, VOICE, WIDTH

# What the desk moves behind the network.
_OF_THE_DESK = (VOICE, BASS, BRIGHTNESS, WIDTH)
_PASSES = 3
_NEAR_DB = 0.15
# A step further than this means that the desk cannot do it.
_MOST_STEP_DB = 3.0


def reach_sound(
    wet: WetMix, plan: RenderPlan, goals: Mapping[str, float], clock: StageClock
) -> Premaster:
    """The mix before its master whose figures are near to goals.

    Args:
        wet: from `mixer.rendering.pipeline.wet_mix`, with its wet stems.
        plan: of the same, with a desk to begin with.
        goals: by figure of `mixer.rendering.sound.measure_sound`, in its unit; others may move.
        clock: is told of each stage.

    Returns:
        With its wet stems; its plan has the desk that was found.
    """
    made = over_desk(wet, plan, clock, wet_stems=True)
    for _ in range(_PASSES - 1):
        sound = measure_sound(made)
        missing = {
            name: min(max(goals[name] - sound[name], -_MOST_STEP_DB), _MOST_STEP_DB)
            for name in _OF_THE_DESK
            if name in goals and name in sound and abs(goals[name] - sound[name]) > _NEAR_DB
        }
        if not missing:
            break
        console = with_moves(plan.asked, missing, plan.song.stems)
        plan = with_desk(plan, replace(plan.settings, console=console))
        made = over_desk(wet, plan, clock, wet_stems=True)
    return made
