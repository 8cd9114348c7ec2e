"""Planning: from a song and settings to a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mixer.console.settings import MASTER, Console, Strip
from mixer.console.split import PreNetworkGain, without_changes
from mixer.network.device import parse_device
from mixer.network.model import Bundle, read_bundle
from mixer.preset.merge import resolve
from mixer.rendering.choices.baselines import LEVELS, NONE
from mixer.rendering.plans.model_choice import model_of
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.plan_by_model import (
    around_network,
    plan_of_network,
    plan_of_stems,
    plan_of_tracks,
)
from mixer.rendering.plans.plan_notes import changes_without_effect, without_uncertainty
from mixer.rendering.settings import RenderSettings
from mixer.rendering.user_strips import (
    UserStrips,
    refuse_more_than_gains,
    roles_not_there,
    split_user_strips,
    with_mutes_on_tracks,
)
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.preparation import prepare_song
from mixer.song.song import Song
from mixer.song.tracks import tracks_of


def plan_render(
    song: Song,
    settings: RenderSettings,
    bundle: Bundle | None = None,
    *,
    presets: Sequence[Mapping[str, str]] = (),
    wet_tracks: bool = False,
    told: Callable[[str, float], None] | None = None,
) -> RenderPlan:
    """Find the model (unless it is given), the profile and the rooms, and check that they fit.

    Args:
        song: from `load_song`.
        settings: the request; without a console of its own, the song's counts.
        bundle: the settings' model, read already.
        presets: the files that the settings' console was resolved from.
        wet_tracks: each wet track is wanted, so that "auto" means a model that has them.
        told: called while references are measured, with names and the share done; None for nobody.

    Raises:
        ModelError: no such model or profile, or the model does not know one of the song's stems.
        InputError: no usable folder of rooms, or a float file whose scale is not certain.
        DeviceError: the device is none of auto, cpu, cuda and cuda:N.
        PresetError: a strip names a plug-in that is not there, or what is said of a track means
            none of the song's, or more than the model can do to one.
    """
    parse_device(settings.device)  # an unknown device is a mistake even where none is used
    console = settings.console
    if console is None:
        resolved = resolve((), song.console, song_path=song.folder / SONG_FILE)
        console, presets = resolved.console, resolved.sources
    _check_plugins(song, console)
    song, notes = prepare_song(song, trim=settings.trim == "auto", fixes=settings.fix)
    user, of_stems = split_user_strips(console, tracks_of(song))
    changes = {stem: strip.network for stem, strip in of_stems.strips if strip.network is not None}
    of_stems = without_changes(of_stems)
    settings = replace(settings, model=model_of(song, settings, console, wet_tracks=wet_tracks))
    if settings.model == NONE:
        plan = plan_of_stems(song, settings, of_stems, presets)
    elif settings.model == LEVELS:
        plan = plan_of_tracks(song, settings, of_stems, presets, None)
    else:
        bundle = bundle or read_bundle(settings.model)
        of_kind = plan_of_tracks if bundle.manifest.architecture.mixes_tracks else plan_of_network
        plan = of_kind(song, settings, of_stems, presets, bundle)
    not_there = roles_not_there(console, tracks_of(song))
    notes += () if not_there is None else (not_there,)
    notes += _check_user_strips(plan, user, console)
    asked = with_mutes_on_tracks(console, tracks_of(song))
    plan = replace(plan, asked=asked, user=user, changes=changes)
    plan = _with_reference(plan, song, told)
    notes += without_uncertainty(plan)
    return replace(plan, warnings=(*notes, *plan.warnings, *changes_without_effect(plan)))


def with_desk(plan: RenderPlan, settings: RenderSettings) -> RenderPlan:
    """The plan of the same wet material with another desk and other targets.

    Args:
        plan: from `plan_render`.
        settings: of the plan, with a console that differs in the strips of stems and of the bus.

    Raises:
        ModelError: strips ask for wet stems, which the model does not have.
        ValueError: the wet material would be another.
    """
    console = settings.console or Console()
    user, of_stems = split_user_strips(console, tracks_of(plan.song))
    changes = {stem: strip.network for stem, strip in of_stems.strips if strip.network is not None}
    of_stems, gains_before = without_changes(of_stems), dict[str, PreNetworkGain]()
    if plan.bundle is not None and not plan.tracks:
        gains_before, of_stems, _ = around_network(of_stems, plan.bundle.manifest, settings.amount)
    if (user, changes, gains_before) != (plan.user, plan.changes, plan.gains_before):
        raise ValueError("another desk must not change the wet material")
    asked = with_mutes_on_tracks(console, tracks_of(plan.song))
    return replace(plan, settings=settings, asked=asked, console=of_stems)


def _with_reference(
    plan: RenderPlan, song: Song, told: Callable[[str, float], None] | None
) -> RenderPlan:
    """The plan with what its references measure, unless their moves are held."""
    settings = plan.settings
    if settings.reference and settings.held_reference is None:
        # Not above: few mixes have references, and to hear speech in one loads statistics.
        from mixer.reference.sources import read_target

        plan = replace(plan, reference=read_target(settings.reference, song, told))
    if plan.needed_wet_stems:
        plan.check_wet_stems()
    return plan


def _check_user_strips(plan: RenderPlan, user: UserStrips, console: Console) -> tuple[str, ...]:
    """Notes about the user's strips on single tracks."""
    _check_plugin_files(user.strips)
    if user.is_idle:
        return ()
    if not plan.tracks:
        refuse_more_than_gains(console, tracks_of(plan.song), plan.model_name)
        return (
            f"model {plan.model_name} mixes stems: mute, solo and gain of single tracks act on "
            "the recordings, before it",
        )
    if plan.settings.amount == 0.0:
        return ("amount 0: only mute, solo and gain of single tracks take effect",)
    return ()


def _check_plugins(song: Song, console: Console) -> None:
    strips = {stem: console.strip(stem) for stem in song.stems}
    _check_plugin_files({**strips, MASTER: console.master})


def _check_plugin_files(strips: Mapping[str, Strip]) -> None:
    if not any(strip.plugins for strip in strips.values()):
        return
    from mixer.console.plugin import check_files

    for name, strip in strips.items():
        for plugin in strip.plugins:
            check_files(plugin, name)  # before minutes of work, not after
