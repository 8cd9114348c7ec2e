"""Impulse responses of a song's returns: the model's rooms and echo, the user's own effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.tracks.group_sends import echo_of
from mixer.studio.edited_plan import Planned
from mixer.studio.made import Made, Response
from mixer.studio.wet import TrackMixSettings, model_responses, settings_key, user_responses


def add_model_responses(made: Made, of_tracks: TrackMixSettings, plan: RenderPlan) -> None:
    """Make the impulse responses of the returns that tracks send to, unless they exist.

    Args:
        made: receives the responses; its channels' models name their sends.
        of_tracks: the network's settings.
        plan: of the song.
    """
    names = {name for table in made.models.values() for name in table["sends_db"]}
    space = of_tracks.settings.space
    key = settings_key(space)
    missing = _missing(made, key, names)
    if missing:
        found = model_responses(of_tracks.settings, missing, plan.mix_rate)
        for name, samples in found.items():
            _take(made, name, key, samples, vars(echo_of(space) if name == "echo" else space))


def add_user_responses(made: Made, planned: Planned, plan: RenderPlan) -> None:
    """Make the impulse responses of the user's reverb and delay, if anything is sent to them."""
    console = planned.full.console
    strips = [strip for _, strip in console.strips] + list(planned.hands[1].strips.values())
    used = {
        name
        for name in ("reverb", "delay")
        if any(getattr(strip, f"{name}_db") is not None for strip in strips)
    }
    key = settings_key(console.reverb, console.delay, plan.song.tempo_bpm)
    missing = _missing(made, key, used)
    if missing:
        found = user_responses(console, missing, plan.mix_rate, plan.song.tempo_bpm)
        for name, samples in found.items():
            _take(made, name, key, samples, vars(getattr(console, name)))


def _missing(made: Made, key: str, names: set[str]) -> list[str]:
    there = made.responses
    return [name for name in sorted(names) if name not in there or there[name].key != key]


def _take(made: Made, name: str, key: str, samples: Any, settings: Mapping[str, Any]) -> None:
    there = made.responses.get(name)
    version = 1 if there is None else there.version + 1
    made.responses[name] = Response(version, key, samples, dict(settings))
