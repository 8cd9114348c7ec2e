"""A mix as a named variation of the first mix: another desk, the same loudness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mixer.errors import InputError, SettingsError
from mixer.files.wording import visible
from mixer.meters.sound_figures import DYNAMICS, VOCAL_LEVEL, WIDTH
from mixer.rendering.choices.axes import AXES, Axis, moves_named, place_of
from mixer.rendering.mix import Premaster
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import with_desk
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.sound import measure_sound, with_moves


def make_varied(
    plan: RenderPlan,
    known: KnownLevels,
    make: Callable[[RenderPlan], Premaster],
    loudness_of: Callable[[Premaster], float | None],
) -> Premaster:
    """The mix before its master as the variation that its plan asks for.

    Args:
        plan: of a render for which a variation is requested.
        known: levels of the wet stems.
        make: returns a plan's mix of the same wet material, before its master, with wet stems.
        loudness_of: returns the loudness of such a mix after its master, in LUFS; None for
            silence.

    Returns:
        The variation, with its wet stems. Its plan has the moved desk, and the first mix's loudness
        as its target; its measurements have its place along the axes.

    Raises:
        InputError: the mix is silent.
        SettingsError: it cannot be moved along that axis.
    """
    name = plan.settings.variation
    assert name is not None
    first = make(replace(plan, settings=replace(plan.settings, variation=None)))
    first_lufs = loudness_of(first)
    if first_lufs is None:
        raise InputError(f"{visible(plan.song.folder)}: a silent mix has no variations")
    sound = measure_sound(first, known)
    del first
    moves = variation_moves(name, 1.0, movable(plan, sound)[0])
    made = make(varied_plan(plan, moves, variation_target_lufs(first_lufs)))
    place = place_of(measure_sound(made, known), sound, first_lufs, moves)
    return replace(made, measurements={**made.measurements, "variation": place})


def varied_plan(
    plan: RenderPlan, moves: Mapping[str, float], loudness_lufs: float | None
) -> RenderPlan:
    """The plan of a variation, complete in itself: the first mix is no longer needed.

    Args:
        plan: of the first mix.
        moves: by axis, in dB.
        loudness_lufs: target loudness; None for no target.
    """
    console = with_moves(plan.asked, moves, plan.song.stems)
    settings = replace(
        plan.settings, console=console, loudness_lufs=loudness_lufs, held_variation=True
    )
    return with_desk(plan, settings)


def variation_target_lufs(first_lufs: float) -> float:
    """Target loudness of a mix's variations in LUFS, from the loudness of the first mix."""
    return round(first_lufs, 2)


def movable(plan: RenderPlan, sound: Mapping[str, float]) -> tuple[list[Axis], tuple[str, ...]]:
    """The axes along which a mix can be moved, and a line of explanation for each of the others.

    Args:
        plan: of the mix.
        sound: its figures, from `mixer.rendering.sound.sound.measure_sound`.
    """
    master, reasons = plan.asked.master, dict[str, str]()
    manifest = None if plan.bundle is None or plan.tracks else plan.bundle.manifest
    if manifest is not None and not manifest.has_faithful_wet_stems:
        reasons[VOCAL_LEVEL] = f"the wet stems of model {manifest.name} are not faithful"
    if isinstance(master.width, tuple):
        reasons[WIDTH] = "the width of the bus is automated"
    if master.compressor is not None or master.gate is not None:
        reasons[DYNAMICS] = "the bus has a compressor or a gate already"
    reasons |= {axis.name: "nothing in this mix to move" for axis in AXES if axis.name not in sound}
    axes = [axis for axis in AXES if axis.name not in reasons]
    return axes, tuple(f"{name} unchanged: {why}" for name, why in reasons.items())


def variation_moves(name: str, away: float, axes: Sequence[Axis]) -> dict[str, float]:
    """The moves of a named variation of a mix, in dB by axis.

    Args:
        name: of `mixer.rendering.choices.axes.named_moves`.
        away: how far, in spreads.
        axes: those along which the mix can be moved.

    Raises:
        SettingsError: the name is unknown, or the mix cannot be moved along its axis.
    """
    moves = {axis: round(away * move_db, 2) for axis, move_db in moves_named(name).items()}
    lost = [axis for axis in moves if axis not in {each.name for each in axes}]
    if lost:
        raise SettingsError(f"variation {name!r}: the {lost[0]} of this mix cannot be changed")
    return moves
